import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Check } from "#cli/check.ts";
import { checkChip } from "#platform/hardware/chip-check.ts";
import { systemNotifier } from "#platform/notification/notifier.ts";
import { isInstalled } from "#platform/program/find-program.ts";
import { outputOf } from "#platform/program/tool.ts";

/** A facility of the desktop that needs one of these programs. */
interface Ability {
  readonly check: string;
  readonly what: () => string;
  readonly wayland: readonly string[];
  readonly x11: readonly string[];
  readonly install: { readonly wayland: () => string; readonly x11: () => string };
}

const ABILITIES: readonly Ability[] = [
  {
    check: "clipboard",
    what: () => t("text and pictures can be copied and pasted"),
    wayland: ["wl-paste"],
    x11: ["xclip"],
    install: {
      wayland: () => t("install wl-clipboard"),
      x11: () => t("install xclip: without it, pictures cannot be pasted"),
    },
  },
  {
    check: "screen",
    what: () => t("QR codes can be read off the screen"),
    wayland: ["grim", "gnome-screenshot"],
    x11: ["scrot", "import", "gnome-screenshot"],
    install: {
      wayland: () => t("install grim or gnome-screenshot"),
      x11: () => t("install scrot or ImageMagick"),
    },
  },
];

/** The system, its environment, and the streams of the terminal. */
interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: { readonly isTTY?: boolean };
  readonly stderr: { readonly isTTY?: boolean };
}

/** Checks which facilities fob can use on this machine. */
export async function checkMachine(surroundings: Surroundings): Promise<Check[]> {
  return [
    checkNode(surroundings),
    await checkClock(surroundings),
    ...ABILITIES.map((ability) => checkAbility(ability, surroundings)),
    await checkNotifications(surroundings),
    await checkChip(surroundings.env),
    checkTerminal(surroundings),
  ];
}

function checkNode({ platform }: Surroundings): Check {
  return {
    check: "node",
    status: "ok",
    message: t`Node ${process.versions.node} on ${platform}`,
  };
}

/** Checks whether the clock is synchronized, because time-based passcodes depend on it. */
async function checkClock({ platform }: Surroundings): Promise<Check> {
  const check = "clock";
  if (platform !== "linux")
    return { check, status: "skipped", message: t("the system keeps its clock") };
  const output = await outputOf(
    ["timedatectl", "show", "--property=NTPSynchronized", "--value"],
    1_024,
  );
  const answer = output?.toString("latin1").trim();
  if (answer === "yes") return { check, status: "ok", message: t("the clock is synchronized") };
  if (answer === undefined)
    return {
      check,
      status: "skipped",
      message: t("nothing here tells whether the clock is right"),
    };
  return {
    check,
    status: "warning",
    message: t("the clock is not synchronized"),
    hint: t(
      "time-based passcodes need it: `timedatectl set-ntp true`; `fob verify NAME CODE` tells how far off it is",
    ),
  };
}

function checkAbility(
  { check, what, wayland, x11, install }: Ability,
  { platform, env }: Surroundings,
): Check {
  if (platform !== "linux") return { check, status: "ok", message: what() };
  const { WAYLAND_DISPLAY, DISPLAY } = env;
  if (!WAYLAND_DISPLAY && !DISPLAY)
    return { check, status: "skipped", message: t("there is no desktop session") };
  const programs = WAYLAND_DISPLAY ? wayland : x11;
  const found = programs.find((program) => isInstalled(program, env));
  if (found) return { check, status: "ok", message: t`${what()} (${found})` };
  return {
    check,
    status: "warning",
    message: t`none of ${programs.join(", ")} is here`,
    hint: (WAYLAND_DISPLAY ? install.wayland : install.x11)(),
  };
}

/** Skipped on a machine without a desktop: login requests can also be answered at a terminal. */
async function checkNotifications({ platform, env }: Surroundings): Promise<Check> {
  const check = "notifications";
  const { WAYLAND_DISPLAY, DISPLAY, DBUS_SESSION_BUS_ADDRESS } = env;
  if (platform === "linux" && !WAYLAND_DISPLAY && !DISPLAY && !DBUS_SESSION_BUS_ADDRESS)
    return { check, status: "skipped", message: t("there is no desktop session") };
  try {
    const name = await systemNotifier(platform).describe();
    return {
      check,
      status: "ok",
      message: t`login requests can be asked about by notification (${name})`,
    };
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    return {
      check,
      status: "warning",
      message: error.message,
      ...(error.hint ? { hint: error.hint } : {}),
    };
  }
}

function checkTerminal({ platform, env, stdin, stderr }: Surroundings): Check {
  const check = "terminal";
  if (!stdin.isTTY || !stderr.isTTY)
    return {
      check,
      status: "skipped",
      message: t("nobody can be asked here: this is no terminal"),
    };
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  if (platform === "win32" || /utf-?8/i.test(locale))
    return { check, status: "ok", message: t("a terminal that shows any letter") };
  return {
    check,
    status: "warning",
    message: t("the terminal may not show every letter and QR code"),
    hint: t("set LANG to a UTF-8 locale"),
  };
}
