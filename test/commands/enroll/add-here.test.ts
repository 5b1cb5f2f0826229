import { describe, expect, test } from "vitest";
import { doLongWork } from "#base/long-work.ts";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import { addHere } from "#commands/enroll/add-here.ts";
import { recognize } from "#enrollment/recognize.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { addAtOnce } from "../../vault/add-at-once.ts";
import { type Stage, stage, TOTP } from "../stage.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const URI = "otpauth://totp/Bank:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bank&digits=8";

/** Another process enrolls the same account with another secret. */
function enrollMeanwhile({ vault }: Stage): void {
  const about = { issuer: "Bank", account: "ann", serial: null, format: "test", pin: "none" };
  const other = Buffer.from("09876543210987654321");
  addAtOnce(vault, [{ name: "Bank", credential: TOTP, secret: other, ...about } as never], NOW);
}

/** What a command has stored of one string, where `asked` is done while its PIN is typed. */
async function added(by: "import" | "restore", asked: (home: Stage) => void, replace = false) {
  const home = await stage();
  const [draft] = await recognize(URI);
  if (!draft || !("credential" in draft)) throw new Error("no draft");
  const pinPrompt: PinPrompt = {
    interactive: false,
    release: async () => null,
    ask: async () => {
      asked(home);
      return Buffer.from("83517");
    },
  };
  const { stored } = await addHere(
    [{ name: "Bank", isChosen: false, draft: draft as never }],
    { by, pin: true, replace, keepBoth: false },
    {
      pinPrompt,
      clock: () => NOW,
      doLongWork,
      progress: () => ({ step: () => undefined, end: () => undefined }),
      ensureVault: home.ensureVault,
      processes: { own: thisProcess, lifeOf },
      prompt: { available: false } as never,
    },
  );
  const names = home.vault.entries().map(({ name }) => name);
  return { stored: stored.map(({ view }) => view.name), names };
}

describe.each(["import", "restore"] as const)("%s, while its PIN is typed,", (by) => {
  test("leaves out an account that another process enrolls with another secret", async () => {
    const outcome = await added(by, enrollMeanwhile);
    expect(outcome).toEqual({ stored: [], names: ["Bank"] });
  });

  test("stores what nobody else enrolls", async () => {
    const outcome = await added(by, () => undefined);
    expect(outcome).toEqual({ stored: ["Bank"], names: ["Bank"] });
  });

  test("takes the place of such an account with --replace", async () => {
    const outcome = await added(by, enrollMeanwhile, true);
    expect(outcome).toEqual({ stored: ["Bank"], names: ["Bank"] });
  });
});
