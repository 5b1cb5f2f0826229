import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import { makeFolder } from "#vault/cells/cell-files.ts";
import { folderOf, isBySsh, isOnThisMachine, placeOf } from "./address.ts";
import { failed, isUnreachable, mayTellOfDamage, namesIn, reasonOf } from "./answers.ts";
import type { GitAnswer, GitRun, RunGit } from "./git-program.ts";

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
  /** The devices whose branch cannot be fetched though the remote shows it: what git says of it. */
  readonly broken: ReadonlyMap<string, string>;
}

/** A file of a new commit: its bytes, or the id of a content that the repository has. */
export type NewFile = Buffer | string;

/** What the names of branches begin with: of devices, and of requests to join. */
export const DEVICE_BRANCH = "refs/heads/fob/";
export const REQUEST_BRANCH = "refs/heads/fob-join/";
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
  // a server that sends nothing for half a minute
  "http.lowSpeedLimit=1",
  "http.lowSpeedTime=30",
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

/** An ssh that gives up where a server does not answer; it asks for passwords as always. */
const PATIENT_SSH = [
  "ssh",
  ...["ConnectTimeout=20", "ServerAliveInterval=15", "ServerAliveCountMax=3"].flatMap((option) => [
    "-o",
    option,
  ]),
].join(" ");

/** After this time a person is told what is waited for, in milliseconds. */
const QUIET_MS = 5_000;

