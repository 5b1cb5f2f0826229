import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { thisProcess } from "#base/process-identity.ts";
import { claimQuestion, offerLink, takeLink } from "#platform/links/question-claim.ts";
import { makeOld } from "../../waiting.ts";

/** The programs of these tests are scripts, and their files have modes. */
const posixTest = test.runIf(process.platform !== "win32");

const LINK = "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ";
const BUSY = /^fob asks about another link already/;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "fob-claim-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A process that has ended. */
async function ended() {
  const { stdout } = await promisify(execFile)(process.execPath, ["-p", "process.pid"]);
  return { ...thisProcess(), pid: Number(stdout) };
}

posixTest("one process at a time asks about a link", () => {
  const place = folder();
  const claim = claimQuestion(place);
  expect(() => claimQuestion(place)).toThrow(BUSY);
  claim.release();
  claimQuestion(place).release();
  expect(readdirSync(place)).toEqual([]);
});

posixTest("a process that has ended asks no more, and neither does what is no claim", async () => {
  for (const left of [JSON.stringify(await ended()), "", "{}", "[".repeat(100_000)]) {
    const place = folder();
    writeFileSync(join(place, "link-question"), left);
    const claim = claimQuestion(place);
    expect(() => claimQuestion(place)).toThrow(BUSY);
    claim.release();
  }
});

posixTest("a process that cannot be seen from here asks for an hour at most", () => {
  const place = folder();
  const path = join(place, "link-question");
  writeFileSync(path, JSON.stringify({ ...thisProcess(), place: "another machine" }));
  expect(() => claimQuestion(place)).toThrow(BUSY);
  makeOld(path);
  claimQuestion(place).release();
});

posixTest("a link is handed over with its claim, in a file that only its user can read", () => {
  const place = folder();
  const first = claimQuestion(place);
  const offer = offerLink(place, LINK);
  expect(statSync(offer).mode & 0o777).toBe(0o600);
  const { link, claim } = takeLink(offer, place, 100);
  expect(link).toBe(LINK);
  expect(readdirSync(place)).toEqual(["link-question"]);
  claim.release();
  first.release();
  expect(readdirSync(place)).toEqual([]);
});

posixTest("releasing a claim leaves that of another process", () => {
  const place = folder();
  const claim = claimQuestion(place);
  const other = JSON.stringify({ ...thisProcess(), pid: 1 });
  writeFileSync(join(place, "link-question"), other);
  claim.release();
  expect(readFileSync(join(place, "link-question"), "utf8")).toBe(other);
});

posixTest("a link in any other file is asked about only where no other one is", () => {
  const [place, elsewhere] = [folder(), folder()];
  const file = join(elsewhere, "fob-link.x");
  writeFileSync(file, LINK);
  const claim = claimQuestion(place);
  expect(() => takeLink(file, place, 100)).toThrow(BUSY);
  claim.release();
  expect(takeLink(file, place, 100).link).toBe(LINK);
  expect(readdirSync(elsewhere)).toEqual([]);
});

posixTest("a file that is too large, a folder, and no file at all are refused, and stay", () => {
  const place = folder();
  writeFileSync(join(place, "large"), LINK);
  expect(() => takeLink(join(place, "large"), place, 10)).toThrow(/too large for a link/);
  expect(() => takeLink(place, place, 10)).toThrow();
  expect(() => takeLink(join(place, "none"), place, 10)).toThrow(/none/);
  expect(readdirSync(place)).toEqual(["large"]);
});

posixTest("what was handed over and never taken is removed by the next one", () => {
  const place = folder();
  offerLink(place, LINK);
  const offer = offerLink(place, LINK);
  expect(readdirSync(place).map((name) => join(place, name))).toEqual([offer]);
});
