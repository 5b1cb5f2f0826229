import * as v from "valibot";
import { parseJsonOrNull } from "#token/bounded-json.ts";
import { markBeside, textBeside, textsBeside } from "./app-file.ts";

const PARAMETER = "codeDisplay=";

const DisplaySchema = v.object({
  note: textBeside,
  tags: textsBeside,
  pinned: markBeside,
  trashed: markBeside,
});

/** What Ente keeps beside a token: a parameter of its Key URI that only Ente reads. */
export function enteDisplay(uri: string): v.InferOutput<typeof DisplaySchema> | null {
  const start = uri.indexOf(PARAMETER);
  if (start === -1) return null;
  const [parameter] = uri.slice(start).split("&", 1);
  const json = new URLSearchParams(parameter).get("codeDisplay") ?? "";
  const display = v.safeParse(DisplaySchema, parseJsonOrNull(json));
  return display.success ? display.output : null;
}
