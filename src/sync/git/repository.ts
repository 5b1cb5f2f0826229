import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { makeFolder } from "#vault/cells/cell-files.ts";
import type { GitAnswer, RunGit } from "./git-program.ts";

/** A file of a commit: the id of its content and its length in bytes. */
export interface TreeFile {
  readonly blob: string;
  readonly bytes: number;
}

/** The branches that a remote shows. */
export interface RemoteBranches {
  /** The commits of the devices' branches, by the device's id. */
  readonly devices: ReadonlyMap<string, string>;
  /** The commits of requests to join, by the invitation's id. */
  readonly requests: ReadonlyMap<string, string>;
}

/** A file of a new commit: its bytes, or the id of a content that the repository has. */
export type NewFile = Buffer | string;

const DEVICE_BRANCH = "refs/heads/fob/";
const REQUEST_BRANCH = "refs/heads/fob-join/";
const FETCHED = "refs/remotes/origin/";

/** The name of the remote in one call of git. */
const REMOTE = "fob";

const OBJECT = /^[0-9a-f]{40}$/;
const BRANCH_ID = /^[0-9a-f]{16}$/;

/**
 * What every call gets: hooks do not run, a remote cannot name a program to run, what it sends is
 * checked, and nothing goes on in the background.
 */
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "protocol.ext.allow=never",
  "transfer.fsckObjects=true",
  "gc.autoDetach=false",
  "maintenance.auto=false",
  "commit.gpgSign=false",
  "push.gpgSign=false",
  "submodule.recurse=false",
].flatMap((setting) => ["-c", setting]);

/**
 * A repository at a path is served by a git of this user, which reads the settings and hooks in it:
 * whoever can write there (Syncthing does) must not make it run programs.
 */
const SERVING = [
  "core.hooksPath=/dev/null",
  "core.alternateRefsCommand=true",
  "core.fsmonitor=false",
  "receive.autogc=false",
  "gc.auto=0",
  "maintenance.auto=false",
].flatMap((setting) => ["-c", setting]);

/** More output than any listing of a usual repository has, in bytes. */
const MAX_LISTING = 32 * 1024 * 1024;

/** All files that are read at once, in bytes. */
const MAX_CONTENT = 256 * 1024 * 1024;

/** The history of a branch is dropped when it is longer, or older (in milliseconds). */
const MAX_COMMITS = 10_000;
const MAX_AGE = 365 * 86_400_000;

/** This device's copy of the repository, in its home. It has no working tree. */
export class Repository {
  readonly #folder: string;
  readonly #run: RunGit;
  #remote = "";

  constructor(home: string, run: RunGit) {
    this.#folder = join(home, "sync");
    this.#run = run;
  }

