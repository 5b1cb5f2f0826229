import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { PushDevice } from "../lab/push-device.ts";
import { filesBelow, type TestHome, testHome } from "./fob.ts";
import { serveLab } from "./lab-server.ts";
import { violations } from "./schemas.ts";

async function labWithAnn(): Promise<TestHome> {
  const place = testHome();
  expect(await place.fob(["lab", "user", "add", "Ann"])).toMatchObject({
    stdout: "added ann\n",
    exitCode: 0,
  });
  return place;
}

describe("lab serve", () => {
  test("prints its address, warns, and ends with 0 when it is terminated", async () => {
    const { child, line, end, stderr } = await serveLab(testHome());
    expect(line).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${line}/validate/polltransaction?transaction_id=1`)).status).toBe(200);
    await vi.waitFor(() => expect(stderr()).toContain("this is a lab"), { timeout: 20_000 });
    child.kill("SIGTERM");
    expect(await end).toEqual([0, null]);
    expect(stderr()).not.toContain("NETWORK");
  });

  test("ends when it is terminated, also before the time of --for", async () => {
    const { child, end } = await serveLab(testHome(), ["--for", "10m"]);
    child.kill("SIGTERM");
    expect(await end).toEqual([0, null]);
  });

  test("ends with 130 at Ctrl-C", async () => {
    const { child, end } = await serveLab(testHome());
    child.kill("SIGINT");
    expect(await end).toEqual([130, null]);
  });

  test("ends by itself after --for, and prints one object with --json", async () => {
    const place = testHome();
    const { stdout, exitCode } = await place.fob([
      "lab",
      "serve",
      "--port",
      "0",
      "--for",
      "1s",
      "--json",
    ]);
    expect(JSON.parse(stdout)).toEqual({
      url: expect.stringMatching(/^http:/),
      pid: expect.any(Number),
    });
    expect(exitCode).toBe(0);
  });

  test("opens to the network only when it is told to, with a warning", async () => {
    const { line, stderr } = await serveLab(testHome(), ["--host", "0.0.0.0"]);
    expect(line).toMatch(/^http:\/\/0\.0\.0\.0:/);
    await vi.waitFor(() => expect(stderr()).toContain("EVERYBODY ON THE NETWORK"), {
      timeout: 20_000,
    });
  });

  test("says when the port is taken", async () => {
    const place = testHome();
    const { line } = await serveLab(place);
    // and ends then: a run that goes on for an hour would be killed, and have no exit code
    const { exitCode, stderr } = await place.fob([
      "lab",
      "serve",
      "--port",
      new URL(line).port,
      "--for",
      "1h",
    ]);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("something else listens there"),
    });
  });

  test("answers no page that names another host, and survives whatever comes in", async () => {
    const { line } = await serveLab(testHome());
    const { request } = await import("node:http");
    const status = (path: string, options: object = {}, body = "") =>
      new Promise((resolve) => {
        const sent = request(`${line}${path}`, { method: "POST", ...options }, (reply) =>
          resolve(reply.resume().statusCode),
        );
        sent.on("error", () => resolve("closed")).end(body);
      });
    expect(await status("/", { headers: { Host: "evil.test" } })).toBe(421);
    expect(await status("/ttype/push", {}, "x".repeat(70_000))).toBe(413);
    expect(await status("/ttype/push", { headers: { X: "y".repeat(20_000) } })).toBe(400);
    expect(await status("/%ff")).toBe(400);
    expect(await status("/nothing")).toBe(404);
    expect(await status("/ttype/push", { method: "DELETE" })).toBe(405);
    expect(
      await status(
        "/ttype/push",
        { headers: { "Content-Type": "application/x-www-form-urlencoded" } },
        "%&=\0",
      ),
    ).toBe(400);
    expect((await fetch(`${line}/validate/polltransaction?transaction_id=1`)).status).toBe(200);
  });
});

describe("lab user", () => {
  test("keeps names in one spelling, once", async () => {
    const { fob } = await labWithAnn();
    expect(await fob(["lab", "user", "add", "ANN"])).toMatchObject({
      exitCode: 2,
      stderr: "fob: there is a user ann already\n",
    });
    expect((await fob(["lab", "user", "add", "../x"])).exitCode).toBe(2);
    expect(JSON.parse((await fob(["lab", "user", "list", "--json"])).stdout)).toEqual([
      { user: "ann", hasPassword: false, failures: 0, locked: false, tokens: [] },
    ]);
  });

  test("takes a password from standard input and never from the command line", async () => {
    const { fob } = testHome();
    expect((await fob(["lab", "user", "add", "bob", "--password", "hunter2"])).exitCode).toBe(2);
    expect((await fob(["lab", "user", "add", "bob", "--password"])).exitCode).toBe(5);
    expect(
      (await fob(["lab", "user", "add", "bob", "--password", "-"], { input: "hunter2\n" }))
        .exitCode,
    ).toBe(0);
    const [bob] = JSON.parse((await fob(["lab", "user", "list", "--json"])).stdout);
    expect(bob).toMatchObject({ user: "bob", hasPassword: true });
  });

  test("can be unlocked, if there is one", async () => {
    const { fob } = await labWithAnn();
    expect((await fob(["lab", "user", "unlock", "ann"])).stdout).toBe("unlocked ann\n");
    expect(await fob(["lab", "user", "unlock", "bob"])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("hint: fob lab user add bob"),
    });
  });
});

describe("lab issue", () => {
  test("makes tokens that fob enrolls, and whose passcodes the server accepts", async () => {
    const place = await labWithAnn();
    const { line } = await serveLab(place);
    for (const kind of ["totp", "hotp"]) {
      const { stdout } = await place.fob([
        "lab",
        "issue",
        kind,
        "--user",
        "ann",
        "--algorithm",
        "sha256",
        "--digits",
        "8",
      ]);
      expect((await place.fob(["enroll", "--name", kind, "-"], { input: stdout })).exitCode).toBe(
        0,
      );
      const pass = (await place.fob(["code", kind])).stdout.trim();
      const check = () =>
        fetch(`${line}/validate/check`, {
          method: "POST",
          body: new URLSearchParams({ user: "ann", pass }),
        });
      expect(await (await check()).json()).toMatchObject({ result: { value: true } });
      expect(await (await check()).json()).toMatchObject({ result: { value: false } });
    }
  });

  test("draws a QR code from which fob reads the same string", async () => {
    const place = await labWithAnn();
    const file = join(place.home, "token.png");
    const { stdout } = await place.fob(["lab", "issue", "ocra", "--user", "ann", "--qr", file]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await place.fob(["enroll", "--qr", file])).exitCode).toBe(0);
    expect(stdout).toMatch(/^otpauth:\/\/ocra\/fob%20lab:ann\?secret=/);
  });

  test("names the address of the newest server in strings that are enrolled online", async () => {
    const place = await labWithAnn();
    const push = async (...args: string[]) =>
      (await place.fob(["lab", "issue", "push", "--user", "ann", ...args])).stdout;
    expect(await push()).toContain(encodeURIComponent("http://127.0.0.1:8462/ttype/push"));
    const { line } = await serveLab(place);
    expect(await push("--device-pin")).toContain(
      `${encodeURIComponent(`${line}/ttype/push`)}&ttl=10&`,
    );
    expect(await push("--url", "https://lab.test/x")).toContain(
      encodeURIComponent("https://lab.test/ttype/push"),
    );
    const { stdout } = await place.fob(["lab", "issue", "activation", "--user", "ann"]);
    expect(Buffer.from(stdout, "base64").toString()).toMatch(
      new RegExp(
        `^EnrollmentURL=${line}/selfenrollment/dskpp\\.aspx\\?sc=[A-Z]{10}\nUserID=ann\nPassphrase=\\d{8}\n$`,
      ),
    );
    const { stdout: tiqr } = await place.fob(["lab", "issue", "tiqr", "--user", "ann"]);
    expect(tiqr).toMatch(
      new RegExp(
        `^tiqrenroll://${line}/ttype/tiqr\\?action=metadata&session=[0-9a-f]{40}&serial=TIQR`,
      ),
    );
  });

  test.each([
    [["telepathy", "--user", "ann"], 2],
    [["totp"], 2],
    [["totp", "--user", "bob"], 3],
    [["totp", "--user", "ann", "--suite", "OCRA-1:HOTP-SHA1-6:QN08"], 2],
    [["push", "--user", "ann", "--digits", "8"], 2],
    [["ocra", "--user", "ann", "--suite", "OCRA-1:HOTP-SHA1-6:QN08-PSHA1"], 2],
    [["ocra", "--user", "ann", "--suite", "nonsense"], 2],
    [["totp", "--user", "ann", "--server-pin", "1234"], 2],
    [["totp", "--user", "ann", "--qr"], 2],
    [["push", "--user", "ann", "--url", "gopher://x"], 2],
  ])("refuses %j", async (args, exitCode) => {
    const { fob } = await labWithAnn();
    const outcome = await fob(["lab", "issue", ...args]);
    expect(outcome).toMatchObject({ exitCode, stdout: "" });
    expect(JSON.parse((await fob(["lab", "user", "list", "--json"])).stdout)[0].tokens).toEqual([]);
  });
});

