/** The clipboard, as far as commands need it. */
export interface Clipboard {
  /** Puts `text` on the clipboard. Throws FobError `unavailable` with a hint what to install. */
  copy(text: string): Promise<void>;

  /** What somebody copied. Throws FobError `unavailable` when the clipboard cannot be reached. */
  paste(): Promise<Pasted>;

  /**
   * Leaves a process behind that clears the clipboard after `seconds`, unless it holds something else by then. The text reaches that
   * process on its standard input, never in argv or environment.
   */
  clearLater(text: string, seconds: number): Promise<void>;
}

/** What is on a clipboard: often a text and a picture of it at once. */
export interface Pasted {
  /** Empty when there is none. */
  readonly text: string;
  /** A picture file. */
  readonly picture: Buffer | null;
}
