import * as v from "valibot";
import { parseJsonOrNull } from "#token/bounded-json.ts";
import { textBeside, textsBeside } from "./app-file.ts";
import { belongingsOf, type LeftBehind } from "./left-behind.ts";

const PARAMETER = "codeDisplay=";

const DisplaySchema = v.object({ note: textBeside, tags: textsBeside });

/** What Ente keeps beside a token: a parameter of its Key URI that only Ente reads. */
export function enteBelongings(uri: string): LeftBehind[] {
  const start = uri.indexOf(PARAMETER);
  if (start === -1) return [];
  const [parameter] = uri.slice(start).split("&", 1);
  const json = new URLSearchParams(parameter).get("codeDisplay") ?? "";
  const display = v.safeParse(DisplaySchema, parseJsonOrNull(json));
  return display.success ? belongingsOf(display.output) : [];
}
