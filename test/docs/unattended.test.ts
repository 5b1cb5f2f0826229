import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { FOB, RFC_SECRET } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { startUserManager, type UserManager } from "../system/user-manager.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/scripts.md", import.meta.url)), "utf8");

const SCRIPT = "A script for cron or systemd";
const PASSCODE = /^\d{6}\n$/;

/** The blocks of one language right below a heading of the page. */
function blocksOf(heading: string, language: string): string[] {
  const [, ...sections] = PAGE.split(/^#{2,} /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const blocks = [...section.matchAll(/^```(?<of>\w+)\n(?<text>.*?)^```$/gms)]
    .filter(({ groups }) => groups?.["of"] === language)
    .map(({ groups }) => groups?.["text"] ?? "");
  expect({ heading, language, blocks }).not.toMatchObject({ blocks: [] });
  return blocks;
}

/** What the page says, done by a person in this folder: with fob, a token, and the script. */
function prepare(folder: string): void {
  for (const made of ["bin", ".local/bin"]) mkdirSync(join(folder, made), { recursive: true });
  const programs = {
    ".local/bin/fob": `#!/bin/sh\nexec '${process.execPath}' '${FOB}' "$@"\n`,
    "bin/upload-report": blocksOf(SCRIPT, "bash")[0] ?? "",
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
  const uri = `otpauth://totp/registry?secret=${RFC_SECRET}`;
  type(folder, `printf '%s\\n' '${uri}' | fob enroll --quiet --keychain file -`);
  for (const block of blocksOf(SCRIPT, "sh")) type(folder, block);
}

/** Runs lines in the shell of the person, who has fob on the PATH. */
function type(folder: string, lines: string): void {
  const env = { PATH: `${folder}/.local/bin:${process.env["PATH"]}`, HOME: folder };
  const { status, stderr } = spawnSync("sh", ["-euc", lines], {
    ...{ cwd: folder, env },
    encoding: "utf8",
  });
  expect({ lines, status, stderr }).toMatchObject({ status: 0 });
}

const uploadedBy = (folder: string) => readFileSync(join(folder, "uploaded"), "utf8");

describe.runIf(process.platform !== "win32")("the script of docs/scripts.md", () => {
  test("gets its passcode from cron, with the few variables that cron has", () => {
    const folder = mkdtempSync(join(tmpdir(), "fob-cron-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    prepare(folder);
    expect(statSync(join(folder, ".config/fob/report.grant")).mode & 0o777).toBe(0o600);
    const [line = ""] = blocksOf("cron", "crontab");
    const command = line.trim().split(" ").slice(5).join(" ");
    const env = { HOME: folder, LOGNAME: "ann", SHELL: "/bin/sh", PATH: "/usr/bin:/bin" };
    const run = spawnSync("/bin/sh", ["-c", command], { cwd: folder, env, encoding: "utf8" });
    expect(run).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(uploadedBy(folder)).toMatch(PASSCODE);
  });
});

const NEEDED = { "user-manager": true, "systemd-analyze": "systemd" } as const;

describeWith(NEEDED, "the units of docs/scripts.md (a real systemd --user)", () => {
  let manager: UserManager;
  let folder: string;
  beforeAll(async () => {
    manager = await startUserManager();
    folder = manager.env["HOME"] ?? "";
    prepare(folder);
  });
  afterAll(() => manager.close());

  /** Writes units of a person, and takes them for right where systemd says nothing about them. */
  const install = (units: Readonly<Record<string, string>>) => {
    const place = join(folder, ".config/systemd/user");
    mkdirSync(place, { recursive: true });
    for (const [name, text] of Object.entries(units)) writeFileSync(join(place, name), text);
    const paths = Object.keys(units).map((name) => join(place, name));
    const verified = spawnSync("systemd-analyze", ["--user", "verify", ...paths], {
      env: { ...process.env, ...manager.env },
      encoding: "utf8",
    });
    expect(verified).toMatchObject({ status: 0, stdout: "", stderr: "" });
    manager.systemctl("daemon-reload");
  };
  const state = (unit: string, property: string) =>
    manager.systemctl("show", `--property=${property}`, "--value", unit);

  test("give the script its passcode, now and every quarter of an hour", () => {
    const [service = "", timer = ""] = blocksOf("systemd, as yourself", "ini");
    install({ "upload-report.service": service, "upload-report.timer": timer });
    manager.systemctl("start", "upload-report.service");
    expect(state("upload-report.service", "Result")).toBe("success");
    expect(uploadedBy(folder)).toMatch(PASSCODE);
    manager.systemctl("enable", "--now", "upload-report.timer");
    expect(state("upload-report.timer", "ActiveState")).toBe("active");
    expect(state("upload-report.timer", "TimersCalendar")).toContain("*:00/15:00");
  });

  test("give it the grant as a credential, and the exported home", () => {
    const heading = "systemd, as a user of its own";
    type(folder, "fob access revoke --quiet report");
    for (const block of blocksOf(heading, "sh")) type(folder, block);
    const [unit = ""] = blocksOf(heading, "ini");
    // a manager of a person has no other users, and this one's files are below its home
    const mine = unit
      .replace("User=report\n", "")
      .replace("/var/lib/report-home", join(folder, "report-home"))
      .replace("/etc/fob/report.grant", join(folder, "report.grant"))
      .replace("/usr/local/bin/upload-report", join(folder, "bin/upload-report"));
    expect(mine).not.toMatch(/=\/(?!tmp)/);
    rmSync(join(folder, ".local/share/fob"), { recursive: true });
    rmSync(join(folder, ".config/fob"), { recursive: true });
    rmSync(join(folder, "uploaded"));
    install({ "report-of-its-own.service": mine });
    manager.systemctl("start", "report-of-its-own.service");
    expect(state("report-of-its-own.service", "Result")).toBe("success");
    expect(uploadedBy(folder)).toMatch(PASSCODE);
  });
});
