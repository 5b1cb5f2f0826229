/** What a push request says and wants, besides the approval. */
export interface PushWording {
  readonly title: string;
  readonly question: string;
  readonly mode: "plain" | "number-matching" | "code-to-phone";
}

/** What the lab says unless it is told otherwise. */
export const LOGIN_WORDING: PushWording = {
  title: "fob lab",
  question: "Do you want to log in at the lab?",
  mode: "plain",
};
