import { HOTP, Secret } from "otpauth";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readEasyQrCodes } from "#enrollment/picture/easy-picture.ts";
import { enrollmentPageUrl, issueActivation, issuePasscodes, issuePush } from "#lab/issue.ts";
import { STYLE } from "#lab/page/layout.ts";
import { type Session, Sessions } from "#lab/page/session.ts";
import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { describeWith } from "../requires.ts";
import { type TestLab, testLab } from "./lab.ts";
import { PushDevice } from "./push-device.ts";

const OUTLINE = "getComputedStyle(document.activeElement).outlineStyle";
const SUITE = "OCRA-1:HOTP-SHA1-6:QN08";

function hotpToken(lab: TestLab): (counter: number) => string {
  const { text } = issuePasscodes(
    lab,
    { user: "ann", pin: null },
    { kind: "hotp", algorithm: "SHA1", digits: 6 },
  );
  const secret = Secret.fromBase32(new URL(text).searchParams.get("secret") ?? "");
  return (counter) => HOTP.generate({ secret, counter });
}

/** A token that answers challenges, and its response to one. */
function ocraToken(lab: TestLab): (question: string) => string {
  const order = { kind: "ocra", suite: SUITE, responsePin: null } as const;
  const { text } = issuePasscodes(lab, { user: "ann", pin: null }, order);
  const { bytes } = Secret.fromBase32(new URL(text).searchParams.get("secret") ?? "");
  const suite = parseOcraSuite(SUITE);
  const rest = { counter: null, pin: null, session: null, unixSeconds: null } as const;
  return (question) => ocra({ suite, secret: Buffer.from(bytes), challenge: [question], ...rest });
}

async function pushDevice(lab: TestLab): Promise<PushDevice> {
  const order = { url: lab.url, ttlMinutes: 10, wantsPin: false, isOld: false };
  const device = new PushDevice(lab, issuePush(lab, { user: "ann", pin: null }, order).text);
  await device.enroll();
  return device;
}

