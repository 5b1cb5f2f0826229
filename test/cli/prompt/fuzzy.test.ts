import { expect, test } from "vitest";
import { bestMatches } from "#cli/prompt/fuzzy.ts";

const find = (typed: string) =>
  bestMatches(typed, ["Other hub", "GitHub", "hub", "Bank"], (name) => name);

test("what begins with the typed text comes before what holds it, and that before what holds its letters", () => {
  expect(find("hub")).toEqual(["hub", "Other hub", "GitHub"]);
  expect(find("GH")).toEqual(["GitHub"]);
  expect(find("oub")).toEqual(["Other hub"]);
});

test("nothing typed finds everything, and what nobody is called finds nothing", () => {
  expect(find(" ")).toEqual(["Other hub", "GitHub", "hub", "Bank"]);
  expect(find("xyz")).toEqual([]);
});
