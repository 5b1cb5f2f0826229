import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { RFC_SECRET, type TestHome, TOTP_URI } from "./fob.ts";
import { namesOf, ok, twoHomes } from "./two-homes.ts";

const OTHER_URI = `otpauth://totp/Other:bob?secret=${RFC_SECRET.replace("G", "A")}&issuer=Other`;

describe("a remote that lies", () => {
  const cleanups: (() => void)[] = [];
  let laptop: TestHome;
  let desktop: TestHome;
  let remote: string;
  /** The branches of the two devices, and what they were before the last change of the laptop. */
  let branch: { readonly laptop: string; readonly desktop: string };
  let old: string;

  const git = (args: readonly string[], input = "") =>
    execFileSync("git", ["--git-dir", remote, ...args], {
      input,
      env: {
        ...process.env,
        GIT_INDEX_FILE: join(laptop.home, "index"),
        GIT_COMMITTER_NAME: "fob",
        GIT_COMMITTER_EMAIL: "fob@localhost",
        GIT_AUTHOR_NAME: "fob",
        GIT_AUTHOR_EMAIL: "fob@localhost",
      },
    })
      .toString()
      .trim();

  /** The files of the laptop's branch as lines of git's index. */
  const filesOf = (commit: string) =>
    git(["ls-tree", "-r", commit])
      .split("\n")
      .map((line) => line.replace(" blob ", " "));

  /** Sets the laptop's branch to a new commit with these files. */
  const show = (lines: readonly string[]) => {
    rmSync(join(laptop.home, "index"), { force: true });
    git(["update-index", "--index-info"], `${lines.join("\n")}\n`);
    const tree = git(["write-tree"]);
    git(["update-ref", branch.laptop, git(["commit-tree", tree, "-p", branch.laptop, "-m", "x"])]);
  };

  beforeAll(async () => {
    const whenDone = (remove: () => void) => void cleanups.push(remove);
    ({ laptop, desktop, remote } = await twoHomes([TOTP_URI, OTHER_URI], whenDone));
    const members = await ok(laptop, ["sync", "members"]);
    const [one, other] = members.map(({ id }: { id: string }) => `refs/heads/fob/${id}`);
    branch = { laptop: one, desktop: other };
    old = git(["rev-parse", branch.laptop]);
    cpSync(remote, `${remote}.old`, { recursive: true });
    await ok(laptop, ["rename", "Example", "work"]);
    await ok(laptop, ["sync"]);
    await ok(desktop, ["sync"]);
    await ok(laptop, ["sync"]);
    cpSync(remote, `${remote}.good`, { recursive: true });
  });

  afterAll(() => {
    for (const cleanup of cleanups) cleanup();
  });

  const swapped = (lines: readonly string[]) => {
    const [first = "", second = ""] = lines.filter((line) => line.includes("tokens/"));
    const blobOf = (line: string) => line.split(/[ \t]/)[1] ?? "";
    return lines.map((line) => {
      if (line === first) return line.replace(blobOf(first), blobOf(second));
      return line === second ? line.replace(blobOf(second), blobOf(first)) : line;
    });
  };

  const LIES: readonly (readonly [what: string, lie: () => void, said: string])[] = [
    ["goes back as a whole", () => showFolder("old"), "gone back"],
    ["turns one branch back", () => void git(["update-ref", branch.laptop, old]), "gone back"],
    ["drops a branch", () => void git(["update-ref", "-d", branch.laptop]), "no longer has"],
    ["replays old files in a new commit", () => show(filesOf(old)), "gone back"],
    ["exchanges two tokens", () => show(swapped(filesOf(branch.laptop))), "has signed"],
    [
      "leaves a token out",
      () => show(filesOf(branch.laptop).filter((line, i, all) => line !== all.at(-1) || i === 0)),
      "has signed",
    ],
    [
      "adds a token",
      () => {
        const lines = filesOf(branch.laptop);
        const name = `tokens/${randomBytes(16).toString("hex")}.age`;
        show([...lines, (lines.at(-1) ?? "").replace(/tokens\/.*/, name)]);
      },
      "has signed",
    ],
    [
      "adds another file",
      () => show([...filesOf(branch.laptop), `100644 ${blob("#!/bin/sh")}\tevil.sh`]),
      "has signed",
    ],
    [
      "adds a link",
      () => show([...filesOf(branch.laptop), `120000 ${blob("/etc/passwd")}\ttokens/link`]),
      "other than files",
    ],
    [
      "shows one device's branch as another's",
      () => void git(["update-ref", branch.laptop, git(["rev-parse", branch.desktop])]),
      "not signed by it",
    ],
    [
      "puts rubbish in place of a head",
      () =>
        show(
          filesOf(branch.laptop).map((line) =>
            line.endsWith("head.age") ? `100644 ${blob("rubbish")}\thead.age` : line,
          ),
        ),
      "cannot be opened",
    ],
  ];

  const blob = (text: string) => git(["hash-object", "-w", "--stdin"], text);

  const showFolder = (which: "old" | "good") => {
    rmSync(remote, { recursive: true });
    cpSync(`${remote}.${which}`, remote, { recursive: true });
  };

  test.each(LIES)("that %s is named, and nothing is taken over", async (_what, lie, said) => {
    const before = await namesOf(desktop);
    lie();
    const outcome = await desktop.fob(["sync"]);
    showFolder("good");
    expect(outcome).toMatchObject({ exitCode: 7, stdout: "" });
    expect(outcome.stderr).toContain(said);
    expect(await namesOf(desktop)).toEqual(before);
    expect(await ok(desktop, ["sync"])).toMatchObject({ sent: false, strangers: [] });
  });

  test("a member whose branch is rubbish can be removed all the same", async () => {
    const rubbish = blob("rubbish");
    const tree = git(["mktree"], `100644 blob ${rubbish}\thead.age\n`);
    git(["update-ref", branch.desktop, git(["commit-tree", tree, "-m", "x"])]);
    const kept = `${laptop.home}.kept`;
    cpSync(laptop.home, kept, { recursive: true });
    expect(await laptop.fob(["sync"])).toMatchObject({ exitCode: 7 });
    expect(await ok(laptop, ["sync", "remove", "desktop", "--yes"])).toMatchObject({
      name: "desktop",
    });
    expect(await ok(laptop, ["sync"])).toMatchObject({ sent: false, strangers: [] });
    rmSync(laptop.home, { recursive: true });
    cpSync(kept, laptop.home, { recursive: true });
    rmSync(kept, { recursive: true });
    showFolder("good");
  });

  test("with a branch of a stranger: it is named and ignored", async () => {
    git(["update-ref", "refs/heads/fob/0123456789abcdef", git(["rev-parse", branch.laptop])]);
    expect(await ok(desktop, ["sync"])).toMatchObject({ strangers: ["0123456789abcdef"] });
    const odd = git(["mktree"], `120000 blob ${blob("/etc/passwd")}\thead.age\n`);
    const commit = git(["commit-tree", odd, "-m", "x"]);
    git(["update-ref", "refs/heads/fob/aaaaaaaaaaaaaaaa", commit]);
    expect(await ok(desktop, ["sync"])).toMatchObject({
      strangers: ["0123456789abcdef", "aaaaaaaaaaaaaaaa"],
    });
    git(["update-ref", branch.laptop, commit]);
    const refused = await desktop.fob(["sync"]);
    expect(refused).toMatchObject({ exitCode: 7, stdout: "" });
    expect(refused.stderr).toContain("the branch of laptop cannot be read");
    showFolder("good");
  });

  test("that shows two histories of a device is named", async () => {
    const twin = `${laptop.home}.twin`;
    cpSync(laptop.home, twin, { recursive: true });
    cleanups.push(() => rmSync(twin, { recursive: true, force: true }));
    await ok(laptop, ["rename", "Other", "one"]);
    await ok(laptop, ["sync"]);
    await ok(desktop, ["sync"]);
    const own = git(["rev-parse", branch.desktop]);
    cpSync(remote, `${remote}.kept`, { recursive: true });
    showFolder("good");
    for (const args of [["rename", "Other", "two"], ["sync"]])
      await ok(
        { ...laptop, fob: (line, more) => laptop.fob(["--home", twin, ...line], more) },
        args,
      );
    git(["fetch", "--quiet", `${remote}.kept`, `+${branch.desktop}:${branch.desktop}`]);
    expect(git(["rev-parse", branch.desktop])).toBe(own);
    const outcome = await desktop.fob(["sync"]);
    expect(outcome).toMatchObject({ exitCode: 7 });
    expect(outcome.stderr).toContain("two histories of laptop");
    expect(await namesOf(desktop)).toEqual(["one", "work"]);
  });

  test("a remote that was restored from a backup is accepted when its owner says so", async () => {
    showFolder("old");
    expect((await desktop.fob(["sync"])).exitCode).toBe(7);
    await ok(desktop, ["sync", "--trust-remote"]);
    await ok(laptop, ["sync", "--trust-remote"]);
    await ok(desktop, ["sync"]);
    expect(await namesOf(desktop)).toEqual(await namesOf(laptop));
    expect(await namesOf(desktop)).toEqual(["one", "work"]);
  });
});

