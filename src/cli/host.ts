/** The parts of the process that a run of the program uses. Tests provide their own. */
export interface Host {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  /** The program deletes secrets from it. */
  readonly env: NodeJS.ProcessEnv;
  /** The standard input of this process has the descriptor 0. */
  readonly stdin: NodeJS.ReadStream & { readonly fd?: number };
  /** Whether standard input is a terminal, where that is known before the stream is opened. */
  readonly isInputTerminal?: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Whether standard input belongs to the program that has started this one. */
  readonly hasForeignInput?: boolean;
}
