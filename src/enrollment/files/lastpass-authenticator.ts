import * as v from "valibot";
import {
  type AppFormat,
  list,
  listBeside,
  markBeside,
  namesById,
  number,
  readEach,
  someHas,
  text,
} from "./app-file.ts";
import { withBelongings } from "./belongings.ts";
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
  isFavorite: markBeside,
  folderData: v.fallback(v.optional(v.nullable(v.object({ folderId: number }))), null),
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
    const names = namesById(folders, "id", "name");
    return readEach(accounts, {
      schema: AccountSchema,
      issuer: ["issuerName"],
      account: ["userName"],
      read: ({ issuerName, originalIssuerName, userName, originalUserName, ...entry }) => {
        const { folderData, isFavorite, ...account } = entry;
        const token = {
          type: "totp",
          issuer: issuerName || originalIssuerName,
          account: userName || originalUserName,
          period: account.timeStep,
          ...account,
        };
        return withBelongings([token], {
          groups: [names.get(String(folderData?.folderId))],
          favorite: isFavorite,
        });
      },
    });
  },
} as const satisfies AppFormat;
