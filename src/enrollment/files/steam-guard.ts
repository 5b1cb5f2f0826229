import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isBase64 } from "#enrollment/secret-text.ts";
import { encodeBase32 } from "#token/base32.ts";
import { type AppFormat, readEach, someHas, text } from "./app-file.ts";

const AccountSchema = v.object({
  // beside it stand other secrets, which no passcode needs
  shared_secret: v.pipe(v.string(), v.check(isBase64)),
  account_name: text,
});

/** What Steam's app keeps since it knows several accounts. */
const AccountsSchema = v.object({ accounts: v.record(v.string(), v.unknown()) });

/** What Steam Desktop Authenticator keeps beside its files, and which holds no secret. */
const ManifestSchema = v.object({
  encrypted: v.boolean(),
  entries: v.array(v.object({ filename: v.string() })),
});

/**
 * Steam Guard as Steam's app stores it: the maFile of Steam Desktop Authenticator, what WinAuth
 * shows as JSON, and the app's own file with all accounts.
 */
export const steamGuard = {
  id: "steam-mafile",
  app: "Steam (maFile)",
  async read(file) {
    const content = file.json();
    if (v.is(ManifestSchema, content)) {
      throw new FobError(
        "invalid",
        t("this manifest of Steam Desktop Authenticator has no token"),
        {
          hint: t("the files *.maFile beside it have one each; turn their encryption off first"),
        },
      );
    }
    const accounts = accountsIn(content);
    const isSteam = ["account_name", "steamid", "identity_secret", "Session"].some((name) =>
      someHas(accounts, "shared_secret", name),
    );
    if (!isSteam) return null;
    return readEach(accounts, {
      schema: AccountSchema,
      issuer: [],
      account: ["account_name"],
      read: ({ shared_secret, account_name }) => ({
        type: "steam",
        issuer: "Steam",
        account: account_name,
        secret: encodeBase32(Buffer.from(shared_secret, "base64")),
      }),
    });
  },
} as const satisfies AppFormat;

function accountsIn(content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return content;
  const parsed = v.safeParse(AccountsSchema, content);
  return parsed.success ? Object.values(parsed.output.accounts) : [content];
}
