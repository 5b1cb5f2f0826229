import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { filesBelow, type TestHome, TOTP_URI, testHome } from "../e2e/fob.ts";
import { enroll, letJoin, namesOf, ok } from "../e2e/two-homes.ts";
import { describeWith } from "../requires.ts";
import { freePort, makeServers } from "./server.ts";

/** A home whose fob, and with it git, has these variables. */
function homeWith(env: Readonly<Record<string, string>>): TestHome {
  const { home, fob } = testHome();
  return { home, fob: (args, more) => fob(args, { ...more, env: { ...env, ...more?.env } }) };
}

/** Has two devices share tokens over a remote, and change them. */
async function share(remote: string, env: Readonly<Record<string, string>>) {
  const [laptop, desktop] = [homeWith(env), homeWith(env)];
  await enroll(laptop, TOTP_URI);
  await ok(laptop, ["sync", "init", remote, "--name", "laptop"]);
  await ok(laptop, ["sync", "add", "--all"]);
  await letJoin(laptop, desktop, "desktop");
  await ok(desktop, ["rename", "Example", "work"]);
  await ok(desktop, ["sync"]);
  await ok(laptop, ["sync"]);
  for (const home of [laptop, desktop]) expect(await namesOf(home)).toEqual(["work"]);
  await ok(laptop, ["sync", "remove", "desktop", "--yes"]);
  expect(await desktop.fob(["sync"])).toMatchObject({ exitCode: 4 });
  return { laptop, desktop };
}

/** A folder with an empty repository. */
function repositoryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-remote-"));
  execFileSync("git", ["init", "--quiet", "--bare", join(folder, "tokens.git")]);
  return folder;
}

