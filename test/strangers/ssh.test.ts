import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { encodeBase32 } from "#token/base32.ts";
import { describeWith } from "../requires.ts";
import { isTorture } from "../sampled.ts";
import { makePerson } from "./person.ts";
import { recipe } from "./recipes.ts";
import { freePort, makeServers } from "./server.ts";

const REQUIREMENTS = {
  sshd: "openssh-server",
  ssh: "openssh-client",
  "pam:pam_oath": "libpam-oath",
  oathtool: "oathtool",
  root: true,
} as const;

/** How many passcodes pam_oath looks ahead. */
const WINDOW = 20;
const LOGINS = isTorture ? 50 : 8;

describeWith(REQUIREMENTS, "sshd that asks pam_oath", () => {
  const person = makePerson();
  const servers = makeServers();
  const secret = randomBytes(20);
  const users = join(person.home, "users.oath");
  const [rules = "", login = ""] = recipe("ssh").split(/\n(?=SSH_ASKPASS)/);

  /** Gives the server a user with our secret, whose passcodes it has not yet seen. */
  const addUser = (kind: string) =>
    writeFileSync(users, `${kind} root - ${secret.toString("hex")}\n`, { mode: 0o600 });
  /** Gives the person the token of that user, in place of the one before. */
  const enroll = async (parameters: string) => {
    const input = `otpauth://${parameters.replace("?", `?secret=${encodeBase32(secret)}&`)}`;
    await person.fob(["remove", "vpn", "--yes"]);
    expect(await person.fob(["enroll", "-"], { input })).toMatchObject({ exitCode: 0 });
  };
  /** What the same token on another device shows. */
  const elsewhere = (counter: number) =>
    execFileSync("oathtool", ["-c", String(counter), "-"], {
      input: secret.toString("hex"),
      encoding: "utf8",
    }).trim();

  beforeAll(async () => {
    const { home } = person;
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(home, "host")]);
    // what sshd is called is the name of its service
    const program = join(home, servers.pamService(users));
    symlinkSync("/usr/sbin/sshd", program);
    mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const port = await freePort();
    const settings = `ListenAddress 127.0.0.1:${port}
HostKey ${join(home, "host")}
PidFile none
UsePAM yes
AuthenticationMethods keyboard-interactive
PermitRootLogin yes
AllowUsers root
`;
    writeFileSync(join(home, "sshd_config"), settings);
    const [, key = ""] = readFileSync(join(home, "host.pub"), "utf8").split(" ");
    writeFileSync(join(home, "known"), `bastion.acme.example ssh-ed25519 ${key}\n`);
    const client = `Host bastion.acme.example
HostName 127.0.0.1
HostKeyAlias bastion.acme.example
Port ${port}
User root
UserKnownHostsFile ${join(home, "known")}
StrictHostKeyChecking yes
PreferredAuthentications keyboard-interactive
NumberOfPasswordPrompts 1
`;
    writeFileSync(join(home, "ssh_config"), client);
    // ssh takes the home of the account and not HOME
    person.install("ssh", `exec /usr/bin/ssh -F '${join(home, "ssh_config")}' "$@"`);
    await servers.start([program, "-D", "-e", "-f", join(home, "sshd_config")], /Server listening/);
  });

  test(`lets in ${LOGINS} times in a row by the recipe, after a gap, and after a resynchronisation`, {
    timeout: 240_000,
  }, async () => {
    addUser("HOTP");
    await enroll("hotp/vpn?counter=0");
    expect(await person.run(`${rules}\n${login}`)).toMatchObject({ exitCode: 0 });
    const row = await person.run(`for i in $(seq ${LOGINS - 1}); do ${login}; done`);
    expect(row).toMatchObject({ exitCode: 0 });

    // passcodes that were shown and never sent
    await person.fob(["resync", "vpn", elsewhere(LOGINS + WINDOW - 2)]);
    expect(await person.run(login)).toMatchObject({ exitCode: 0 });

    // another device with the same secret was used meanwhile
    const next = LOGINS + WINDOW;
    const other = `SSH_ASKPASS=$PWD/other SSH_ASKPASS_REQUIRE=force ssh bastion.acme.example true`;
    const used = elsewhere(next + 1);
    const typed = `printf '#!/bin/sh\\necho ${used}\\n' > other; chmod +x other; ${other}`;
    expect(await person.run(typed)).toMatchObject({ exitCode: 0 });
    expect(await person.run(login)).toMatchObject({ exitCode: 255 });
    const input = `${used}\n${elsewhere(next + 2)}\n`;
    expect(await person.fob(["resync", "vpn", "-"], { input })).toMatchObject({ exitCode: 0 });
    expect(await person.run(login)).toMatchObject({ exitCode: 0 });
  });

  test("takes a time-based passcode once", async () => {
    addUser("HOTP/T30");
    await enroll("totp/vpn?period=30");
    expect(await person.run(`${rules}\n${login}`)).toMatchObject({ exitCode: 0 });
  });

  test("is not answered under another name than the rule's", async () => {
    addUser("HOTP/T30");
    await enroll("totp/vpn?period=30");
    await person.run(rules.replace("bastion", "elsewhere"));
    // there is no terminal either
    expect(await person.run(`setsid -w ${login.replace(/^(\S+ \S+) /, "env $1 ")}`)).toMatchObject({
      exitCode: 255,
      stderr: expect.stringContaining("cannot ask here"),
    });
  });
});
