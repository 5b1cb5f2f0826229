/** The texts of a push request, and its mode. */
export interface PushWording {
  readonly title: string;
  readonly question: string;
  readonly mode: "plain" | "number-matching" | "code-to-phone";
}

/** The default texts. */
export const LOGIN_WORDING: PushWording = {
  title: "fob lab",
  question: "Do you want to log in at the lab?",
  mode: "plain",
};