/** More branches than this are not fetched one by one. */
const MAX_BRANCHES = 1_000;

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
  readonly #tellWaiting: (place: string) => void;
  #remote = "";
  #ssh: Promise<string | undefined> | null = null;
  #mayBeDamaged = false;

  /** `tellWaiting` is called when the remote at this place has not answered for some seconds. */
  constructor(home: string, run: RunGit, tellWaiting: (place: string) => void = () => undefined) {
    this.#folder = join(home, "sync");
    this.#run = run;
    this.#tellWaiting = tellWaiting;
  }

  /** Where the copy is. */
  get folder(): string {
    return this.#folder;
  }

  /**
   * Makes the copy where there is none, and mends what a git that was killed has left in it. No
   * other process of this home may be at work with it. Returns whether the copy is new.
   */
  async open(remote: string): Promise<boolean> {
    this.#remote = remote;
    if (["HEAD", "refs", "objects"].every((name) => existsSync(join(this.#folder, name)))) {
      removeRemains(this.#folder);
      await this.#forgetAddress();
      return false;
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
    this.#mayBeDamaged = false;
    return true;
  }

  /** Whether a call has failed because files of the copy are damaged or missing. */
  async isDamaged(): Promise<boolean> {
    if (!this.#mayBeDamaged) return false;
    const { exitCode } = await this.#answer(["fsck", "--no-dangling", "--no-progress"]);
    return exitCode !== 0;
  }

  /** Copies of former versions hold the address of the remote, which is sealed in the vault. */
  async #forgetAddress(): Promise<void> {
    const config = join(this.#folder, "config");
    if (existsSync(config) && readFileSync(config, "utf8").includes('[remote "origin"]'))
      await this.#answer(["config", "--remove-section", "remote.origin"]);
  }

  /** Removes the copy. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Fetches all branches. Rejects with FobError `unavailable` when the remote cannot be reached.
   * One branch that cannot be fetched does not keep the others from being fetched.
   */
  async fetch(): Promise<RemoteBranches> {
    const answer = await this.#fetchInto([
      `+${DEVICE_BRANCH}*:${FETCHED}fob/*`,
      `+${REQUEST_BRANCH}*:${FETCHED}fob-join/*`,
    ]);
    const one = answer.exitCode === 0 ? null : await this.#fetchOneByOne(answer);
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
      // where branches were fetched one by one, those that the remote has no more are still there
      if (one && !one.fetched.has(`${kind}/${id}`)) continue;
      if (kind === "fob") devices.set(id, commit);
      if (kind === "fob-join") requests.set(id, commit);
    }
    return { devices, requests, broken: one?.broken ?? new Map() };
  }

  /** The names of all branches and tags of the remote. */
  async names(): Promise<readonly string[]> {
    const listing = await this.#atRemote(["ls-remote", "--quiet", REMOTE]);
    if (listing.exitCode !== 0) throw this.#unreachable(listing);
    return namesIn(listing);
  }

  #fetchInto(refspecs: readonly string[]): Promise<GitAnswer> {
    return this.#atRemote([
      ...["fetch", "--progress", "--prune", "--no-tags", "--no-write-fetch-head", "--force"],
      ...[REMOTE, ...refspecs],
    ]);
  }

  /** After a fetch of all branches has failed: because of one of them, or of the remote. */
  async #fetchOneByOne(failure: GitAnswer) {
    if (isUnreachable(failure)) throw this.#unreachable(failure);
    const listing = await this.#atRemote(["ls-remote", "--quiet", REMOTE]);
    const names = namesIn(listing).filter(isBranchOfFob);
    if (listing.exitCode !== 0 || names.length > MAX_BRANCHES) throw this.#unreachable(failure);
    const fetched = new Set<string>();
    const broken = new Map<string, string>();
    for (const name of names) {
      const short = name.slice("refs/heads/".length);
      const answer = await this.#fetchInto([`+${name}:${FETCHED}${short}`]);
      if (answer.exitCode === 0) fetched.add(short);
      else if (name.startsWith(DEVICE_BRANCH))
        broken.set(name.slice(DEVICE_BRANCH.length), reasonOf(answer) ?? "");
    }
    // not one branch is wrong, but something that all of them need
    if (fetched.size === 0) throw this.#unreachable(failure);
    return { fetched, broken };
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
      if (end < 0 || id !== blob || type !== "blob") {
        this.#mayBeDamaged = true;
        throw new FobError("invalid", t("a file is missing in the copy of the repository"), {
          hint: t("`fob sync` makes the copy anew"),
        });
      }
      const content = output.subarray(end + 1, end + 1 + Number(length));
      at = end + 1 + Number(length) + 1;
      return content;
    });
  }

  /** The lengths of contents; those that the copy does not have are left out. */
  async sizes(blobs: readonly string[]): Promise<ReadonlyMap<string, TreeFile>> {
    if (blobs.length === 0) return new Map();
    const output = await this.#git(["cat-file", "--batch-check"], {
      input: Buffer.from(blobs.map((blob) => `${blob}\n`).join("")),
    });
    const sizes = new Map<string, TreeFile>();
    for (const line of output.toString("latin1").split("\n")) {
      const [blob = "", type, bytes] = line.split(" ");
      if (type === "blob") sizes.set(blob, { blob, bytes: Number(bytes) });
    }
    return sizes;
  }

  /** Whether the copy has a commit. */
  async hasCommit(commit: string): Promise<boolean> {
    return (await this.#answer(["cat-file", "-e", `${commit}^{commit}`])).exitCode === 0;
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

  /**
   * Removes a branch at the remote; with `commit`, only as long as it shows that one. Returns
   * whether it is gone. What fails stays: it has no effect on anybody.
   */
  async discard(kind: "device" | "request", id: string, commit?: string): Promise<boolean> {
    const branch = `${kind === "device" ? DEVICE_BRANCH : REQUEST_BRANCH}${id}`;
    const answer = await this.#atRemote([
      "push",
      "--progress",
      "--no-verify",
      ...(commit === undefined ? [] : [`--force-with-lease=${branch}:${commit}`]),
      REMOTE,
      `:${branch}`,
    ]);
    return answer.exitCode === 0;
  }

  /**
   * Packs the copy when many changes have come together. What fails is tried again another time.
   */
  async tidy(): Promise<void> {
    await this.#answer(["gc", "--auto", "--quiet"]);
  }

  async #send(branch: string, commit: string, before: string | null): Promise<boolean> {
    // a push into a folder that was killed leaves its lock there; only this device writes the
    // branch
    const folder = folderOf(this.#remote);
    if (folder !== null) rmSync(join(folder, `${branch}.lock`), { force: true });
    const answer = await this.#atRemote([
      ...["push", "--porcelain", "--progress", "--no-verify"],
      `--force-with-lease=${branch}:${before ?? ""}`,
      REMOTE,
      `${commit}:${branch}`,
    ]);
    if (answer.exitCode === 0) return true;
    const output = `${answer.output.toString("utf8")}\n${answer.remarks}`;
    if (/\((?:stale info|fetch first|non-fast-forward)\)|reference already exists/.test(output))
      return false;
    throw failed(
      answer,
      t("the remote did not take what was sent"),
      t`the remote is ${this.#remote}; the next \`fob sync\` sends what was changed here`,
    );
  }

  /** The address of the remote, for one call: a settings file would have to be written. */
  #withRemote(): readonly string[] {
    const name = `remote.${REMOTE}`;
    const serving = ["git", ...SERVING].join(" ");
    const settings = [
      `${name}.url=${this.#remote}`,
      ...(isOnThisMachine(this.#remote)
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

  #unreachable(answer: GitAnswer): FobError {
    return failed(
      answer,
      t("the remote cannot be reached"),
      t`the remote is ${this.#remote}; nothing was changed`,
    );
  }

  async #git(args: readonly string[], run: GitRun = {}): Promise<Buffer> {
    const answer = await this.#answer(args, run);
    if (answer.exitCode === 0) return answer.output;
    throw failed(answer, t`git ${args[0]} failed`);
  }

  /** A call that works at the remote; a person is told when that takes long. */
  async #atRemote(args: readonly string[]): Promise<GitAnswer> {
    const remote = this.#remote;
    const ssh = isBySsh(remote) ? await this.#sshCommand() : undefined;
    const timer = setTimeout(() => this.#tellWaiting(placeOf(remote)), QUIET_MS);
    try {
      return await this.#answer([...this.#withRemote(), ...args], {
        isAtRemote: true,
        asksNobody: isOnThisMachine(remote),
        ...(ssh === undefined ? {} : { ssh }),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** The command for ssh; undefined where the user's settings of git have one. Asked for once. */
  #sshCommand(): Promise<string | undefined> {
    this.#ssh ??= this.#askSsh();
    return this.#ssh;
  }

  async #askSsh(): Promise<string | undefined> {
    const { exitCode } = await this.#answer(["config", "--get", "core.sshCommand"]);
    return exitCode === 0 ? undefined : PATIENT_SSH;
  }

  async #answer(args: readonly string[], run: GitRun = {}): Promise<GitAnswer> {
    const answer = await this.#run([...SETTINGS, `--git-dir=${this.#folder}`, ...args], {
      limit: MAX_LISTING,
      ...run,
    });
    if (mayTellOfDamage(answer)) this.#mayBeDamaged = true;
    return answer;
  }
}