describeWith({ chromium: "chromium" }, "the page in a browser without scripts", () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
    ];
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: [...args, "--disable-component-update", "--disable-sync"],
    });
  });
  afterAll(() => browser.close());

  /** A new browser window, which asks nobody but the lab for anything. */
  async function open(
    lab: TestLab,
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<Page> {
    const context = await browser.newContext({ javaScriptEnabled: false, ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.on("request", (request) => {
      if (!request.url().startsWith(lab.url)) throw new Error(`the page asks ${request.url()}`);
    });
    await page.goto(lab.url);
    return page;
  }

  async function logIn(page: Page, passcode: string, button = "Log in"): Promise<void> {
    await page.getByLabel("Name").fill("ann");
    await page.getByLabel("Passcode").fill(passcode);
    await page.getByRole("button", { name: button }).click();
  }

  test("lets in with a passcode, shows the protected resource, and lets out", async () => {
    const lab = await testLab();
    const hotp = hotpToken(lab);
    const page = await open(lab);
    await page.goto(`${lab.url}/protected`);
    expect(await page.title()).toBe("Log in · fob lab");
    await logIn(page, "000000");
    expect(await page.getByRole("alert").textContent()).toBe(
      "That did not work. Please try again.",
    );
    expect(await page.getByLabel("Name").inputValue()).toBe("ann");
    expect(await page.getByLabel("Passcode").inputValue()).toBe("");
    await logIn(page, hotp(0));
    expect(await page.getByRole("heading").textContent()).toBe("The protected resource");
    expect(await page.locator("main").textContent()).toContain("logged in as ann");
    await page.goto(lab.url);
    expect(page.url()).toBe(`${lab.url}/protected`);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.goto(`${lab.url}/protected`);
    expect(await page.title()).toBe("Log in · fob lab");
  });

  test("waits for a push request, and goes on by itself when the device approves", async () => {
    const lab = await testLab();
    const device = await pushDevice(lab);
    const page = await open(lab);
    await logIn(page, "", "Ask my device");
    expect(await page.locator("main").textContent()).toContain(
      `A request was sent to the token ${device.serial}`,
    );
    const [request = {}] = await device.requests();
    await device.approve(request);
    await page.waitForURL(`${lab.url}/protected`);
    expect(await page.locator("main").textContent()).toContain(device.serial);
  });

  test("says that the device declined, or that nobody answered", async () => {
    const lab = await testLab();
    const device = await pushDevice(lab);
    const page = await open(lab);
    await logIn(page, "", "Ask my device");
    const [request = {}] = await device.requests();
    await device.decline(request);
    await page.getByText("The request was declined.").waitFor();
    await logIn(page, "", "Ask my device");
    lab.pass(121);
    await page.getByText("Nobody answered in time.").waitFor();
  });

  test("shows a challenge as text and as a QR code, and takes the response", async () => {
    const lab = await testLab();
    const response = ocraToken(lab);
    const page = await open(lab);
    await logIn(page, "", "Ask my device");
    const question = (await page.locator(".challenge").textContent()) ?? "";
    const picture = await page.getByRole("img", { name: "QR code of the challenge" }).screenshot();
    expect(await readEasyQrCodes(picture, "the page")).toEqual([question]);
    await page.getByLabel("Response").fill("000000");
    await page.getByRole("button").click();
    expect(await page.getByRole("alert").isVisible()).toBe(true);
    await page.getByLabel("Response").fill(response(question));
    await page.getByRole("button").click();
    expect(await page.getByRole("heading").textContent()).toBe("The protected resource");
  });

  test("waits for a device and for a typed response, whichever comes first", async () => {
    const lab = await testLab();
    const device = await pushDevice(lab);
    const response = ocraToken(lab);
    const page = await open(lab);
    await logIn(page, "", "Ask my device");
    const [request = {}] = await device.requests();
    await device.approve(request);
    await page.waitForURL(`${lab.url}/protected`);

    await page.getByRole("button", { name: "Log out" }).click();
    await logIn(page, "", "Ask my device");
    const question = (await page.locator(".challenge").textContent()) ?? "";
    await page.getByRole("link", { name: "Type the response" }).click();
    await page.getByLabel("Response").fill("000000");
    await page.getByRole("button").click();
    await page.getByLabel("Response").fill(response(question));
    await page.getByRole("button").click();
    expect(await page.getByRole("heading").textContent()).toBe("The protected resource");
  });

  test("is used with the keyboard alone, with every focus visible", async () => {
    const lab = await testLab();
    const hotp = hotpToken(lab);
    const page = await open(lab, { javaScriptEnabled: true });
    for (const name of ["Name", "Passcode"]) {
      await page.keyboard.press("Tab");
      expect(
        await page
          .getByLabel(name)
          .evaluate((input) => input === input.ownerDocument.activeElement),
      ).toBe(true);
      expect(await page.evaluate(OUTLINE)).toBe("solid");
      await page.keyboard.type(name === "Name" ? "ann" : hotp(0));
    }
    await page.keyboard.press("Enter");
    await page.waitForURL(`${lab.url}/protected`);
  });

  test.each([
    ["on a narrow screen", { width: 320, height: 568 }],
    ["at 200 % zoom", { width: 640, height: 360 }],
  ])("never scrolls sideways %s", async (_, viewport) => {
    const lab = await testLab();
    await pushDevice(lab);
    const page = await open(lab, { viewport, javaScriptEnabled: true });
    const overflow = () =>
      page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.evaluate("document.documentElement.style.fontSize = '200%'");
    expect(await overflow()).toBeLessThanOrEqual(0);
    await logIn(page, "", "Ask my device");
    expect(await overflow()).toBeLessThanOrEqual(0);
  });
});

describe("the page's colours", () => {
  const schemes = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(([, body = ""]) =>
    Object.fromEntries(
      [...body.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [
        name,
        colour ?? "",
      ]),
    ),
  );

  test.each([
    ["text", "card", 7],
    ["text", "ground", 7],
    ["quiet", "card", 4.5],
    ["quiet", "ground", 4.5],
    ["accent", "card", 4.5],
    ["on-accent", "accent", 4.5],
    ["bad", "bad-ground", 4.5],
    ["line", "card", 3],
  ])("%s on %s have a contrast of %f to 1 in light and dark", (front, back, least) => {
    expect(schemes).toHaveLength(2);
    for (const scheme of schemes)
      expect(contrast(scheme[front] ?? "", scheme[back] ?? "")).toBeGreaterThanOrEqual(least);
  });
});

describe("the page of an activation string", () => {
  test("has it as a link and a picture until the token is made, for whoever knows its address", async () => {
    const lab = await testLab();
    const order = { kind: "totp", algorithm: "SHA1", digits: 6, period: 30 } as const;
    const { token, text } = issueActivation(
      lab,
      { user: "ann", pin: null },
      {
        ...{ url: lab.url, ttlMinutes: 10, order: { ...order, policy: null, inTwoPasses: false } },
      },
    );
    if (token.kind !== "promised") throw new Error("no token is promised");
    const { pathname, search } = new URL(enrollmentPageUrl(token));
    const page = await lab.get(`${pathname}${search}`);
    const link = `mobilepassplus://autoenrollment?str=${encodeURIComponent(text)}`;
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(`href="${link}"`);
    for (const other of ["/enroll", "/enroll?sc=AAAAAAAAAA"])
      expect((await lab.get(other)).status).toBe(404);
    lab.pass(601);
    const late = await lab.get(`${pathname}${search}`);
    expect(late.status).toBe(404);
    expect(await late.text()).not.toContain("mobilepassplus");
  });
});

describe("the page's forms", () => {
  async function visit(lab: TestLab) {
    const response = await lab.get("/");
    const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
    const formToken =
      /name="form_token" value="([0-9a-f]{32})"/.exec(await response.text())?.[1] ?? "";
    const send = (path: string, form: Readonly<Record<string, string>>, as = cookie) =>
      fetch(`${lab.url}${path}`, {
        method: "POST",
        body: new URLSearchParams(form),
        headers: { cookie: as },
        redirect: "manual",
      });
    return { response, cookie, formToken, send };
  }

  test("are sent by our own pages alone", async () => {
    const lab = await testLab();
    const hotp = hotpToken(lab);
    const { send, formToken } = await visit(lab);
    const stranger = await visit(lab);
    const login = { name: "ann", passcode: hotp(0) };
    expect((await send("/login", login)).status).toBe(403);
    expect((await send("/login", { ...login, form_token: stranger.formToken })).status).toBe(403);
    expect((await send("/login", { ...login, form_token: formToken }, "")).status).toBe(401);
    expect((await send("/login", { ...login, form_token: formToken })).status).toBe(303);
  });

  test("give a new session at the login, and end the old one", async () => {
    const lab = await testLab();
    const hotp = hotpToken(lab);
    const { send, formToken, cookie } = await visit(lab);
    const response = await send("/login", {
      name: "ann",
      passcode: hotp(0),
      form_token: formToken,
    });
    const fresh = response.headers.get("set-cookie") ?? "";
    expect(fresh).toMatch(
      /^fob_lab=[0-9a-f]{32}; Path=\/; Max-Age=1800; HttpOnly; SameSite=Strict$/,
    );
    const title = async (as: string) =>
      /<title>(.*)<\/title>/.exec(
        await (await fetch(`${lab.url}/protected`, { headers: { cookie: as } })).text(),
      )?.[1];
    expect(await title(fresh.split(";")[0] ?? "")).toBe("The protected resource · fob lab");
    expect(await title(cookie)).toBe("Log in · fob lab");
    expect(
      (await send("/login", { name: "ann", passcode: hotp(1), form_token: formToken })).status,
    ).toBe(401);
    lab.pass(1_801);
    expect(await title(fresh.split(";")[0] ?? "")).toBe("Log in · fob lab");
  });

  test("belong to one of a thousand sessions: the oldest is forgotten", () => {
    const sessions = new Sessions();
    const [first, second, ...others] = Array.from({ length: 1_001 }, () =>
      sessions.renew(null, { kind: "new" }, 0),
    );
    const found = (session: Session | undefined, now = 1) => {
      const headers = { cookie: `a=b; fob_lab=${session?.id}; c=d` };
      const request = {
        method: "GET",
        path: "/",
        query: new URLSearchParams(),
        contentType: "",
        body: Buffer.of(),
      };
      return sessions.find({ ...request, headers }, now)?.id ?? null;
    };
    expect([first, second, others.at(-1)].map((one) => found(one))).toEqual([
      null,
      second?.id,
      others.at(-1)?.id,
    ]);
    expect([1_799_999, 1_800_000].map((now) => found(second, now))).toEqual([second?.id, null]);
  });

  test("forbid everything from elsewhere, and escape what is typed", async () => {
    const lab = await testLab();
    const { response, send, formToken } = await visit(lab);
    expect(response.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; .*frame-ancestors 'none'/,
    );
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const refused = await send("/login", {
      name: `"><script>alert(1)</script>`,
      passcode: "1",
      form_token: formToken,
    });
    const text = await refused.text();
    expect(text).toContain("&quot;&gt;&lt;script&gt;");
    expect(text).not.toContain("<script");
  });
});

/** The contrast of two colours (WCAG 2.2). */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((one, other) => other - one);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
