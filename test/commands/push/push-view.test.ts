import { expect, test } from "vitest";
import { UNCOLORED } from "#cli/output/style.ts";
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
    expect(text).toContain('"Blue car" D');
  },
);