/** Removes the locks and unfinished packs that a git has left which was killed. */
function removeRemains(folder: string): void {
  const inRefs = readdirSync(join(folder, "refs"), { recursive: true, encoding: "utf8" });
  for (const name of [...readdirSync(folder), ...inRefs.map((path) => join("refs", path))])
    if (name.endsWith(".lock")) rmSync(join(folder, name), { force: true });
  const packs = join(folder, "objects", "pack");
  if (!existsSync(packs)) return;
  for (const name of readdirSync(packs))
    if (name.startsWith("tmp_")) rmSync(join(packs, name), { force: true });
}

/** The id that git gives to a content. */
export function blobId(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/**
 * Makes a bare repository at a path where there is nothing, or an empty folder. Returns whether it
 * was needed. Throws FobError `usage` for a file, and for a folder of something else.
 */
export async function createLocalRemote(remote: string, run: RunGit): Promise<boolean> {
  if (!isAbsolute(remote)) return false;
  const found = statSync(remote, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw noRepository(t`${remote} is no folder`);
  if (found && readdirSync(remote).length > 0) {
    if (["HEAD", ".git"].some((name) => existsSync(join(remote, name)))) return false;
    throw noRepository(t`the folder ${remote} holds something else, and no git repository`);
  }
  makeFolders(remote, 0o700);
  const answer = await run([...SETTINGS, "init", "--quiet", "--bare", remote]);
  if (answer.exitCode !== 0) throw failed(answer, t`no repository can be made at ${remote}`);
  return true;
}

function noRepository(message: string): FobError {
  return new FobError("usage", message, {
    hint: t("at a path where there is nothing, or an empty folder, fob makes a repository"),
  });
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

function isBranchOfFob(name: string): boolean {
  return [DEVICE_BRANCH, REQUEST_BRANCH].some(
    (prefix) => name.startsWith(prefix) && BRANCH_ID.test(name.slice(prefix.length)),
  );
}
