import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";

/**
 * The variables that an agent takes over from its starter's environment. Of the others it gets only
 * NODE_OPTIONS, with {@link NEEDED_OF_NODE}.
 */
const NEEDED = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "SystemRoot",
  "FOB_LANG",
  "LANG",
  "LC_ALL",
  "LC_MESSAGES",
  "TZ",
  "TMPDIR",
  "TEMP",
  "XDG_RUNTIME_DIR",
  // for tokens that the TPM holds
  "FOB_TPM",
  // for notifications and a pinentry
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "GPG_TTY",
  "DBUS_SESSION_BUS_ADDRESS",
  // for logind, which tells when to lock
  "DBUS_SYSTEM_BUS_ADDRESS",
  // for the git that synchronises: its settings, and the keys of ssh
  "XDG_CONFIG_HOME",
  "GIT_CONFIG_GLOBAL",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "SSH_AUTH_SOCK",
  // for connections to servers
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "NO_PROXY",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
  "NODE_USE_SYSTEM_CA",
  "NODE_USE_ENV_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/**
 * The options of Node that an agent takes over: whom it trusts, and how it reaches servers. Any
 * other could open a debugger or load a stranger's module.
 */
const NEEDED_OF_NODE =
  /^--(?:use-system-ca|use-openssl-ca|use-bundled-ca|use-env-proxy|dns-result-order=\w+|(?:no-)?network-family-autoselection|tls-(?:min|max)-v1\.[0-3])$/;

/** No copy of its memory when it crashes, and no variables that a shell adds. */
const WITHOUT_CORE_DUMP = ["-c", 'ulimit -c 0; unset PWD OLDPWD SHLVL; exec "$@"', "fob-agent"];

/**
 * Starts the built program `script` as a detached process with a reduced environment, writes
 * `input` to its standard input, and returns the first line of its output. Throws FobError
 * `unavailable`.
 */
export async function startAgentProcess(
  script: string,
  input: Secret,
  ours: NodeJS.ProcessEnv,
): Promise<string> {
  const env = environmentOfAgent(ours);
  const [command, args] =
    process.platform === "win32"
      ? [process.execPath, [script]]
      : ["/bin/sh", [...WITHOUT_CORE_DUMP, process.execPath, script]];
  const child = spawn(command, args, {
    env,
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
  });
  const failed = new Promise<null>((resolve) => child.once("error", () => resolve(null)));
  const line = await Promise.race([converse(child, input), failed]);
  child.unref();
  if (line !== null) return line;
  throw new FobError("unavailable", t("the agent cannot be started, or ended at once"));
}

function environmentOfAgent(ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env = Object.fromEntries(
    NEEDED.flatMap((name) => (ours[name] ? [[name, ours[name]]] : [])),
  );
  const options = nodeOptionsOfAgent(ours["NODE_OPTIONS"]);
  return options === "" ? env : { ...env, NODE_OPTIONS: options };
}

/** The options of Node, as they stand in NODE_OPTIONS, that an agent takes over. */
export function nodeOptionsOfAgent(ours = ""): string {
  const options = ours.split(" ").filter((one) => NEEDED_OF_NODE.test(one.replaceAll("_", "-")));
  return options.join(" ");
}

/** The first line that a process answers to its input; null without one. */
async function converse(child: ChildProcess, input: Secret): Promise<string | null> {
  // where the system has no room for pipes, there are none
  child.stdin?.once("error", () => undefined).end(input);
  const line = child.stdout ? await firstLine(child.stdout) : null;
  child.stdout?.destroy();
  return line;
}

/** Null when the stream ends without a line. */
function firstLine(stream: Readable): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: stream });
    lines.once("line", resolve);
    lines.once("close", () => resolve(null));
  });
}
