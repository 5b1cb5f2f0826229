/** A notification of the desktop. Its texts are plain, and safe to show. */
export interface Notice {
  readonly title: string;
  readonly body: string;
}

/** A button of a notification. `id` is what {@link Notifier.ask} returns for it. */
export interface NoticeAction {
  readonly id: string;
  readonly label: string;
}

/** A question with two buttons. Whatever the desktop adds for "neither" is its own. */
export interface NoticeQuestion extends Notice {
  readonly actions: readonly [NoticeAction, NoticeAction];
}

/** How long a question is worth an answer. */
export interface Patience {
  readonly signal: AbortSignal;
  /** In milliseconds. */
  readonly timeout: number;
}

/** The notifications of a desktop. */
export interface Notifier {
  /** What shows them, in words. Throws FobError `unavailable` with a hint when nothing does. */
  describe(): Promise<string>;

  /**
   * Shows a notice, and waits for nobody. Throws FobError `unavailable` as {@link describe} does.
   */
  tell(notice: Notice): Promise<void>;

  /**
   * Shows a question until it is answered or dismissed, or its time is over. Resolves with the id
   * of the button that was pressed, or null for none: never with a guess. Throws FobError
   * `unavailable` when nothing shows it, or what does has no buttons.
   */
  ask(question: NoticeQuestion, patience: Patience): Promise<string | null>;
}