describe("lab push", () => {
  test("needs a device", async () => {
    const { fob } = await labWithAnn();
    await fob(["lab", "issue", "push", "--user", "ann"]);
    expect(await fob(["lab", "push", "ann"])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("no device"),
    });
  });

  /** A running lab with a device of ann's. */
  async function deviceOfAnn() {
    const place = await labWithAnn();
    const { line } = await serveLab(place);
    const { stdout } = await place.fob(["lab", "issue", "push", "--user", "ann"]);
    const post = (path: string, form: Readonly<Record<string, string>>) =>
      fetch(`${line}${path}`, { method: "POST", body: new URLSearchParams(form) });
    const server = {
      get: (path: string) => fetch(`${line}${path}`),
      post,
      clock: () => new Date(),
    };
    const device = new PushDevice(server, stdout.trim());
    await device.enroll();
    const firstRequest = () =>
      vi.waitUntil(async () => (await device.requests())[0], { timeout: 30_000, interval: 50 });
    return { ...place, device, firstRequest };
  }

  test("reaches the device through a server that runs already, and says what it answered", async () => {
    const { fob, device, firstRequest } = await deviceOfAnn();
    const approved = fob([
      "lab",
      "push",
      "ann",
      "--title",
      "VPN",
      "--question",
      "From Rome?",
      "--wait",
    ]);
    const request = await firstRequest();
    expect(request).toMatchObject({ title: "VPN", question: "From Rome?" });
    await device.approve(request);
    expect(await approved).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^asked PIPU.*\ntransaction \d{20}\naccepted\n$/),
    });

    const declined = fob(["lab", "push", "ann", "--wait", "60", "--json"]);
    await device.decline(await firstRequest());
    const { exitCode, stdout } = await declined;
    expect(exitCode).toBe(7);
    expect(violations("lab-push", JSON.parse(stdout))).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({
      state: "declined",
      asked: [{ kind: "push", serial: device.serial, number: null }],
    });
  });

  test("says which number is right", async () => {
    const { fob, device } = await deviceOfAnn();
    const { stdout } = await fob(["lab", "push", "ann", "--number-matching", "--json"]);
    expect(violations("lab-push", JSON.parse(stdout))).toEqual([]);
    const [{ number, options }] = JSON.parse(stdout).asked;
    expect(options).toContain(number);
    const [request = {}] = await device.requests();
    expect(request["require_presence"]).toBe(options.join(","));
    expect((await device.approve(request, number)).result.value).toBe(true);
  });

  test("prints and draws the challenge of a TiQR token", async () => {
    const place = await labWithAnn();
    await serveLab(place);
    const { stdout } = await place.fob(["lab", "issue", "tiqr", "--user", "ann"]);
    const url = stdout
      .trim()
      .replace(/^tiqrenroll:\/\//, "")
      .replace("metadata", "enrollment");
    const body = new URLSearchParams({ secret: "31".repeat(20), operation: "register" });
    expect(await (await fetch(url, { method: "POST", body })).text()).toBe("OK");
    const file = join(place.home, "challenge.svg");
    const pushed = JSON.parse(
      (await place.fob(["lab", "push", "ann", "--qr", file, "--json"])).stdout,
    );
    expect(violations("lab-push", pushed)).toEqual([]);
    expect(pushed.asked[0].url).toMatch(/^tiqrauth:\/\/ann@lab\.fob\/\d{20}\/\d{10}\/fob%20lab$/);
    expect(readFileSync(file, "utf8")).toMatch(/^<svg/);
  });

  test.each([
    [["--wait", "0"]],
    [["--number-matching", "--code-to-phone"]],
    [["--title", "x".repeat(501)]],
    [["--qr"]],
  ])("refuses %j", async (args) => {
    const { fob } = await labWithAnn();
    expect((await fob(["lab", "push", "ann", ...args])).exitCode).toBe(2);
  });
});

describe("the lab's home", () => {
  test("holds its secrets sealed, in files that only their owner can read, and its log holds none", async () => {
    const { fob, home } = await labWithAnn();
    const { stdout } = await fob(["lab", "issue", "totp", "--user", "ann", "--server-pin", "-"], {
      input: "4711-8259\n",
    });
    const secret = /secret=([A-Z2-7]+)/.exec(stdout)?.[1] ?? "";
    expect(secret).toHaveLength(32);
    for (const file of filesBelow(join(home, "lab"))) {
      expect(statSync(file).mode & 0o077).toBe(0);
      expect(readFileSync(file, "latin1")).not.toMatch(new RegExp(`${secret}|4711-8259`));
    }
    const log = JSON.parse((await fob(["lab", "log", "--json"])).stdout);
    expect(log).toEqual([
      {
        time: expect.stringMatching(/Z$/),
        event: "issued",
        outcome: "ok",
        user: "ann",
        serial: expect.stringMatching(/^TOTP/),
        detail: "totp",
      },
    ]);
  });
});
