import { t } from "#base/language.ts";
import { defineCommand, optionalValue, required } from "#cli/command.ts";
import { parseUserName } from "#lab/lab-user.ts";
import {
  type LabContext,
  openLab,
  readSecretOption,
  type SecretOptionContext,
} from "./lab-opening.ts";

/** `fob lab user add`: adds a user who can log in at the lab. */
export const labUserAdd = defineCommand({
  name: "lab user add",
  summary: "add a user to the lab",
  description:
    "A password is typed together with every passcode, before or after it, and alone to ask for a push request or a challenge. Names do not " +
    "tell capital from small letters.",
  arguments: { name: required("NAME", "letters, digits, dots, dashes, _ and @") },
  options: {
    password: optionalValue(
      "-",
      "give the user a password: it is asked for, or - is standard input",
    ),
  },
  examples: [{ command: "fob lab user add ann", explanation: "ann can be given tokens now" }],
  async run({ name, password: source }, context: LabContext & SecretOptionContext) {
    const user = parseUserName(name);
    const [{ hashPassword }, lab] = [await import("#lab/password.ts"), await openLab(context)];
    const typed = await readSecretOption("--password", source, context);
    const password = typed && (await hashPassword(typed));
    lab.store.addUser({ name: user, password, failures: 0, createdAt: context.clock().getTime() });
    return { user, hasPassword: password !== null };
  },
  text: ({ user }) => t`added ${user}`,
  json: (result) => result,
});