test("a repository in a folder that others write to makes nobody run its hooks and settings", async () => {
  const { laptop, remote } = await twoHomes([TOTP_URI]);
  const trap = join(laptop.home, "trap");
  const program = `touch '${trap}'`;
  for (const hook of ["pre-receive", "update", "post-receive", "reference-transaction"])
    writeFileSync(join(remote, "hooks", hook), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
  cpSync(remote, `${remote}.other`, { recursive: true });
  onTestFinished(() => rmSync(`${remote}.other`, { recursive: true }));
  writeFileSync(join(remote, "objects/info/alternates"), `${remote}.other/objects\n`);
  const git = (...args: string[]) => execFileSync("git", ["--git-dir", remote, ...args]);
  git("config", "core.alternateRefsCommand", `${program}; :`);
  await ok(laptop, ["rename", "Example", "work"]);
  await ok(laptop, ["sync"]);
  expect(existsSync(trap)).toBe(false);
  // git itself would have
  git("config", "core.bare", "true");
  const branch = execFileSync("git", [
    "--git-dir",
    `${remote}.other`,
    "for-each-ref",
    "--format=%(refname)",
  ]);
  const [name = ""] = branch.toString().split("\n");
  execFileSync("git", [
    "--git-dir",
    `${remote}.other`,
    "push",
    "--quiet",
    remote,
    `${name}:refs/heads/x`,
  ]);
  expect(existsSync(trap)).toBe(true);
});
