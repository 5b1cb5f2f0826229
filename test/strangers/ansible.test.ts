import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { HOTP_URI, RFC_CODES } from "../e2e/fob.ts";
import { listening } from "../platform/web-server.ts";
import { describeWith } from "../requires.ts";
import { makePerson } from "./person.ts";
import { recipe, snippet } from "./recipes.ts";

describeWith({ "ansible-playbook": "ansible-core" }, "ansible by the recipe", () => {
  const person = makePerson();

  test("has one passcode in its environment, and a fresh one for each task", async () => {
    const bodies: unknown[] = [];
    const port = await listening(
      createServer(async (request, response) => {
        bodies.push(JSON.parse(await text(request)));
        response.end();
      }),
    );
    const fresh = snippet("yaml", "ansible.builtin.pipe").replace(
      "https://vpn.acme.example",
      `http://127.0.0.1:${port}`,
    );
    const given = fresh.replace(/lookup\('ansible.builtin.pipe'.*?\)/, "lookup('env', 'FOB_CODE')");
    const tasks = [given, fresh, fresh].map((task) => task.replaceAll(/^/gm, "    ").trimEnd());
    const play = ["- hosts: localhost", "  connection: local", "  gather_facts: false", "  tasks:"];
    writeFileSync(join(person.home, "site.yml"), [...play, ...tasks, ""].join("\n"));
    await person.fob(["enroll", "-", "--name", "vpn"], { input: HOTP_URI });
    const { exitCode, stdout } = await person.run(recipe("ansible"));
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(bodies).toEqual(RFC_CODES.slice(0, 3).map((passcode) => ({ user: "ann", passcode })));
    expect(stdout).not.toMatch(new RegExp(RFC_CODES.slice(0, 3).join("|")));
  });
});
