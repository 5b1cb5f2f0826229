import * as v from "valibot";
import {
  type AppFormat,
  list,
  listBeside,
  number,
  readEach,
  someHas,
  text,
  textsOf,
} from "./app-file.ts";
import { belongingsOf } from "./left-behind.ts";
import { refuseNewer } from "./newer-version.ts";

const APP = "LastPass Authenticator";

/** The version of exports that is known. */
const VERSION = 3;

const ExportSchema = v.object({
  version: v.fallback(v.optional(v.number()), undefined),
  accounts: list,
  folders: listBeside,
});

const AccountSchema = v.object({
  issuerName: text,
  originalIssuerName: text,
  userName: text,
  originalUserName: text,
  secret: v.string(),
  algorithm: text,
  digits: number,
  timeStep: number,
});

/** The export of LastPass Authenticator. */
export const lastPassAuthenticator = {
  id: "lastpass-authenticator",
  app: APP,
  async read(file) {
    const parsed = v.safeParse(ExportSchema, file.json(), { abortEarly: true });
    if (!parsed.success) return null;
    const { version, accounts, folders } = parsed.output;
    const isExport = ["issuerName", "originalIssuerName", "userName"].some((name) =>
      someHas(accounts, name),
    );
    if (!isExport) return null;
    refuseNewer(APP, version, VERSION);
    return [
      ...readEach(accounts, {
        schema: AccountSchema,
        issuer: ["issuerName"],
        account: ["userName"],
        read: ({ issuerName, originalIssuerName, userName, originalUserName, ...account }) => ({
          type: "totp",
          issuer: issuerName || originalIssuerName,
          account: userName || originalUserName,
          period: account.timeStep,
          ...account,
        }),
      }),
      ...belongingsOf({ groups: textsOf(folders, "name") }),
    ];
  },
} as const satisfies AppFormat;
