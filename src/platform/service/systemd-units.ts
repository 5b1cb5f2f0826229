import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** A word of a command line: its path, or one of its arguments. */
type Program = readonly [path: string, ...args: string[]];

/** What the units are made of. */
export interface UnitInput {
  /** The command line of the agent. */
  readonly program: Program;
  /** The name of the socket in the folder of fob's sockets. */
  readonly socketName: string;
  /** The name of the unit of the socket. */
  readonly socketUnit: string;
  /** The options of Node that the agent gets, which need no quoting; empty for none. */
  readonly nodeOptions: string;
}

const WRITTEN = "# Written by `fob agent install`; `fob agent remove` takes it away.";

/** The unit of the socket, at which systemd starts the agent (systemd.socket(5)). */
export function socketUnit({ socketName }: UnitInput): string {
  return `${WRITTEN}
[Unit]
Description=Socket of the fob agent

[Socket]
ListenStream=%t/fob/${socketName}
SocketMode=0600
DirectoryMode=0700
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
`;
}

/**
 * The unit of the agent (systemd.service(5)). It starts without a key, and ends when the vault is
 * locked; the next client starts it again, thirty times in ten seconds at most.
 */
export function serviceUnit({
  program,
  socketName,
  socketUnit: requires,
  nodeOptions,
}: UnitInput): string {
  // those of the manager count no more; systemd would unset a variable that is set here, too
  const [unset, set] =
    nodeOptions === ""
      ? [" NODE_OPTIONS", ""]
      : ["", `\nEnvironment="NODE_OPTIONS=${nodeOptions}"`];
  return `${WRITTEN}
[Unit]
Description=fob agent
Requires=${requires}
StartLimitIntervalSec=10
StartLimitBurst=30

[Service]
Type=exec
ExecStart=${commandLine(program)}
Environment=FOB_AGENT_SOCK=%t/fob/${socketName}
UnsetEnvironment=FOB_PIN FOB_PIN_FILE FOB_GRANT FOB_DEBUG${unset}${set}
WorkingDirectory=/
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
`;
}

function commandLine([path, ...args]: Program): string {
  // in the path itself, no variable is replaced
  return [quote(path), ...args.map((arg) => quote(arg).replaceAll("$", "$$$$"))].join(" ");
}

/**
 * A word for ExecStart (systemd.service(5), Command lines; systemd.syntax(7), Quoting). Throws
 * FobError `usage` for a path that no unit can hold.
 */
function quote(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no line of a unit has them
  if (/[\u0000-\u001f\u007f]/.test(word))
    throw new FobError("usage", t`${word} cannot be a path in a unit of systemd`);
  return `"${word.replaceAll("%", "%%").replace(/["\\]/g, "\\$&")}"`;
}
