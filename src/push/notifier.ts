/** A desktop notification. Its texts are plain and safe to show. */
export interface Notice {
  readonly title: string;
  readonly body: string;
  /** Whether it is shown now and kept in no list of past notifications, where the desktop can. */
  readonly isPassing?: boolean;
}

/** A button of a notification. `id` is what {@link Notifier.ask} returns for it. */
export interface NoticeAction {
  readonly id: string;
  readonly label: string;
}

/**
 * A question with two buttons, or more where the system shows more; they come after the first two.
 * The desktop may add one to dismiss it.
 */
export interface NoticeQuestion extends Notice {
  readonly actions: readonly [NoticeAction, NoticeAction, ...NoticeAction[]];
}

/** How long to wait for an answer. */
export interface Patience {
  readonly signal: AbortSignal;
  /** In milliseconds. */
  readonly timeout: number;
}

/** Shows notifications of the desktop. */
export interface Notifier {
  /**
   * Describes the notification service. Throws FobError `unavailable` with a hint when there is
   * none.
   */
  describe(): Promise<string>;

  /**
   * Shows a notice, without waiting for a person. Throws FobError `unavailable` as {@link describe}
   * does.
   */
  tell(notice: Notice): Promise<void>;

  /**
   * Shows a question until it is answered or dismissed, or the time is over. Resolves with the id
   * of the pressed button, or null for none. Throws FobError `unavailable` when there is no
   * notification service, or it has no buttons.
   */
  ask(question: NoticeQuestion, patience: Patience): Promise<string | null>;
}
