import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BrowserContext, chromium } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { type TestHome, testHome } from "../e2e/fob.ts";
import { serveLab } from "../e2e/lab-server.ts";
import { describeWith } from "../requires.ts";
import { eventually, until } from "../waiting.ts";
import { startDisplay } from "./x-display.ts";

const SCHEME = "mobilepassplus";

/** A desktop session in a home of its own: nothing of it reaches the files of this user. */
async function startSession({ home }: TestHome) {
  const display = await startDisplay();
  onTestFinished(() => display.stop());
  const runtime = join(home, "run");
  mkdirSync(runtime, { mode: 0o700 });
  const log = join(home, "terminal.log");
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    LANG: "C.UTF-8",
    DISPLAY: display.name,
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    FOB_HOME: home,
    FOB_KEYCHAIN: "file",
    TERMINAL: `xterm -l -lf ${log} -e`,
  };
  const xdotool = (...args: string[]) =>
    promisify(execFile)("xdotool", args, { env, timeout: 20_000 });
  return {
    env,
    xdotool,
    /** Waits for a text in the window of the terminal, and then presses keys there. */
    async answer(seen: string, ...keys: string[]) {
      await until(
        `${seen} in the terminal`,
        () => existsSync(log) && readFileSync(log, "utf8").includes(seen),
      );
      await xdotool("search", "--onlyvisible", "--class", "xterm", "windowfocus", "--sync");
      await xdotool("key", ...keys);
    },
  };
}

/** A browser whose user has allowed these links before, so that it opens them at once. */
async function startBrowser(
  { home }: TestHome,
  origin: string,
  env: Record<string, string>,
): Promise<BrowserContext> {
  const profile = join(home, "browser");
  mkdirSync(join(profile, "Default"), { recursive: true });
  const allowed_origin_protocol_pairs = { [origin]: { [SCHEME]: true } };
  writeFileSync(
    join(profile, "Default", "Preferences"),
    JSON.stringify({ protocol_handler: { allowed_origin_protocol_pairs } }),
  );
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  const browser = await chromium.launchPersistentContext(profile, {
    headless: false,
    executablePath: "/usr/bin/chromium",
    env,
    args: [
      ...args,
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  onTestFinished(() => browser.close());
  return browser;
}

describeWith(
  { "pinentry-fltk": "pinentry-fltk", Xvfb: "xvfb", xdotool: "xdotool" },
  "a link on a desktop without a terminal",
  () => {
    test("is asked about by a pinentry, and enrolled for a typed yes", async () => {
      const person = testHome();
      const { env, xdotool } = await startSession(person);
      await person.fob(["config", "set", "pinentry.program", "/usr/bin/pinentry-fltk"]);
      const link = "otpauth://totp/ACME:ann?secret=JBQ4SZMWL5TDOFXK2CE7HRUVNPAY3G6I&issuer=ACME";
      const alone = { ...env, PATH: "/nowhere", TERMINAL: "" };
      expect(await person.fob(["link", "open", "--window", link], { env: alone })).toEqual({
        ...{ stdout: "", stderr: "", exitCode: 0 },
      });
      await xdotool("search", "--sync", "--onlyvisible", "--name", ".", "windowfocus", "--sync");
      await xdotool("key", "y", "e", "s", "Return");
      const tokens = async () => JSON.parse((await person.fob(["list", "--json"])).stdout);
      await until("the token", async () => (await tokens()).length === 1);
      expect(await tokens()).toMatchObject([{ issuer: "ACME", account: "ann" }]);
    });
  },
);

describeWith(
  {
    chromium: "chromium",
    Xvfb: "xvfb",
    xdotool: "xdotool",
    xterm: "xterm",
    "xdg-open": "xdg-utils",
    "desktop-file-validate": "desktop-file-utils",
  },
  "a link in a browser",
  () => {
    test("asks in a terminal, and becomes a token that logs in", { timeout: 120_000 }, async () => {
      const person = testHome();
      const { fob } = person;
      const { env, answer } = await startSession(person);
      await fob(["link", "install", "--yes"], { env });
      const entry = join(person.home, ".local/share/applications/fob.desktop");
      expect(await promisify(execFile)("desktop-file-validate", [entry])).toMatchObject({
        stdout: "",
      });

      await fob(["lab", "user", "add", "ann"]);
      const { line: lab } = await serveLab(person);
      const { stdout: page } = await fob(["lab", "issue", "activation", "--user", "ann", "--page"]);
      const browser = await startBrowser(person, lab, env);
      const tab = await browser.newPage();
      await tab.goto(page.trim());
      await tab.getByRole("link", { name: "Add to fob" }).click();
      const tokens = async () => JSON.parse((await fob(["list", "--json"])).stdout);
      await until("the question", () => existsSync(join(env["HOME"] ?? "", "terminal.log")));
      expect(await tokens()).toEqual([]);
      await answer(`Ask ${new URL(lab).host} for a new token for ann?`, "y", "Return");
      await answer("Press Enter to close this window", "Return");
      const [token] = await tokens();
      expect(token).toMatchObject({ account: "ann", format: "activation-string" });

      await tab.goto(lab);
      await tab.getByLabel("Name").fill("ann");
      const { stdout: code } = await fob(["code", token.id]);
      await tab.getByLabel("Passcode").fill(code.trim());
      await tab.getByRole("button", { name: "Log in" }).click();
      expect(await tab.getByRole("heading").textContent()).toBe("The protected resource");
      await eventually("the end of the window", async () => {
        const claim = join(env["XDG_RUNTIME_DIR"] ?? "", "fob", "link-question");
        return existsSync(claim) ? undefined : true;
      });
    });
  },
);
