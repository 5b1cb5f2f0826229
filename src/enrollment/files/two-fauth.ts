import * as v from "valibot";
import { type AppFormat, list, number, readEach, text } from "./app-file.ts";
import { refuseNewer } from "./newer-version.ts";

const APP = "2FAuth";

/** The schema of exports that is known. */
const SCHEMA = 1;

const ExportSchema = v.object({
  app: v.pipe(v.string(), v.regex(/^2fauth/i)),
  schema: v.fallback(v.optional(v.number()), undefined),
  data: list,
});

const AccountSchema = v.object({
  otp_type: v.string(),
  service: text,
  account: text,
  secret: v.string(),
  algorithm: text,
  digits: number,
  period: number,
  counter: number,
});

/** The export as Key URIs. */
const UriSchema = v.union([v.string(), v.object({ uri: v.string() })]);

/** The export of 2FAuth, with the parts of each token or with its Key URI. */
export const twoFAuth = {
  id: "2fauth",
  app: APP,
  async read(file) {
    const parsed = v.safeParse(ExportSchema, file.json(), { abortEarly: true });
    if (!parsed.success) return null;
    const { schema, data } = parsed.output;
    refuseNewer(APP, schema, SCHEMA);
    return data.some((entry) => v.is(UriSchema, entry))
      ? readEach(data, {
          schema: UriSchema,
          ...NAMES,
          read: (entry) => ({ enrollment: typeof entry === "string" ? entry : entry.uri }),
        })
      : readEach(data, {
          schema: AccountSchema,
          ...NAMES,
          read: ({ otp_type, service, ...account }) => ({
            type: otp_type.toLowerCase() === "steamtotp" ? "steam" : otp_type,
            issuer: service,
            ...account,
            alphabet: "decimal",
          }),
        });
  },
} as const satisfies AppFormat;

const NAMES = { issuer: ["service"], account: ["account"] } as const;
