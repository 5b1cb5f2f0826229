import type { AgentControl, AgentOptions } from "#agent/client/control.ts";
import type { CommandInput } from "#agent/protocol/command-protocol.ts";
import type { FobError } from "#base/fob-error.ts";
import type { HttpClient } from "#base/http-client.ts";
import type { Look } from "#base/long-work.ts";
import type { Style } from "#cli/output/style.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import type { Screen } from "#cli/screen/screen.ts";
import type { Settings } from "#cli/settings/settings.ts";
import type { PushInbox } from "#push/inbox/inbox.ts";
import type { Notifier } from "#push/notifier.ts";
import type { RunGit } from "#sync/git/git-program.ts";
import type { Right } from "#token/grant.ts";
import type { OpenedVault } from "#vault/keys/open.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { Processes } from "#vault/tokens/batch.ts";
import type { Vault } from "#vault/vault.ts";
import type { Check } from "./check.ts";
import type { Clipboard } from "./clipboard.ts";
import type { Globals } from "./globals.ts";
import type { Links } from "./links.ts";
import type { LoginService } from "./login-service.ts";
import type { Sensor } from "./sensor.ts";

/** Work whose progress a person can watch. */
export interface Progress {
  /** One more step of the total is done. */
  step(): void;
  /**
   * The work has ended, successfully or not, or a question interrupts it. Removes the display,
   * until another step is done.
   */
  end(): void;
}

/** A program that fob runs as its child. */
export interface ChildProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Environment variables in addition to ours. */
  readonly env: Readonly<Record<string, string>>;
  /** Its standard input; null for ours. */
  readonly input: string | Buffer | null;
}

/** The machine that fob runs on. */
export interface Machine {
  /** Checks which facilities of the machine fob can use. */
  check(): Promise<readonly Check[]>;
  /**
   * Files and folders at and below `folder` that other users than their owner can read or write.
   */
  openToOthers(folder: string): readonly string[];
  closeToOthers(paths: readonly string[]): void;
  /** The owner of a home, null where there is none, and what in it belongs to other users. */
  ownershipOf(home: string): {
    readonly owner: number | null;
    readonly isUsable: boolean;
    readonly foreign: readonly { readonly path: string; readonly owner: number }[];
  };
}

/** Adds a line to a file, with the time in front. A failed write is ignored. */
export type Trace = (line: string) => void;

/**
 * The answer of a program: its exit code, null when it was ended by a signal, and the first line of
 * its output.
 */
export interface ProgramAnswer {
  readonly exitCode: number | null;
  readonly line: string;
}

/**
 * Runs the program at this path, or with this name in PATH, without arguments and without a shell,
 * and gives it the question on standard input; `signal` ends it. `remark` is called with each line
 * of its standard error, which is otherwise that of fob. Rejects with FobError `unavailable` when
 * it cannot be started.
 */
export type AskProgram = (
  path: string,
  question: {
    readonly input: string;
    readonly signal: AbortSignal;
    readonly remark?: ((line: string) => void) | null;
  },
) => Promise<ProgramAnswer>;

/** The program that has started `fob askpass`, and the one that answers what fob does not. */
export interface Askpass {
  /** What the program wants: an answer, yes or no, or nothing but that the prompt is shown. */
  readonly kind: "answer" | "confirm" | "none";
  /** Asks a program. Throws FobError `unavailable`, or `denied` when it gives no answer. */
  askNext(program: string, prompt: string): Promise<string>;
}

/** The store of `pass` or `gopass`, which a program of theirs opens. */
export interface PasswordStore {
  readonly program: "pass" | "gopass";
  /** The names of all entries. */
  readonly names: readonly string[];
  /** What an entry holds, or null where the program does not show it. */
  show(name: string): Promise<Buffer | null>;
}