  /**
   * Makes the copy where there is none, and mends what a git that was killed has left in it. No
   * other process of this home may be at work with it.
   */
  async open(remote: string): Promise<void> {
    this.#remote = remote;
    if (["HEAD", "refs", "objects"].every((name) => existsSync(join(this.#folder, name)))) {
      removeLocks(this.#folder);
      return;
    }
    // it stands as a whole, or not at all
    const begun = `${this.#folder}.new`;
    rmSync(begun, { recursive: true, force: true });
    makeFolder(begun);
    const init = ["init", "--quiet", "--bare", "--shared=0600", "--object-format=sha1"];
    const answer = await this.#run([...SETTINGS, ...init, begun]);
    if (answer.exitCode !== 0) throw failed(answer, t("git cannot make a repository"));
    rmSync(this.#folder, { recursive: true, force: true });
    renameSync(begun, this.#folder);
  }

  /** Removes the copy. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Fetches all branches. Rejects with FobError `unavailable` when the remote cannot be reached. */
  async fetch(): Promise<RemoteBranches> {
    await this.#git([
      ...this.#withRemote(),
      ...["fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--force", REMOTE],
      `+${DEVICE_BRANCH}*:${FETCHED}fob/*`,
      `+${REQUEST_BRANCH}*:${FETCHED}fob-join/*`,
    ]);
    const listing = await this.#git([
      "for-each-ref",
      "--format=%(objectname) %(objecttype) %(refname)",
      FETCHED,
    ]);
    const devices = new Map<string, string>();
    const requests = new Map<string, string>();
    for (const line of listing.toString("utf8").split("\n")) {
      const [commit = "", type, name = ""] = line.split(" ");
      const [kind, id = ""] = name.slice(FETCHED.length).split("/");
      if (type !== "commit" || !OBJECT.test(commit) || !BRANCH_ID.test(id)) continue;
      if (kind === "fob") devices.set(id, commit);
      if (kind === "fob-join") requests.set(id, commit);
    }
    return { devices, requests };
  }

  /** The files of a commit by their names. Rejects with FobError `rejected` for odd ones. */
  async files(commit: string): Promise<Map<string, TreeFile>> {
    const listing = await this.#git(["ls-tree", "-r", "-l", "-z", "--full-tree", commit]);
    const files = new Map<string, TreeFile>();
    for (const entry of listing.toString("utf8").split("\0")) {
      if (entry === "") continue;
      const [, mode, type, blob = "", bytes, name = ""] =
        /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(entry) ?? [];
      if (mode !== "100644" || type !== "blob")
        throw new FobError("rejected", t("the remote holds something other than files"));
      files.set(name, { blob, bytes: Number(bytes) });
    }
    return files;
  }

  /** The contents with these ids, in their order. */
  async read(files: readonly TreeFile[]): Promise<Buffer[]> {
    if (files.length === 0) return [];
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > MAX_CONTENT)
      throw new FobError("rejected", t("the remote holds more than any synchronisation needs"));
    const output = await this.#git(["cat-file", "--batch"], {
      input: Buffer.from(files.map(({ blob }) => `${blob}\n`).join("")),
      limit: total + files.length * 100,
    });
    let at = 0;
    return files.map(({ blob }) => {
      const end = output.indexOf(0x0a, at);
      const [id, type, length] = output.subarray(at, end).toString("latin1").split(" ");
      if (end < 0 || id !== blob || type !== "blob")
        throw new FobError("invalid", t("a file is missing in the copy of the repository"), {
          hint: t("`fob sync leave` and a new invitation make the copy anew"),
        });
      const content = output.subarray(end + 1, end + 1 + Number(length));
      at = end + 1 + Number(length) + 1;
      return content;
    });
  }

  /** The length of a content that the copy has. */
  async sizes(blobs: readonly string[]): Promise<TreeFile[]> {
    if (blobs.length === 0) return [];
    const output = await this.#git(["cat-file", "--batch-check"], {
      input: Buffer.from(blobs.map((blob) => `${blob}\n`).join("")),
    });
    return output
      .toString("latin1")
      .trimEnd()
      .split("\n")
      .map((line, i) => ({ blob: blobs[i] ?? "", bytes: Number(line.split(" ")[2]) }));
  }

  /**
   * Makes a commit with exactly these files after `parent`, or one without history where that
   * has become long or old. Returns its id. Nothing is sent yet.
   */
  async commit(
    files: ReadonlyMap<string, NewFile>,
    parent: string | null,
    now: Date,
  ): Promise<string> {
    const isKept = parent !== null && !(await this.#isOutgrown(parent, now));
    const output = await this.#git(["fast-import", "--quiet", "--done", "--force"], {
      input: importStream(files, isKept ? parent : null, now),
    });
    const commit = output.toString("latin1").trim();
    if (OBJECT.test(commit)) return commit;
    throw new FobError("unavailable", t("git made no commit"));
  }

  /**
   * Sends a commit as this device's branch, in place of `before`, the commit that the remote showed
   * (null for none). Returns false when the remote shows another one by now.
   */
  async push(id: string, commit: string, before: string | null): Promise<boolean> {
    return this.#send(`${DEVICE_BRANCH}${id}`, commit, before);
  }

  /** Sends a request to join. */
  async request(id: string, bytes: Buffer, now: Date): Promise<void> {
    const commit = await this.commit(new Map([["request", bytes]]), null, now);
    if (!(await this.#send(`${REQUEST_BRANCH}${id}`, commit, null))) {
      throw new FobError("rejected", t("this invitation was used already"), {
        hint: t("`fob sync invite` makes another one"),
      });
    }
  }

  /** Removes branches at the remote. What fails stays: it has no effect on anybody. */
  async discard(kind: "device" | "request", id: string): Promise<void> {
    const branch = `${kind === "device" ? DEVICE_BRANCH : REQUEST_BRANCH}${id}`;
    await this.#answer([...this.#withRemote(), "push", "--quiet", REMOTE, `:${branch}`]);
  }

  /** Packs the copy when many changes have come together. What fails is tried again another time. */
  async tidy(): Promise<void> {
    await this.#answer(["gc", "--auto", "--quiet"]);
  }

  async #send(branch: string, commit: string, before: string | null): Promise<boolean> {
    // of a push to a folder that was killed: nobody else writes this branch
    if (isAbsolute(this.#remote)) rmSync(join(this.#remote, `${branch}.lock`), { force: true });
    const answer = await this.#answer([
      ...this.#withRemote(),
      ...["push", "--porcelain", "--no-verify"],
      `--force-with-lease=${branch}:${before ?? ""}`,
      REMOTE,
      `${commit}:${branch}`,
    ]);
    if (answer.exitCode === 0) return true;
    if (/\((?:stale info|fetch first|non-fast-forward)\)/.test(answer.output.toString("utf8")))
      return false;
    throw failed(answer, t("the remote did not take what was sent"));
  }

  /** The address of the remote, for one call: a settings file would have to be written. */
  #withRemote(): readonly string[] {
    const name = `remote.${REMOTE}`;
    const serving = ["git", ...SERVING].join(" ");
    const settings = [
      `${name}.url=${this.#remote}`,
      ...(isPath(this.#remote)
        ? [
            `${name}.uploadpack=${serving} upload-pack`,
            `${name}.receivepack=${serving} receive-pack`,
          ]
        : []),
    ];
    return settings.flatMap((setting) => ["-c", setting]);
  }

  async #isOutgrown(parent: string, now: Date): Promise<boolean> {
    const listing = await this.#git([
      "rev-list",
      "--timestamp",
      `--max-count=${MAX_COMMITS}`,
      parent,
    ]);
    const lines = listing.toString("latin1").trimEnd().split("\n");
    const oldest = Number(lines.at(-1)?.split(" ")[0]) * 1_000;
    return lines.length >= MAX_COMMITS || now.getTime() - oldest > MAX_AGE;
  }

  async #git(
    args: readonly string[],
    options: { readonly input?: Uint8Array; readonly limit?: number } = {},
  ): Promise<Buffer> {
    const answer = await this.#answer(args, options);
    if (answer.exitCode === 0) return answer.output;
    throw failed(
      answer,
      args.includes("fetch") ? t("the remote cannot be reached") : t`git ${args[0]} failed`,
    );
  }

  #answer(
    args: readonly string[],
    options: { readonly input?: Uint8Array; readonly limit?: number } = {},
  ): Promise<GitAnswer> {
    return this.#run([...SETTINGS, `--git-dir=${this.#folder}`, ...args], {
      limit: MAX_LISTING,
      ...options,
    });
  }
}

