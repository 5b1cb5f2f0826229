/** What a run of the program gets from its process: tests give it another one. */
export interface Host {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  /** The program takes its secrets out of it. */
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}
