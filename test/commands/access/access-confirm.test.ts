import { describe, expect, test } from "vitest";
import { accessConfirm } from "#commands/access/access-confirm.ts";
import type { TokenUse } from "#vault/pins/pin-prompt.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import { answering, printed, stage } from "../stage.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

describe("`fob access confirm`", () => {
  test("makes every passcode wait for a person, and fails closed where nobody can be asked", async () => {
    const on = await stage(answering());
    on.add("ACME");
    const set = async (when: string | undefined) =>
      printed(
        accessConfirm,
        await accessConfirm.run({ name: "ACME", when }, { ...on, pinPrompt: answering() }),
      );
    const { id } = on.vault.findExactly("ACME") ?? { id: "" };
    const code = async (approve?: (use: TokenUse) => Promise<void>) => {
      const tokens = directAuthenticator(await on.findVault(), () => NOW, "ci");
      const prompt = { ...answering(), ...(approve && { approve }) };
      return (await tokens.passcode(id, async () => NOW, prompt)).code;
    };
    expect((await set(undefined)).text).toBe("ACME: never");
    expect(await code()).toBe("755224");
    expect(await set("others")).toMatchObject({
      text: "ACME: others",
      json: { confirm: "others" },
    });
    await expect(code()).rejects.toMatchObject({ code: "denied" });
    const uses: TokenUse[] = [];
    const agree = async (use: TokenUse) => void uses.push(use);
    // the refused request has not moved the counter on
    expect(await code(agree)).toBe("287082");
    expect(uses).toMatchObject([{ token: { name: "ACME", confirm: "others" }, grantLabel: "ci" }]);
    await expect(set("sometimes")).rejects.toMatchObject({ code: "usage" });
    await set("never");
    expect(await code()).toBe("359152");
  });
});
