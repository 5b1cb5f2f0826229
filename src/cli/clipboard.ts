/** The clipboard for commands. */
export interface Clipboard {
  /**
   * Puts `text` on the clipboard. Throws FobError `unavailable` with a hint about what to install.
   */
  copy(text: string): Promise<ClipboardKeeper>;

  /**
   * Puts `text` on the desktop's clipboard for one paste. False where the system cannot count
   * pastes; nothing is copied then.
   */
  copyOnce(text: string): Promise<boolean>;

  /**
   * The content of the clipboard. Throws FobError `unavailable` when the clipboard cannot be
   * reached.
   */
  paste(): Promise<Pasted>;

  /**
   * Starts a background process that clears the clipboard after `seconds`, unless it has other
   * content by then. The process gets the text on standard input, never in argv or environment.
   */
  clearLater(
    text: string,
    seconds: number,
    keeper: Exclude<ClipboardKeeper, "terminal">,
  ): Promise<void>;
}

/**
 * Where the copied text is. Desktop and tmux can report and clear their content. A remote terminal
 * can only be sent text, by a process that writes to it.
 */
export type ClipboardKeeper = "desktop" | "tmux" | "terminal";

/** The content of a clipboard: often a text and a picture of the same thing. */
export interface Pasted {
  /** Empty when there is none. */
  readonly text: string;
  /** A picture file. */
  readonly picture: Buffer | null;
}
