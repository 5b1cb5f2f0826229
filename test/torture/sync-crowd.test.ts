import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { FOB, type TestHome, testHome } from "../e2e/fob.ts";
import { enroll, letJoin, namesOf, ok, twoHomes } from "../e2e/two-homes.ts";
import { isTorture } from "../sampled.ts";

const DEVICES = isTorture ? 10 : 4;
const ROUNDS = isTorture ? 20 : 2;

/** Starts a sync as a process of its own. Its exit code, and what it said. */
function syncBeside({ home }: TestHome): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" };
  const child = spawn(process.execPath, [FOB, "sync"], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve(`${code} ${said}`)));
}

const uriOf = (name: string) => {
  const letters = [...name].map((letter) => letter.charCodeAt(0).toString(2)).join("");
  const secret = letters.replaceAll("0", "A").replaceAll("1", "B").padEnd(64, "C");
  return `otpauth://totp/${name}:ann?secret=${secret}&issuer=${name}`;
};

test(`${DEVICES} devices push at the same moment, and two processes of each`, {
  timeout: 60_000 + DEVICES * ROUNDS * 30_000,
}, async () => {
  const { laptop, desktop } = await twoHomes([uriOf("first")]);
  const homes = [laptop, desktop];
  while (homes.length < DEVICES) {
    const home = testHome();
    await letJoin(laptop, home, `device${homes.length}`);
    homes.push(home);
  }
  for (const home of homes) await ok(home, ["sync"]);
  const names = ["first"];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, home] of homes.entries()) {
      const name = `t${round}-${i}`;
      await enroll(home, uriOf(name));
      names.push(name);
    }
    const adding = homes.map((home, i) => ok(home, ["sync", "add", `t${round}-${i}`]));
    const beside = homes.flatMap((home) => [syncBeside(home), syncBeside(home)]);
    await Promise.all(adding);
    for (const end of await Promise.all(beside)) expect(end).toMatch(/^0 /);
  }
  for (let turn = 0; turn < 2; turn++) for (const home of homes) await ok(home, ["sync"]);
  for (const home of homes) expect([...(await namesOf(home))].sort()).toEqual(names.sort());
});
