import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { LoginService } from "#cli/login-service.ts";
import { nodeOptionsOfAgent } from "#platform/agent/agent-process.ts";
import { linkIn } from "#platform/agent/agent-socket.ts";
import { configFolder, roamingAppData, userHome } from "#platform/paths.ts";
import { isUsualHome, ownProgram } from "#platform/program/own-program.ts";
import { planOf, runTool, type Step, writing } from "#platform/program/system-steps.ts";
import { launchAgent } from "./launch-agent.ts";
import { startupScript } from "./startup-script.ts";
import { serviceUnit, socketUnit } from "./systemd-units.ts";

/** The vault whose agent it is, and the program that serves it. */
export interface ServiceOptions {
  readonly home: string;
  /** The folder of the built program. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

const UNDO = "fob agent remove";

/** The service of this system. */
export function loginService(platform: NodeJS.Platform, options: ServiceOptions): LoginService {
  if (platform === "darwin") return macService(options);
  return platform === "win32" ? windowsService(options) : systemdService(options);
}

/** What the system starts: it may ask for the app PIN, because a person has just logged in. */
function commandOf({ folder, home, env }: ServiceOptions, ...words: readonly string[]) {
  const [path, ...more] = ownProgram(folder, home, env);
  return [path, ...more, "--pinentry", "agent", ...words] as const;
}

/** The first digits of the name of a socket: enough to tell the homes of one user apart. */
const DIGITS = 8;

/** The name of the service of a home; `usual` is that of the home that is used without a name. */
function nameFor({ home, env }: ServiceOptions, usual: string): string {
  return isUsualHome(home, env) ? usual : `${usual}-${basename(linkIn("", home)).slice(0, DIGITS)}`;
}

function systemdService(options: ServiceOptions): LoginService {
  const { home, env } = options;
  const socketName = basename(linkIn("", home));
  const unit = nameFor(options, "fob-agent");
  const names = { socket: `${unit}.socket`, service: `${unit}.service` };
  const units = join(configFolder(env), "systemd/user");
  const at = { socket: join(units, names.socket), service: join(units, names.service) };
  const isThere = () => existsSync(at.socket) || existsSync(at.service);
  const systemctl = (...words: readonly string[]) => ["systemctl", "--user", ...words] as const;
  const stop: Step = {
    action: "run",
    tool: systemctl("stop", names.socket, names.service),
    isOptional: true,
  };
  const reload = systemctl("daemon-reload");
  return {
    starts: "at its first client",
    planInstallation() {
      const input = {
        program: commandOf(options, "serve"),
        socketName,
        socketUnit: names.socket,
        nodeOptions: nodeOptionsOfAgent(env["NODE_OPTIONS"]),
      } as const;
      const steps: Step[] = [
        // a socket whose service runs cannot be started again
        ...(isThere() ? [stop] : []),
        writing(at.socket, socketUnit(input)),
        writing(at.service, serviceUnit(input)),
        { action: "run", tool: reload },
        { action: "run", tool: systemctl("enable", "--now", names.socket) },
      ];
      return planOf(steps, env, UNDO, () => findManager(env));
    },
    planRemoval() {
      if (!isThere()) return null;
      const steps: Step[] = [
        { action: "run", tool: systemctl("disable", names.socket), isOptional: true },
        stop,
        { action: "remove", path: at.socket },
        { action: "remove", path: at.service },
        { action: "run", tool: reload, isOptional: true },
      ];
      return planOf(steps, env, UNDO);
    },
  };
}

async function findManager(env: NodeJS.ProcessEnv): Promise<void> {
  const { exitCode, remark } = await runTool(
    ["systemctl", "--user", "show", "--property=Version"],
    env,
  );
  if (exitCode === 0) return;
  throw new FobError("unavailable", t`no systemd of this user answers here: ${remark}`, {
    hint: t(
      "it is there in a login session; without systemd, `fob agent start` at the start of a session does the same",
    ),
  });
}

function macService(options: ServiceOptions): LoginService {
  const label = nameFor(options, "fob.agent");
  const path = join(userHome(options.env["HOME"]), "Library/LaunchAgents", `${label}.plist`);
  const domain = `gui/${process.getuid?.()}`;
  const bootOut: Step = {
    action: "run",
    tool: ["launchctl", "bootout", `${domain}/${label}`],
    isOptional: true,
  };
  return {
    starts: "at log-in",
    planInstallation() {
      const text = launchAgent(label, commandOf(options, "start"));
      const steps: Step[] = [
        ...(existsSync(path) ? [bootOut] : []),
        writing(path, text),
        { action: "run", tool: ["launchctl", "bootstrap", domain, path] },
      ];
      return planOf(steps, options.env, UNDO);
    },
    planRemoval: () =>
      existsSync(path) ? planOf([bootOut, { action: "remove", path }], options.env, UNDO) : null,
  };
}

function windowsService(options: ServiceOptions): LoginService {
  const { env } = options;
  const programs = ["Microsoft", "Windows", "Start Menu", "Programs"];
  const path = join(
    roamingAppData(env),
    ...programs,
    "Startup",
    `${nameFor(options, "fob-agent")}.cmd`,
  );
  return {
    starts: "at log-in",
    planInstallation: () =>
      planOf([writing(path, startupScript(commandOf(options, "start")))], env, UNDO),
    planRemoval: () => (existsSync(path) ? planOf([{ action: "remove", path }], env, UNDO) : null),
  };
}
