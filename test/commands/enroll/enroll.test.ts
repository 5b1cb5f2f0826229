import { expect, test } from "vitest";
import { UNCOLORED } from "#cli/output/style.ts";
import { enroll } from "#commands/enroll/enroll.ts";
import { viewDraft } from "#commands/tokens/token-view.ts";
import { recognize } from "#enrollment/recognize.ts";
import { RFC_SECRET } from "../../e2e/fob.ts";

test.each([null, 80, 40, 20])(
  "no line of %s columns breaks the part of a secret that a person types at the issuer",
  async (columns) => {
    const [draft] = await recognize(`otpauth://totp/A:ann?secret=${RFC_SECRET}&2step_salt=8`);
    if (draft?.clientPart === undefined) throw new Error("there must be a part to type");
    const { clientPart } = draft;
    const beside = { notes: [], failures: [], isPinMissing: false, passcode: null };
    const views = [{ ...viewDraft("A", draft), clientPart }];
    const text = enroll.text({ isDryRun: false, views, ...beside }, { ...UNCOLORED, columns });
    const line = text.split("\n").find((one) => one.includes(clientPart));
    expect(line?.length).toBeLessThanOrEqual(columns ?? 80);
    expect(text).toMatch(/^type this at the issuer to finish:[ \n][A-Z2-7]{20}$/m);
  },
);
