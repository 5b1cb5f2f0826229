import type { AgentControl } from "#agent/client/control.ts";
import type { CommandInput } from "#agent/protocol/command-protocol.ts";
import type { FobError } from "#base/fob-error.ts";
import type { HttpClient } from "#base/http-client.ts";
import type { Look } from "#base/long-work.ts";
import type { Style } from "#cli/output/style.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import type { TerminalScreen } from "#cli/screen/terminal-screen.ts";
import type { Settings } from "#cli/settings/settings.ts";
import type { PushInbox } from "#push/inbox/inbox.ts";
import type { Notifier } from "#push/notifier.ts";
import type { Right } from "#token/grant.ts";
import type { OpenedVault } from "#vault/keys/open.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { Processes } from "#vault/tokens/batch.ts";
import type { Vault } from "#vault/vault.ts";
import type { Check } from "./check.ts";
import type { Clipboard } from "./clipboard.ts";
import type { Sensor } from "./sensor.ts";

/** Work whose progress a person can watch. */
export interface Progress {
  /** One more of the total is done. */
  step(): void;
  /** All is done, or given up. */
  end(): void;
}

/** A program to run in fob's place. */
export interface ChildProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** What its environment has besides ours. */
  readonly env: Readonly<Record<string, string>>;
  /** Its standard input; null for ours. */
  readonly input: string | null;
}

/** The machine that fob runs on. */
export interface Machine {
  /** What it has of all that fob can use. */
  check(): Promise<readonly Check[]>;
  /**
   * Files and folders below `folder`, and itself, that others than their owner can read or write.
   */
  openToOthers(folder: string): readonly string[];
  closeToOthers(paths: readonly string[]): void;
}

/** Adds a line to a file, with the time in front. A failed write is ignored. */
export type Trace = (line: string) => void;

/**
 * How a program answered: its exit code, null when it was ended, and the first line that it
 * printed.
 */
export interface ProgramAnswer {
  readonly exitCode: number | null;
  readonly line: string;
}

/**
 * Asks the program at this path, or of this name in PATH, by its standard input, without arguments
 * and without a shell; `signal` ends it. Rejects with FobError `unavailable` when it cannot be
 * started.
 */
export type AskProgram = (
  path: string,
  question: { readonly input: string; readonly signal: AbortSignal },
) => Promise<ProgramAnswer>;

/** A new file that only its owner can read. */
export interface SecretFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A terminal that is drawn on, and how it shows text. */
export interface Screen {
  readonly terminal: TerminalScreen;
  readonly style: Style;
}

/** How an agent is given what a command reads, where that is not standard input. */
export interface DelegationMeans {
  readInput(): Promise<string>;
}

/** The vault, and its tokens. */
interface VaultContext {
  readonly access: VaultAccess;
  /**
   * The open vault, or null when there is none yet. Throws FobError `denied` for a script that has
   * a grant and no more.
   */
  findVault(): Promise<Vault | null>;
  /**
   * The tokens that may be used: of the grant that a script has, or of the vault, which an agent
   * may hold open. Null when there is no vault yet. Throws FobError `denied` for a grant that does
   * not carry the right, which is null for looking at tokens.
   */
  findTokens(right: Right | null): Promise<Authenticator | null>;
  /**
   * Where login requests come in and are answered: for the tokens of the grant that a script has,
   * or of the vault, which an agent may hold open. Null when there is no vault yet. Throws as
   * {@link findTokens} does.
   */
  findPush(): Promise<PushInbox | null>;
  /**
   * The open vault, what has opened it, and its header, for whoever changes its PIN or key; with
   * `byPin` no finger or face stands for the PIN. Null when there is none yet. Throws as
   * {@link findVault} does.
   */
  openToChange(how: { readonly byPin: boolean }): Promise<OpenedVault | null>;
  /** The open vault, created if there is none yet. */
  ensureVault(): Promise<Vault>;
  /**
   * Lets removed tokens go whose time is over, in the vault that the command has opened, if any.
   * Returns what to tell the person where that failed: the command is done all the same.
   */
  emptyTrash(): Promise<string | null>;
  /**
   * The recovery code of the vault that this run has made, for its result in JSON, to be asked for
   * when all else is done; null where no vault was made, it needs none, or a person has seen it.
   */
  newRecoveryCode(): string | null;
}

/** The agent: the process that may hold the vault open. */
interface AgentContext {
  agent(): Promise<AgentControl>;
  /**
   * Has the agent that holds the vault carry a command out, and returns its result. Null where the
   * command is to be run here: no agent, a grant, or a vault that opens without a PIN.
   */
  delegate(
    command: string,
    input: CommandInput,
    means?: DelegationMeans,
  ): Promise<{ readonly result: unknown } | null>;
}

/** Questions to a person. */
interface QuestionContext {
  readonly prompt: Prompt;
  readonly pinPrompt: PinPrompt;
  /**
   * {@link pinPrompt} for somebody who draws on the terminal and puts questions there in their own
   * way.
   */
  pinPromptOn(asking: Pick<Prompt, "secret" | "wait">): PinPrompt;
  /** The reader of fingers and faces. */
  readonly sensor: Sensor;
}

