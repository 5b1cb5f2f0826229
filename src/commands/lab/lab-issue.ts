import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { defineCommand, flag, optionalValue, required, value } from "#cli/command.ts";
import { checkQr, type Drawn, drawQr, type QrContext } from "#commands/asked-qr.ts";
import type { Issued, Recipient } from "#lab/issue.ts";
import type { Lab } from "#lab/lab.ts";
import {
  existingUser,
  type LabContext,
  labUrl,
  openLab,
  readSecretOption,
  type SecretOptionContext,
} from "./lab-opening.ts";
import {
  type IssueOptions,
  orderActivation,
  orderPasscodes,
  orderPush,
  orderTiqr,
} from "./lab-order.ts";

type IssueContext = LabContext & QrContext & SecretOptionContext;

interface Handed extends Drawn {
  readonly issued: Issued;
  /** What is printed: the enrollment string, or the address of its page. */
  readonly result: string;
  readonly page: string | null;
}

/** `fob lab issue`: a token of the lab for a user, as an enrollment string. */
export const labIssue = defineCommand({
  name: "lab issue",
  summary: "make a token of the lab, and print its enrollment string",
  description:
    "totp, hotp and ocra are Key URIs that hold the secret. push, tiqr and activation are enrolled with the lab's server, once and within " +
    "--ttl: it must be running then, at the address that the string names.",
  arguments: {
    kind: required("totp|hotp|ocra|push|activation|tiqr", "what kind of token", [
      "totp",
      "hotp",
      "ocra",
      "push",
      "activation",
      "tiqr",
    ]),
  },
  options: {
    user: value("NAME", "for whom"),
    qr: optionalValue(
      "FILE",
      "draw a QR code in the terminal, or into a new .png or .svg file",
      "file",
    ),
    algorithm: value("NAME", "of passcodes: SHA1 (default), SHA256 or SHA512", [
      "SHA1",
      "SHA256",
      "SHA512",
    ]),
    digits: value("N", "of passcodes: 6 to 8 (6)"),
    period: value("SECONDS", "of time-based passcodes (30)"),
    suite: value("SUITE", "of ocra and tiqr: OCRA-1:HOTP-SHA1-6:QN08"),
    serverPin: optionalValue(
      "-",
      "a PIN that is typed together with the passcode: it is asked for, or - is standard input",
    ),
    devicePin: flag("push and activation: the device must guard the token with a PIN"),
    token: value("KIND", "what an activation string becomes: totp (default), hotp or ocra", [
      "totp",
      "hotp",
      "ocra",
    ]),
    ttl: value("DURATION", "how long it can be enrolled: 10m, an activation string 1d"),
    url: value("URL", "where devices reach the lab (where it listens)"),
    old: flag("push: behave like servers before decline reasons"),
    page: flag("activation: print the address of a page with a link that opens fob"),
    twoPass: flag(
      "activation: the lab makes the key alone and wraps it with the passphrase, instead of both making it",
    ),
  },
  examples: [
    {
      command: "fob lab issue totp --user ann | fob enroll -",
      explanation: "a token of the lab, enrolled here",
    },
    {
      command: "fob lab issue push --user ann --qr",
      explanation: "draws the QR code for ann's device",
    },
    {
      command: "fob lab issue activation --user ann --token hotp",
      explanation: "an activation string, which works once",
    },
  ],
  async run(
    { kind, user, qr, serverPin, page, ...options },
    context: IssueContext,
  ): Promise<Handed> {
    const make = ownValue(KINDS, kind);
    if (!make)
      throw new FobError(
        "usage",
        t`${JSON.stringify(kind)} is not ${Object.keys(KINDS).join(", ")}`,
      );
    if (user === undefined)
      throw new FobError("usage", t("--user is missing: for whom is the token?"));
    if (page && kind !== "activation")
      throw new FobError("usage", t`a ${kind} token takes no --page`);
    checkQr(qr, context);
    const lab = await openLab(context);
    const { name } = existingUser(lab, user);
    const issued = await make(lab, name, { ...options, kind, serverPin }, context);
    const address = await pageOf(issued);
    const result = page && address !== null ? address : issued.text;
    return { issued, result, page: address, ...(await drawQr(result, qr, context)) };
  },
  isData: true,
  text: ({ result, drawing }) => [result, drawing].filter((part) => part !== null).join("\n"),
  json: ({ issued: { token, text }, page, file }) => ({
    user: token.user,
    serial: token.serial,
    enrollment: text,
    page,
    file,
  }),
});

/** The page of an activation string; null for other tokens, whose string is all there is. */
async function pageOf({ token }: Issued): Promise<string | null> {
  if (token.kind !== "promised") return null;
  const { enrollmentPageUrl } = await import("#lab/issue.ts");
  return enrollmentPageUrl(token);
}

type Maker = (
  lab: Lab,
  user: string,
  options: IssueOptions,
  context: SecretOptionContext,
) => Promise<Issued>;

const KINDS: Readonly<Record<string, Maker>> = {
  totp: makePasscodes,
  hotp: makePasscodes,
  ocra: makePasscodes,
  async push(lab, user, options, context) {
    const { issuePush } = await import("#lab/issue.ts");
    return issuePush(lab, await recipient(user, options, context), {
      url: await labUrl(lab, options.url),
      ...orderPush(options),
    });
  },
  async activation(lab, user, options, context) {
    const { issueActivation } = await import("#lab/issue.ts");
    const order = orderActivation(options);
    return issueActivation(lab, await recipient(user, options, context), {
      url: await labUrl(lab, options.url),
      ...order,
    });
  },
  async tiqr(lab, user, options, context) {
    const { issueTiqr } = await import("#lab/issue.ts");
    return issueTiqr(lab, await recipient(user, options, context), {
      url: await labUrl(lab, options.url),
      ...orderTiqr(options),
    });
  },
};

async function makePasscodes(
  lab: Lab,
  user: string,
  options: IssueOptions,
  context: SecretOptionContext,
): Promise<Issued> {
  const { issuePasscodes } = await import("#lab/issue.ts");
  const order = orderPasscodes(options);
  if (order.kind !== "ocra" || !order.hasPin)
    return issuePasscodes(lab, await recipient(user, options, context), order);
  const responsePin = await readSecretOption("--server-pin", options.serverPin, context);
  if (responsePin) return issuePasscodes(lab, { user, pin: null }, { ...order, responsePin });
  throw new FobError("usage", t("the suite has a PIN in its responses: --server-pin says which"));
}

async function recipient(
  user: string,
  { serverPin }: IssueOptions,
  context: SecretOptionContext,
): Promise<Recipient> {
  const typed = await readSecretOption("--server-pin", serverPin, context);
  const { hashPassword } = await import("#lab/password.ts");
  return { user, pin: typed && (await hashPassword(typed)) };
}
