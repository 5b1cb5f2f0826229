import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { encodeBase32 } from "#token/base32.ts";
import { describeWith } from "../requires.ts";
import { makePerson, type Person } from "./person.ts";
import { recipe } from "./recipes.ts";
import { freePort, makeCertificate, makeServers, type Server } from "./server.ts";

const PASSWORD = "4718, a long one";

/** Enrolls `vpn`, and gives a server the same secret: `users.oath`. */
async function addUser({ home, fob }: Person): Promise<string> {
  const secret = randomBytes(20);
  const input = `otpauth://hotp/vpn?counter=0&secret=${encodeBase32(secret)}`;
  expect(await fob(["enroll", "-"], { input })).toMatchObject({ exitCode: 0 });
  const file = join(home, "users.oath");
  writeFileSync(file, `HOTP ann - ${secret.toString("hex")}\n`, { mode: 0o600 });
  return file;
}

describeWith(
  { ocserv: "ocserv", openconnect: "openconnect", openssl: "openssl", root: true },
  "ocserv, to which openconnect logs in",
  () => {
    const person = makePerson();
    const servers = makeServers();
    const addresses: string[] = [];

    beforeAll(async () => {
      const { home } = person;
      const users = await addUser(person);
      makeCertificate(home);
      writeFileSync(join(home, ".vpn-pin"), `${PASSWORD}\n`);
      execFileSync("ocpasswd", ["-c", join(home, "passwd"), "ann"], {
        input: `${PASSWORD}\n${PASSWORD}\n`,
        stdio: "pipe",
      });
      const ways = [`otp=${users}`, `passwd=${join(home, "passwd")},otp=${users}`];
      for (const [i, way] of ways.entries()) {
        const port = await freePort();
        const settings = `auth = "plain[${way}]"
listen-host = 127.0.0.1
tcp-port = ${port}
server-cert = ${join(home, "cert.pem")}
server-key = ${join(home, "key.pem")}
socket-file = ${join(home, `socket-${i}`)}
use-occtl = false
device = vpns
ipv4-network = 192.168.77.0/24
run-as-user = root
run-as-group = root
isolate-workers = false
`;
        const file = join(home, `ocserv-${i}.conf`);
        writeFileSync(file, settings);
        await servers.start(["ocserv", "-f", "-d", "3", "-c", file], /sec-mod initialized/);
        addresses.push(`127.0.0.1:${port}`);
      }
      // logs in, and makes no tunnel
      const options = `--authenticate --cafile '${join(home, "cert.pem")}'`;
      person.install("openconnect", `exec /usr/sbin/openconnect ${options} "$@"`);
    });

    test.each([
      ["the passcode alone", "openconnect", 0],
      ["the password and then the passcode", "openconnectWithPassword", 1],
    ] as const)("is given %s by the recipe, again and again", async (_, name, server) => {
      const script = recipe(name).replaceAll("vpn.acme.example", addresses[server] ?? "");
      for (const _ of [1, 2]) {
        const { exitCode, stdout, stderr } = await person.run(script);
        expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
        expect(stdout).toContain("COOKIE=");
      }
    });

    test("refuses a passcode that was used", async () => {
      const last = /\t(\d{6})\t[^\t]*\n$/.exec(
        readFileSync(join(person.home, "users.oath"), "utf8"),
      );
      expect(last).not.toBeNull();
      const script = recipe("openconnect").replace("vpn.acme.example", addresses[0] ?? "");
      person.install("fob", `shift 5; printf '${last?.[1]}\\n' | "$@"`);
      expect((await person.run(script)).exitCode).not.toBe(0);
    });
  },
);

describeWith(
  { openvpn: "openvpn", "pam:pam_oath": "libpam-oath", openssl: "openssl", root: true, tun: true },
  "openvpn",
  () => {
    const person = makePerson();
    const servers = makeServers();
    let server: Server;

    beforeAll(async () => {
      const { home } = person;
      const service = servers.pamService(await addUser(person));
      makeCertificate(home);
      const port = await freePort();
      const common = `ca ${join(home, "cert.pem")}\nverb 3\n`;
      const settings = `${common}mode server
dev tun
tls-server
proto tcp-server
local 127.0.0.1
port ${port}
cert ${join(home, "cert.pem")}
key ${join(home, "key.pem")}
dh none
verify-client-cert none
plugin openvpn-plugin-auth-pam.so ${service}
`;
      writeFileSync(join(home, "server.conf"), settings);
      // ends when it has been idle for three seconds: the login takes a second on a busy machine
      const client = `${common}client
dev null
proto tcp-client
remote 127.0.0.1 ${port}
connect-retry-max 1
inactive 3
`;
      writeFileSync(join(home, "acme.ovpn"), client);
      const ready = /Initialization Sequence Completed/;
      server = await servers.start(["openvpn", "--config", join(home, "server.conf")], ready);
    });

    test("lets in by the recipe, each time with another passcode", async () => {
      for (const count of [1, 2]) {
        const { exitCode, stdout } = await person.run(recipe("openvpn"));
        expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
        expect(stdout).toContain("Initialization Sequence Completed");
        expect(server.log().match(/authentication succeeded for username 'ann'/g)).toHaveLength(
          count,
        );
      }
    });
  },
);