describeWith({ sshd: "openssh-server", ssh: "openssh-client", git: "git" }, "sync over ssh", () => {
  const servers = makeServers();
  const folder = repositoryFolder();
  const remote = `ssh://tokens.example${join(folder, "tokens.git")}`;
  const config = join(folder, "ssh_config");
  const env = { GIT_SSH_COMMAND: `ssh -F ${config}` };

  beforeAll(async () => {
    for (const name of ["host", "user"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
    writeFileSync(join(folder, "authorized"), readFileSync(join(folder, "user.pub")), {
      mode: 0o600,
    });
    if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const port = await freePort();
    writeFileSync(
      join(folder, "sshd_config"),
      `ListenAddress 127.0.0.1:${port}
HostKey ${join(folder, "host")}
AuthorizedKeysFile ${join(folder, "authorized")}
StrictModes no
PidFile none
UsePAM no
`,
    );
    const [, key = ""] = readFileSync(join(folder, "host.pub"), "utf8").split(" ");
    writeFileSync(join(folder, "known"), `tokens.example ssh-ed25519 ${key}\n`);
    writeFileSync(
      config,
      `Host tokens.example
HostName 127.0.0.1
HostKeyAlias tokens.example
Port ${port}
User ${userInfo().username}
IdentityFile ${join(folder, "user")}
IdentitiesOnly yes
UserKnownHostsFile ${join(folder, "known")}
`,
    );
    const sshd = ["/usr/sbin/sshd", "-D", "-e", "-f", join(folder, "sshd_config")];
    await servers.start(sshd, /Server listening/);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("two devices share tokens by a key of ssh", { timeout: 120_000 }, async () => {
    await share(remote, env);
  });

  test("a host with another key, or one that does not know the user's, is exit code 8", async () => {
    const stranger = join(folder, "stranger");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", stranger]);
    const [, key = ""] = readFileSync(`${stranger}.pub`, "utf8").split(" ");
    writeFileSync(join(folder, "known-other"), `tokens.example ssh-ed25519 ${key}\n`);
    const asked = join(folder, "asked");
    const askpass = join(folder, "askpass");
    writeFileSync(askpass, `#!/bin/sh\ntouch '${asked}'\necho yes\n`);
    chmodSync(askpass, 0o755);
    const wrong = [
      `${env.GIT_SSH_COMMAND} -o UserKnownHostsFile=${join(folder, "known-other")}`,
      `${env.GIT_SSH_COMMAND} -o UserKnownHostsFile=/dev/null`,
      `ssh -F ${config}.stranger`,
    ];
    writeFileSync(
      `${config}.stranger`,
      readFileSync(config, "utf8").replace(join(folder, "user"), stranger),
    );
    for (const GIT_SSH_COMMAND of wrong) {
      const home = homeWith({ GIT_SSH_COMMAND, SSH_ASKPASS: askpass, DISPLAY: ":9" });
      const refused = await home.fob(["sync", "init", remote]);
      expect(refused, GIT_SSH_COMMAND).toMatchObject({ exitCode: 8, stdout: "" });
    }
    expect(existsSync(asked)).toBe(false);
  });
});

describeWith({ git: "git" }, "sync over HTTP", () => {
  const PASSWORD = "planted-password-of-the-host";
  const folder = repositoryFolder();
  const server = createServer((request, response) => {
    const given = Buffer.from((request.headers.authorization ?? "").slice(6), "base64").toString();
    if (given === `ann:${PASSWORD}`) serveGit(folder, request, response);
    else response.writeHead(401, { "www-authenticate": 'Basic realm="tokens"' }).end();
  });
  let remote: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    remote = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tokens.git`;
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** Variables with which git has these settings besides. */
  const settings = (lines: string) => {
    const file = join(folder, `settings-${Math.random()}`);
    onTestFinished(() => rmSync(file));
    appendFileSync(file, lines);
    return { GIT_CONFIG_GLOBAL: file, GIT_CONFIG_NOSYSTEM: "1" };
  };

  test("two devices share tokens with a password that git's credential helper knows", {
    timeout: 120_000,
  }, async () => {
    const helper = `"!echo username=ann; echo password=${PASSWORD}; :"`;
    const homes = await share(remote, settings(`[credential]\n\thelper = ${helper}\n`));
    for (const { home } of Object.values(homes))
      for (const file of filesBelow(home))
        expect(readFileSync(file, "latin1").includes(PASSWORD), file).toBe(false);
  });

  test("a password that nobody knows is exit code 8, and no program asks for it", async () => {
    const asked = join(folder, "asked");
    const askpass = join(folder, "askpass");
    writeFileSync(askpass, `#!/bin/sh\ntouch '${asked}'\necho wrong\n`);
    chmodSync(askpass, 0o755);
    const env = settings(`[core]\n\taskPass = ${askpass}\n`);
    const home = homeWith({ ...env, SSH_ASKPASS: askpass, GIT_ASKPASS: askpass, DISPLAY: ":9" });
    expect(await home.fob(["sync", "init", remote])).toMatchObject({ exitCode: 8, stdout: "" });
    expect(existsSync(asked)).toBe(false);
  });

  test("a password that the host does not take is exit code 8, and shown nowhere", async () => {
    const helper = `"!echo username=ann; echo password=${PASSWORD}-of-yesterday; :"`;
    const home = homeWith(settings(`[credential]\n\thelper = ${helper}\n`));
    const refused = await home.fob(["sync", "init", remote]);
    expect(refused).toMatchObject({ exitCode: 8, stdout: "" });
    expect(refused.stderr).not.toContain(PASSWORD);
  });
});

/** Answers a request by `git http-backend`, a CGI program. */
function serveGit(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? "/", "http://host");
  const { headers, method = "GET" } = request;
  const backend = spawn("git", ["http-backend"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: method,
      REMOTE_USER: "ann",
      REMOTE_ADDR: "127.0.0.1",
      CONTENT_TYPE: headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
    },
  });
  request.pipe(backend.stdin);
  const pieces: Buffer[] = [];
  backend.stdout.on("data", (piece) => pieces.push(piece));
  backend.once("close", () => {
    const all = Buffer.concat(pieces);
    const end = all.indexOf("\r\n\r\n");
    const fields = all.subarray(0, end).toString("latin1").split("\r\n");
    const status = fields.find((field) => field.startsWith("Status: "))?.slice(8, 11) ?? "200";
    for (const field of fields) {
      const [name = "", ...value] = field.split(": ");
      if (name !== "" && name !== "Status") response.setHeader(name, value.join(": "));
    }
    response.writeHead(Number(status)).end(all.subarray(end + 4));
  });
}