/** Time, the processes of this machine, and the signals that may end this one. */
interface ProcessContext {
  /** The time now. */
  clock(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** The processes of this machine. */
  readonly processes: Processes;
  /** Called between two steps of work that takes long: lets a signal have its effect. */
  readonly look: Look;
  /**
   * Does work that a signal may stop between its steps, where it calls the function that it gets.
   * It rejects with FobError `interrupted` and the message `undone` then; work that is done all the
   * same is told.
   */
  doLongWork<T>(undone: string, work: (look: Look) => Promise<T>): Promise<T>;
  /**
   * Resolves when the process is asked to end (SIGTERM), or after `limit` milliseconds unless that
   * is null. Ctrl-C is not waited for: it ends the process at once.
   */
  untilTerminated(limit: number | null): Promise<void>;
  /**
   * Reads what others wrote, while nothing is begun that would have to be undone: a signal then
   * ends the process at once, however long it computes. Not for questions to a person, which
   * {@link hearSignals} is for.
   */
  endAtSignals<T>(work: () => T | Promise<T>): Promise<T>;
  /** Asks a person something in the middle of {@link endAtSignals}. */
  hearSignals<T>(work: () => Promise<T>): Promise<T>;
}

/** What others made: standard input, files, pictures, the screen, the network. */
interface ForeignContext {
  /**
   * All of standard input as text. Throws FobError `invalid` when it is larger than any enrollment
   * list.
   */
  readInput(): Promise<string>;
  /** Whether there is a file of this name. */
  fileExists(path: string): Promise<boolean>;
  /** The bytes of a file that somebody else made, at most `limit` of them. */
  readFile(path: string, limit: number): Promise<Buffer>;
  /** The texts of the QR codes in a picture; `source` names it in messages. */
  readQrCodes(picture: Buffer, source: string): Promise<string[]>;
  /** The texts of the QR codes in a picture file. */
  readPicture(path: string): Promise<string[]>;
  /** The picture files of all displays. Throws FobError `unavailable` where none can be taken. */
  takeScreenshot(): Promise<readonly Buffer[]>;
  /** The network. */
  readonly http: HttpClient;
}

/** Files that fob writes for its user. */
interface FileContext {
  /**
   * Writes a new file that only its owner can read. Throws FobError `usage` when there is one
   * already.
   */
  writeSecretFile(path: string, bytes: Uint8Array): Promise<void>;
  /** The same for several files: all of them are written, or none. */
  writeSecretFiles(files: readonly SecretFile[]): Promise<void>;
  /**
   * Starts a new file that only its owner can read, line by line. Throws FobError `usage` when
   * there is one already.
   */
  startTrace(path: string): Trace;
}

/** What is printed while a command runs, and the screen. */
interface OutputContext {
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
  /** Whether `--json` was given. */
  readonly isJson: boolean;
  /**
   * How pictures can be drawn in characters on standard output; none where it is no terminal, or
   * is read out.
   */
  readonly pictures: "none" | "uncolored" | "colored";
  /** Shows how much of `total` is done, on a terminal's standard error; `--quiet` silences it. */
  progress(total: number, what: string): Progress;
  /**
   * Takes the terminal to draw on. Null where that is not wanted or not possible: no terminal,
   * --json, --plain, TERM=dumb.
   */
  openScreen(): Promise<Screen | null>;
  /**
   * Writes a line to standard output at once, for results that go on: `text`, or with --json `json`
   * as an object in one line. False when nobody reads any more.
   */
  emit(line: { text(style: Style): string; readonly json: unknown }): Promise<boolean>;
  /** Tells the person something at once, on standard error; `--quiet` silences it. */
  tell(text: string): void;
  /** Says at once, on standard error, what failed while the rest goes on. */
  complain(failure: FobError): void;
}

/** Other programs of this machine, and its desktop. */
interface MachineContext {
  readonly machine: Machine;
  readonly clipboard: Clipboard;
  /** The notifications of the desktop. */
  readonly notifier: Notifier;
  /**
   * Runs a program with our terminal and streams, and returns its exit code. Throws FobError with
   * exit code 127 or 126 when it cannot be started.
   */
  runProgram(program: ChildProgram): Promise<number>;
  /**
   * Throws what `runProgram` would where it is certain that there is no such program: a passcode
   * for it would be used up for nothing.
   */
  checkProgram(command: string): Promise<void>;
  readonly askProgram: AskProgram;
  /** The functions that `fob shellenv` prints for a shell. */
  shellFunctions(shell: string): Promise<string>;
}

/**
 * All that commands can reach. Everything in it is loaded when it is first used. A command takes
 * the members that it names, and no more, so that a test can make them.
 */
export interface Context
  extends VaultContext,
    AgentContext,
    QuestionContext,
    ProcessContext,
    ForeignContext,
    FileContext,
    OutputContext,
    MachineContext {
  readonly settings: Settings;
}

/**
 * What commands that keep house may need: an agent, which has neither the terminal nor the files of
 * its client, has this, too.
 */
export type HouseContext = Pick<VaultContext, "findVault" | "ensureVault"> &
  Pick<QuestionContext, "prompt" | "pinPrompt"> &
  Pick<ProcessContext, "clock" | "sleep" | "processes" | "look" | "doLongWork"> &
  Pick<ForeignContext, "readInput"> &
  Pick<OutputContext, "tell">;
