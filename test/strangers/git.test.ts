import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RFC_CODES, RFC_SECRET } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { makePerson } from "./person.ts";

describeWith({ git: "git", setsid: "util-linux" }, "git over HTTP with a passcode", () => {
  const person = makePerson();
  const heard: string[] = [];
  const server = createServer(({ headers: { authorization = "" } }, response) => {
    const [, sent = ""] = authorization.split(" ");
    const given = Buffer.from(sent, "base64").toString();
    // git first tries the name alone
    if (given !== "" && given !== "ann:") heard.push(given);
    if (given === "" || given !== `ann:${RFC_CODES[heard.length - 1]}`) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      return;
    }
    const type = "application/x-git-upload-pack-advertisement";
    response.writeHead(200, { "content-type": type });
    response.end(`001e# service=git-upload-pack\n0000${REFERENCE}0000`);
  });
  let url: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://ann@127.0.0.1:${(server.address() as AddressInfo).port}/fob.git`;
    const input = `otpauth://hotp/git:ann?secret=${RFC_SECRET}&counter=0`;
    await person.fob(["enroll", "-", "--name", "git"], { input });
  });
  afterAll(() => void server.close());

  test("is let in by the rule of its host, and not asked for another one", async () => {
    const list = `setsid -w git ls-remote ${url}`;
    const env = { GIT_ASKPASS: "fob-askpass", GIT_CONFIG_NOSYSTEM: "1" };
    const rule = `fob config set askpass.rules "Password for * @127.0.0.1:$PORT => git"`;
    expect(await person.run(list, env)).toMatchObject({ exitCode: 128 });
    expect(heard).toEqual([]);
    await person.run(rule, { PORT: url.replace(/.*:(\d+)\/.*/, "$1") });
    const { stdout, exitCode } = await person.run(list, env);
    expect({ stdout, exitCode }).toEqual({ stdout: `${"1".repeat(40)}\tHEAD\n`, exitCode: 0 });
    expect(heard).toEqual([`ann:${RFC_CODES[0]}`]);
  });
});

/** A reference as the protocol of git sends it, with its length in front. */
const REFERENCE = `0033${"1".repeat(40)} HEAD\0\n`;