/** Removes the lock files that a git has left which was killed. */
function removeLocks(folder: string): void {
  const inRefs = readdirSync(join(folder, "refs"), { recursive: true, encoding: "utf8" });
  for (const name of [...readdirSync(folder), ...inRefs.map((path) => join("refs", path))])
    if (name.endsWith(".lock")) rmSync(join(folder, name), { force: true });
}

/** The id that git gives to a content. */
export function blobId(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/**
 * The remote as git gets it: a path is made absolute. Throws FobError `usage` for one with a
 * password in it, which git would show to every user of this machine, and for one that is an
 * option or a program.
 */
export function checkRemote(text: string): string {
  if (text === "" || text.startsWith("-") || /\p{Cc}/u.test(text) || text.includes("::"))
    throw new FobError("usage", t`${JSON.stringify(text)} is no address of a repository`);
  if (/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(text)) {
    throw new FobError("usage", t("the address holds a password, which other users could read"), {
      hint: t("leave it out: git asks for it, or its credential helper knows it"),
    });
  }
  return isPath(text) && !isAbsolute(text) && !text.startsWith("file:") ? resolve(text) : text;
}

/** Whether a repository is on this machine: no server stands before it. */
function isPath(remote: string): boolean {
  if (/^file:/i.test(remote)) return true;
  return !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(remote) && !/^[^/\\:]+:/.test(remote);
}

/** Makes a bare repository at a path where there is nothing, or an empty folder. */
export async function createLocalRemote(remote: string, run: RunGit): Promise<boolean> {
  if (!isAbsolute(remote)) return false;
  if (existsSync(remote) && readdirSync(remote).length > 0) return false;
  mkdirSync(remote, { recursive: true, mode: 0o700 });
  const answer = await run([...SETTINGS, "init", "--quiet", "--bare", remote]);
  if (answer.exitCode !== 0) throw failed(answer, t`no repository can be made at ${remote}`);
  return true;
}

function importStream(
  files: ReadonlyMap<string, NewFile>,
  parent: string | null,
  now: Date,
): Buffer {
  const pieces: (string | Buffer)[] = [];
  const places: string[] = [];
  let mark = 1;
  for (const [name, file] of files) {
    if (typeof file === "string") {
      places.push(`M 100644 ${file} ${name}\n`);
      continue;
    }
    mark++;
    pieces.push(`blob\nmark :${mark}\ndata ${file.length}\n`, file, "\n");
    places.push(`M 100644 :${mark} ${name}\n`);
  }
  const seconds = Math.floor(now.getTime() / 1_000);
  pieces.push(
    "reset refs/heads/own\n\n",
    `commit refs/heads/own\nmark :1\ncommitter fob <fob@localhost> ${seconds} +0000\ndata 4\nsync\n`,
    parent === null ? "" : `from ${parent}\n`,
    "deleteall\n",
    ...places,
    "\nget-mark :1\ndone\n",
  );
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
}

function failed({ remarks }: GitAnswer, what: string): FobError {
  const last = remarks.split("\n").filter((line) => line.trim() !== "");
  const reason = last.find((line) => /^(?:fatal|error|remote):/.test(line)) ?? last.at(-1);
  return new FobError("unavailable", reason ? t`${what}: ${reason}` : what, {
    hint: t("`fob sync status` says which remote it is; nothing was changed"),
  });
}
