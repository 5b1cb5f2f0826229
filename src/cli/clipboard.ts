/** The clipboard, as far as commands need it. */
export interface Clipboard {
  /** Puts `text` on the clipboard. Throws FobError `unavailable` with a hint what to install. */
  copy(text: string): Promise<ClipboardKeeper>;

  /** What somebody copied. Throws FobError `unavailable` when the clipboard cannot be reached. */
  paste(): Promise<Pasted>;

  /**
   * Leaves a process behind that clears the clipboard after `seconds`, unless it holds something
   * else by then. The text reaches that process on its standard input, never in argv or
   * environment.
   */
  clearLater(
    text: string,
    seconds: number,
    keeper: Exclude<ClipboardKeeper, "terminal">,
  ): Promise<void>;
}

/**
 * Who keeps what was copied. Desktop and tmux can be asked what they hold and told to forget it. A
 * terminal far away can only be told to take something, by whoever writes to it.
 */
export type ClipboardKeeper = "desktop" | "tmux" | "terminal";

/** What is on a clipboard: often a text and a picture of it at once. */
export interface Pasted {
  /** Empty when there is none. */
  readonly text: string;
  /** A picture file. */
  readonly picture: Buffer | null;
}
