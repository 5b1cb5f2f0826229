/**
 * The global options as the command line gives them; `color` and `input` are true unless `--no-...`
 * was given.
 */
export interface GlobalFlags {
  readonly home?: string;
  readonly keychain?: string;
  readonly pinFile?: string;
  readonly pinFd?: string;
  readonly input?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color?: boolean;
  readonly plain?: boolean;
  readonly pinentry?: boolean;
}