/** A terminal that pictures are drawn on; infinitely large where it does not tell its size. */
export interface Canvas {
  readonly hasColor: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** A new file, readable only by its owner. */
export interface SecretFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Provides a delegated command with its input, where that is not standard input. */
export interface DelegationMeans {
  readInput(): Promise<string>;
}

/** The vault, and its tokens. */
interface VaultContext {
  readonly access: VaultAccess;
  /**
   * The open vault, or null when there is none yet. Throws FobError `denied` for a script that has
   * only a grant.
   */
  findVault(): Promise<Vault | null>;
  /**
   * The tokens that may be used: those of the script's grant, else those of the vault, which an
   * agent may hold open. Null when there is no vault yet. Throws FobError `denied` when the grant
   * does not include `right`; a null `right` means listing tokens.
   */
  findTokens(right: Right | null): Promise<Authenticator | null>;
  /**
   * The login requests of the script's grant, else those of the vault, which an agent may hold
   * open. Null when there is no vault yet. Throws as {@link findTokens} does.
   */
  findPush(): Promise<PushInbox | null>;
  /**
   * The open vault with its header and the key or PIN that opened it, to change its PIN or key.
   * With `byPin`, no fingerprint or face replaces the PIN. Null when there is none yet. Throws as
   * {@link findVault} does.
   */
  openToChange(how: { readonly byPin: boolean }): Promise<OpenedVault | null>;
  /** The open vault; it is created if there is none yet. */
  ensureVault(): Promise<Vault>;
  /**
   * Deletes removed tokens for good when their time is over, if this command has opened the vault.
   * Returns a remark when that failed: the command itself has succeeded.
   */
  emptyTrash(): Promise<string | null>;
  /**
   * The recovery code of the vault that this run has created, for its JSON result. Call it after
   * everything else. Null when no vault was created, when it has no recovery code, or when a person
   * has seen the code.
   */
  newRecoveryCode(): string | null;
}

/** The agent: the process that may hold the vault open. */
interface AgentContext {
  agent(): Promise<AgentControl>;
  /**
   * Makes this process the agent at the socket that systemd has passed to it. `open` opens the
   * vault when it is needed. Throws FobError `usage` where no socket was passed; never resolves.
   */
  serveAgent(options: AgentOptions): Promise<never>;
  /**
   * Runs a command in the agent that holds the vault open, and returns its result. Null when the
   * command must run in this process: without an agent, with a grant, or for a vault that opens
   * without a PIN.
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
  /** As {@link Globals.pinentry}. */
  readonly pinentry: Globals["pinentry"];
  /** {@link pinPrompt} that asks through `asking`, for a command that draws on the terminal. */
  pinPromptOn(asking: Pick<Prompt, "confirm" | "secret" | "wait">): PinPrompt;
  /** The fingerprint or face reader. */
  readonly sensor: Sensor;
}

/** Time, the processes of this machine, and the signals that may end this one. */
interface ProcessContext {
  /** The time now. */
  clock(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** The processes of this machine. */
  readonly processes: Processes;
  /** Called between two steps of long work, so that signals are handled. */
  readonly look: Look;
  /**
   * Does work that a signal may stop between its steps: `work` calls the function that it gets.
   * After a signal that function rejects with FobError `interrupted` and the message `undone`. Work
   * that completes in spite of the signal returns its result.
   */
  doLongWork<T>(undone: string, work: (look: Look) => Promise<T>): Promise<T>;
  /**
   * Resolves when the process is asked to end (SIGTERM), or after `limit` milliseconds unless that
   * is null. Ctrl-C ends the process at once.
   */
  untilTerminated(limit: number | null): Promise<void>;
  /**
   * Parses foreign input. During `work` a signal ends the process at once, even in the middle of a
   * computation; so `work` must not begin anything that must be undone. For questions to a person
   * within it, use {@link hearSignals}.
   */
  endAtSignals<T>(work: () => T | Promise<T>): Promise<T>;
  /** Handles signals in the usual way for a question within {@link endAtSignals}. */
  hearSignals<T>(work: () => Promise<T>): Promise<T>;
}

/** Foreign input: standard input, files, pictures, the screen, the network. */
interface ForeignContext {
  /** All of standard input as text. Throws FobError `invalid` when it is too large. */
  readInput(): Promise<string>;
  /** Whether there is a file of this name. */
  fileExists(path: string): Promise<boolean>;
  /** The bytes of a foreign file, at most `limit` of them. */
  readFile(path: string, limit: number): Promise<Buffer>;
  /** The texts of the QR codes in a picture; `source` names it in messages. */
  readQrCodes(picture: Buffer, source: string): Promise<string[]>;
  /** The texts of the QR codes in a picture file. */
  readPicture(path: string): Promise<string[]>;
  /**
   * Screenshots of all displays, as picture files. Throws FobError `unavailable` when none can be
   * taken.
   */
  takeScreenshot(): Promise<readonly Buffer[]>;
  /** The network. */
  readonly http: HttpClient;
}

/** New files that a person asked for. */
interface FileContext {
  /**
   * Writes a new file, readable only by its owner. Throws FobError `usage` when the file exists.
   */
  writeSecretFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Writes several such files: all of them, or none. */
  writeSecretFiles(files: readonly SecretFile[]): Promise<void>;
  /**
   * Starts a new file, readable only by its owner, for lines that are written one by one. Throws
   * FobError `usage` when the file exists.
   */
  startTrace(path: string): Trace;
}

/** Output while a command runs, and the screen. */
interface OutputContext {
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Whether `--json` was given. */
  readonly isJson: boolean;
  /**
   * Where pictures can be drawn with characters on standard output: `none` when it is not a
   * terminal, or is read aloud.
   */
  readonly pictures: "none" | Canvas;
  /**
   * Shows the progress of `total` steps on standard error, if it is a terminal; `--quiet` turns it
   * off.
   */
  progress(total: number, what: string): Progress;
  /**
   * Takes the terminal to draw on. Null when that is not wanted or not possible: no terminal,
   * --json, --plain, TERM=dumb.
   */
  openScreen(): Promise<Screen | null>;
  /**
   * Writes a line to standard output at once, for results that keep coming: `text`, or with --json
   * `json` as an object on one line. False when the reader has closed the pipe.
   */
  emit(line: { text(style: Style): string; readonly json: unknown }): Promise<boolean>;
  /**
   * Shows a text that is longer than the terminal through the person's pager. False where nobody
   * would turn the pages, it fits, or no pager is wanted: then it has not been shown.
   */
  page(text: string): Promise<boolean>;
  /** Writes a remark to standard error at once; `--quiet` turns it off. */
  tell(text: string): void;
  /** Writes an error to standard error at once, while the command goes on. */
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
   * Throws the error of `runProgram` if the program certainly does not exist, so that no passcode
   * is used up for it.
   */
  checkProgram(command: string): Promise<void>;
  readonly askProgram: AskProgram;
  /**
   * Lets the person edit a text of at most `limit` bytes in their editor, in a file that is wiped
   * afterwards. Throws FobError `unavailable` when the editor fails.
   */
  editText(text: string, limit: number): Promise<string>;
  /** Wipes the files of {@link editText} that processes have left that were killed. */
  wipeLeftEdits(): Promise<void>;
  askpass(): Promise<Askpass>;
  /** The system's service that starts the agent of this vault. */
  loginService(): Promise<LoginService>;
  /** Links of other programs, and which programs open them. */
  links(): Promise<Links>;
  /** The functions that `fob shellenv` prints for a shell. */
  shellFunctions(shell: string): Promise<string>;
  /** The user's git, which may ask for passwords where fob may. */
  readonly git: RunGit;
  /**
   * The password store in a folder, or the usual one. Throws FobError `usage` where there is none,
   * `unavailable` without a program that opens it.
   */
  passwordStore(folder: string | null): Promise<PasswordStore>;
}

/**
 * Everything that commands can use, loaded at first use. A command names the members that it needs,
 * so that a test can provide just those.
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
 * The context of commands that an agent can run, too: an agent has neither the terminal nor the
 * files of its client.
 */
export type HouseContext = Pick<VaultContext, "findVault" | "ensureVault"> &
  Pick<QuestionContext, "prompt" | "pinPrompt"> &
  Pick<ProcessContext, "clock" | "sleep" | "processes" | "look" | "doLongWork"> &
  Pick<ForeignContext, "readInput"> &
  Pick<OutputContext, "progress" | "tell">;
