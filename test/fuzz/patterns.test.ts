import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));

/**
 * As long as an enrollment string may be, in characters. What is quadratic takes many seconds for
 * it.
 */
const LENGTH = 64 * 1024;

/**
 * The length of the text that is tried first, and the most that it may take alone, in milliseconds.
 * If the time grows with the square of the length, a text of LENGTH that takes longer than MAX_MS
 * takes four times as long as this here.
 */
const FIRST = { length: LENGTH / 8, maxMs: 2 };

/**
 * What one pattern may take for one text, in milliseconds of processor time, on a machine that has
 * other things to do.
 */
const MAX_MS = 500;

interface Pattern {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression in the sources. */
function patterns(): Pattern[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const found: Pattern[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf("/");
        found.push({ file, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
      }
      ts.forEachChild(node, visit);
    };
    visit(
      ts.createSourceFile(
        file,
        readFileSync(join(SOURCES, file), "utf8"),
        ts.ScriptTarget.Latest,
        true,
      ),
    );
    return found;
  });
}

/**
 * Texts that hurt a pattern which can match one thing in many ways: long runs of what it knows, and
 * an end that fits nothing.
 */
function* hurtful(source: string): Generator<(length: number) => string> {
  const plain = source.replace(/\\[a-zA-Z]\{?[^}]*\}?|[\^$()?*+|[\]{}.\\]/g, "");
  const units = new Set([
    ...plain,
    ..." \ta0-=/:.,;<>&%\n\\\"'(",
    "ab",
    "<a",
    "a,",
    "a=",
    "&a",
    "<!---->",
    "a ",
    "0:",
  ]);
  const beginnings = new Set(["", plain.slice(0, 4), plain.slice(0, 12), plain]);
  for (const beginning of beginnings) {
    for (const unit of units) {
      for (const end of ["\0", "\u2028"])
        yield (length) => beginning + unit.repeat(length / unit.length) + end;
    }
  }
}

function cost(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe("no pattern takes long for a text that is made to hurt it", () => {
  const found = patterns();

  test("all of them are looked at", () => expect(found.length).toBeGreaterThan(150));

  test.each([
    ...new Map(found.map((one) => [`${one.file} /${one.source}/${one.flags}`, one])).entries(),
  ])(
    "%s",
    {
      timeout: 60_000,
    },
    (_, { source, flags }) => {
      for (const text of hurtful(source)) {
        const pattern = new RegExp(source, flags.replace("y", ""));
        const take = (length: number) => {
          const whole = text(length);
          return cost(() => whole.replace(pattern, ""));
        };
        if (take(FIRST.length) > FIRST.maxMs) expect(take(LENGTH)).toBeLessThan(MAX_MS);
      }
    },
  );

  test.each([String.raw`\s+$`, "[=-]+$"])("%s, which is quadratic, is found out", (source) => {
    const isFoundOut = (text: (length: number) => string) => {
      const [less = 0, more = 0] = [FIRST.length, 4 * FIRST.length].map((length) => {
        const whole = text(length);
        return cost(() => whole.replace(new RegExp(source), ""));
      });
      return less > FIRST.maxMs && more > 8 * less;
    };
    expect([...hurtful(source)].some(isFoundOut)).toBe(true);
  });
});
