import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { UNCOLORED } from "#cli/output/style.ts";
import { formatEvent } from "#commands/push/push-event-view.ts";
import { formatRequests } from "#commands/push/push-view.ts";
import { NOW, pushRequest } from "../../cli/screen/push-request.ts";

test.each([null, 200, 80, 40])(
  "a list of requests cuts nothing of them at %s columns",
  (columns) => {
    const question = `${"word ".repeat(20)}AND TRANSFER 9999 EUR`;
    const requests = [
      pushRequest("1", { question }),
      pushRequest("2", { options: ["Blue car", "D"] }),
    ];
    const text = formatRequests(requests, NOW, { ...UNCOLORED, columns });
    expect(text).not.toContain("\u2026");
    expect(text.replaceAll(/\s+/g, " ")).toContain("AND TRANSFER 9999 EUR");
    expect(text).toContain("'Blue car' D");
  },
);

test.skipIf(process.platform === "win32")(
  "the lines that answer a request mean each option to a shell, whatever a server calls it",
  () => {
    const options = ["17", "Blue car", "$(id)", "`id`", "a|reboot", 'it\'s; "so"', "*", "~", "-x"];
    const request = pushRequest("1", { options });
    const text = formatEvent({ kind: "request", request }, NOW, UNCOLORED);
    const lines = text.split("\n").filter((line) => line.includes("push approve"));
    const words = lines.map((line) =>
      execFileSync("sh", ["-c", `fob() { printf '%s\\n' "$4" "$5" "$#"; }; ${line}`], {
        encoding: "utf8",
      }),
    );
    expect(words).toEqual(options.map((option) => `--choice\n${option}\n5\n`));
  },
);
