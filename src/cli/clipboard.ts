/** The clipboard, as far as commands need it. */
export interface Clipboard {
  /** Puts `text` on the clipboard. Throws FobError `unavailable` with a hint what to install. */
  copy(text: string): Promise<void>;

  /**
   * Leaves a process behind that clears the clipboard after `seconds`, unless it holds something else by then. The text reaches that
   * process on its standard input, never in argv or environment.
   */
  clearLater(text: string, seconds: number): Promise<void>;
}
