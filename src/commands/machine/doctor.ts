import { existsSync } from "node:fs";
import { describeStranger } from "#agent/client/control.ts";
import { isClaimWhole, mendClaim } from "#agent/protocol/claim.ts";
import { nameUser, refuseForeignHome } from "#base/home-owner.ts";
import { again, original, plural, t } from "#base/language.ts";
import { quoteForShell } from "#base/shell-word.ts";
import { type Check, failure } from "#cli/check.ts";
import { defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { displayWidth, wrapWords } from "#cli/output/width.ts";
import { SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { chooseUnlessWrong } from "#cli/settings/settings.ts";
import { describeAgent } from "#commands/agent/agent-view.ts";
import { printable } from "#token/printable.ts";
import { appPinInWords } from "#vault/keys/app-pin-slot.ts";
import { type Header, isExported, readHeader } from "#vault/keys/header.ts";
import { keychainKey } from "#vault/keys/open.ts";
import { findSlot } from "#vault/keys/slots.ts";
import { checkVault, type VaultChecksContext } from "./vault-checks.ts";

type RightsContext = Pick<Context, "access" | "machine">;

type DoctorContext = RightsContext &
  VaultChecksContext &
  Pick<Context, "agent" | "delegate" | "sensor" | "settings">;

/**
 * `fob doctor`: looks for what is wrong with the vault and the machine, and mends what can be
 * mended.
 */
export const doctor = defineCommand({
  name: "doctor",
  summary: "look for what is wrong, and mend it",
  description:
    "Checks the vault (files, rights, index, what interrupted commands left behind), its keychain, and what this machine has of all " +
    "that fob can use. Without --repair it changes nothing, but that removed tokens and ended grants go whose 30 days are over. Exit code 6 when vault or settings are damaged, 8 when its keychain cannot be reached.",
  arguments: {},
  options: { repair: flag("finish what was interrupted, correct rights, rebuild the index") },
  examples: [
    { command: "fob doctor", explanation: "what is wrong, and what to do about it" },
    { command: "fob doctor --repair", explanation: "mends what can be mended" },
  ],
  async run({ repair }, context: DoctorContext): Promise<readonly Check[]> {
    const checks = [
      checkHome(context),
      ...(await context.machine.check()),
      checkOwner(context),
      checkRights(context, repair),
      checkSettings(context),
      await checkAgent(context, repair),
      await checkSensor(context),
    ];
    const header = readHeaderOf(context);
    if ("check" in header) return [...checks, header];
    const keychain = await checkKeychain(header.header, context);
    const recovery =
      header.header === null || isExported(header.header) ? [] : [checkRecovery(header.header)];
    // with a recovery code the vault opens without its keychain
    const canOpen =
      header.header !== null &&
      (keychain.status !== "failed" || findSlot(header.header, "recovery") !== null);
    return [
      ...checks,
      keychain,
      ...recovery,
      ...(canOpen ? await lookIntoVault(repair, context) : []),
    ];
  },
  text: (checks, style) => checks.map((check) => formatCheck(check, style)).join("\n"),
  json: (checks) =>
    checks.map(({ check, status, message, hint = null }) => ({
      check,
      status,
      message: original(message),
      hint: original(hint),
    })),
  exitCode(checks) {
    const failed = checks.filter(({ status }) => status === "failed").map(({ check }) => check);
    if (failed.length === 0) return 0;
    return failed.every((check) => check === "keychain") ? 8 : 6;
  },
});

/**
 * Through the agent that holds the vault, if there is one, so that the app PIN is not asked for.
 */
async function lookIntoVault(
  repair: boolean,
  context: VaultChecksContext & Pick<Context, "delegate">,
): Promise<readonly Check[]> {
  const delegated = await context.delegate("doctor", { repair });
  return delegated ? (delegated.result as readonly Check[]) : checkVault(repair, context);
}

/** Where vault and settings are, which a variable or an option may have changed. */
function checkHome({ access: { home } }: Pick<Context, "access">): Check {
  const check = "home";
  if (existsSync(home)) return { check, status: "ok", message: home };
  return { check, status: "skipped", message: t`${home} is not there yet` };
}

/** One run as root with the user's HOME leaves files that the user cannot read. */
function checkOwner({ access, machine }: RightsContext): Check {
  const check = "owner";
  const { home } = access;
  const { owner, isUsable, foreign } = machine.ownershipOf(home);
  if (owner === null) return { check, status: "skipped", message: t`${home} has no owner` };
  if (!isUsable) {
    return {
      check,
      status: "failed",
      message: t`${home} belongs to ${nameUser(owner)}, and this user cannot use it`,
      hint: `\`sudo chown -hR ${process.geteuid?.()} ${quoteForShell(home)}\``,
    };
  }
  const [first] = foreign;
  if (first !== undefined) {
    const files = plural(foreign.length, "file");
    return {
      check,
      status: "failed",
      message: t`${files} or folders belong to others than ${nameUser(owner)}: ${first.path} to ${nameUser(first.owner)}`,
      hint: `\`sudo chown -hR ${owner} ${quoteForShell(home)}\``,
    };
  }
  try {
    refuseForeignHome(home);
  } catch (error) {
    return { ...failure(check, error), status: "warning" };
  }
  return { check, status: "ok", message: t`everything belongs to ${nameUser(owner)}` };
}

function checkRights(context: RightsContext, repair: boolean): Check {
  try {
    return lookAtRights(context, repair);
  } catch (error) {
    // a folder that even its owner cannot read
    return failure("rights", error);
  }
}

function lookAtRights({ access, machine }: RightsContext, repair: boolean): Check {
  const open = machine.openToOthers(access.home);
  if (open.length === 0)
    return { check: "rights", status: "ok", message: t("nobody else can read the vault's files") };
  const message = t`${plural(open.length, "file")} or folders can be reached by others: ${open[0]}`;
  if (!repair)
    return {
      check: "rights",
      status: "warning",
      message,
      hint: t("`fob doctor --repair` takes the rights away"),
    };
  machine.closeToOthers(open);
  return {
    check: "rights",
    status: "ok",
    message: t`${plural(open.length, "file")} closed to others`,
  };
}

function checkSettings({ settings }: Pick<Context, "settings">): Check {
  const check = "settings";
  try {
    for (const key of SETTING_KEYS) settings.look(key);
    const unknown = settings.unknownKeys();
    if (unknown.length === 0)
      return { check, status: "ok", message: t("config.json holds nothing wrong") };
    const message = t`config.json has what is no setting: ${unknown.join(", ")}`;
    return {
      check,
      status: "warning",
      message,
      hint: t("`fob config list` says what could be meant"),
    };
  } catch (error) {
    return failure(check, error);
  }
}

async function checkAgent(
  { agent, access }: Pick<Context, "agent" | "access">,
  repair: boolean,
): Promise<Check> {
  const check = "agent";
  try {
    const header = readHeader(access.home);
    const layout = header && { home: access.home, vaultId: header.id };
    const isDamaged = layout !== null && !isClaimWhole(layout);
    if (isDamaged && !repair)
      return {
        check,
        status: "warning",
        message: t("the claim of the agent is damaged"),
        hint: t("`fob doctor --repair` mends it"),
      };
    if (isDamaged) mendClaim(layout);
    const { status, stranger } = await (await agent()).report();
    if (stranger !== null) return { check, status: "warning", message: describeStranger(stranger) };
    if (isDamaged) return { check, status: "ok", message: t("the claim of the agent was mended") };
    if (status) return { check, status: "ok", message: describeAgent(status, null) };
    return { check, status: "skipped", message: t("no agent holds this vault") };
  } catch (error) {
    // `checkVault` reports a damaged header
    return { ...failure(check, error), status: "warning" };
  }
}

/** A machine without one is not wrong. */
async function checkSensor({ sensor }: Pick<Context, "sensor">): Promise<Check> {
  const check = "sensor";
  try {
    return { check, status: "ok", message: await sensor.describe() };
  } catch (error) {
    return { ...failure(check, error), status: "skipped" };
  }
}

function readHeaderOf({
  access,
}: Pick<Context, "access">): { readonly header: Header | null } | Check {
  try {
    return { header: readHeader(access.home) };
  } catch (error) {
    return failure("vault", error);
  }
}

async function checkKeychain(
  header: Header | null,
  { access, settings }: Pick<Context, "access" | "settings">,
): Promise<Check> {
  const check = "keychain";
  try {
    if (header && isExported(header)) {
      return {
        check,
        status: "skipped",
        message: t("this home was exported for a grant, and nothing else opens it"),
      };
    }
    if (header?.keychain === "none")
      return { check, status: "skipped", message: t("this vault opens with a passphrase") };
    if (header) await keychainKey(header, access);
    else return await checkKeychainToCome({ access, settings });
    return { check, status: "ok", message: t`the key is there (${header.keychain})` };
  } catch (error) {
    const failed = failure(check, error);
    // nothing depends on it yet
    return header ? failed : { ...failed, status: "warning" };
  }
}

/** The keychain that would keep the key of a vault, where there is none yet. */
async function checkKeychainToCome({
  access,
  settings,
}: Pick<Context, "access" | "settings">): Promise<Check> {
  const check = "keychain";
  const kind = chooseUnlessWrong(settings, "keychain");
  if (kind === "none")
    return {
      check,
      status: "skipped",
      message: t("there is no vault yet; it would open with a passphrase"),
    };
  await access.keyStore(kind).reach();
  const message =
    kind === "system"
      ? t("the system keychain answers; there is no vault yet")
      : t`there is no vault yet; its key would be kept in: ${kind}`;
  return { check, status: "ok", message };
}

/** Whether there is a way into the vault when PIN, passphrase or key are lost. */
function checkRecovery(header: Header): Check {
  const check = "recovery";
  if (findSlot(header, "recovery"))
    return {
      check,
      status: "ok",
      message: t`a recovery code opens the vault in place of the ${appPinInWords(header)}`,
    };
  if (header.keychain === "none") {
    return {
      check,
      status: "warning",
      message: t("this vault has no recovery code: without its passphrase, nothing opens it"),
      hint: t("one is shown the next time the passphrase is typed at a terminal, as by `fob list`"),
    };
  }
  return {
    check,
    status: "skipped",
    message: t("without an app PIN there is no recovery code: the vault is lost with its key"),
    hint: t("`fob pin set` shows one; `fob backup` saves the tokens"),
  };
}

function formatCheck({ check, status, message, hint }: Check, style: Style): string {
  const words = { ok: t("ok"), warning: t("warning"), failed: t("failed"), skipped: t("skipped") };
  const paint = { ok: style.good, warning: style.warning, failed: style.bad, skipped: style.faint }[
    status
  ];
  const width = Math.max(...Object.values(words).map(displayWidth)) + 2;
  const padding = " ".repeat(width - displayWidth(words[status]));
  const head = `${check.padEnd(CHECK_WIDTH)}${paint(words[status])}${padding}`;
  const wrap = (text: string) => wrapBeside(CHECK_WIDTH + width, printable(again(text)), style);
  const [first = "", ...others] = [
    ...wrap(message).lines,
    ...(hint === undefined ? [] : wrap(hint).lines.map((line) => style.faint(line))),
  ];
  const { indentation } = wrap(message);
  return indentation < CHECK_WIDTH + width
    ? [head.trimEnd(), ...[first, ...others].map((line) => " ".repeat(indentation) + line)].join(
        "\n",
      )
    : [head + first, ...others.map((line) => " ".repeat(indentation) + line)].join("\n");
}

/** Narrower columns of text are harder to read than a text below its heading. */
const NARROWEST = 24;

/** A text broken at words beside a heading of this width, or below it on a narrow terminal. */
function wrapBeside(
  width: number,
  text: string,
  { columns, isSpoken }: Style,
): { readonly lines: readonly string[]; readonly indentation: number } {
  if (columns === null || isSpoken) return { lines: [text], indentation: width };
  const indentation = columns - width < NARROWEST ? 2 : width;
  return { lines: wrapWords(text, columns - indentation), indentation };
}

const CHECK_WIDTH = "notifications".length + 2;
