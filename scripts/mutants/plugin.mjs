// What Stryker has to be told about our code: which mutants say nothing, and which ones are in the
// sample. It is loaded by Stryker (scripts/mutants.mjs), in the process that makes the mutants and
// in the one that checks them.
import { createHash } from "node:crypto";

/** Functions of src/base/language.ts whose arguments are texts for people. */
const TELLERS = new Set(["t", "plural", "translated"]);

/** Types of src/base/language.ts for texts for people in constants. */
const TEXTS = new Set(["Text", "Texts"]);

/**
 * @typedef {{ id: string, fileName: string, mutatorName: string, replacement: string, static?:
 *   boolean, coveredBy?: string[], location: { start: { line: number, column: number } } }} Mutant
 */

export const strykerPlugins = [
  { kind: "Ignore", name: "texts", value: { shouldIgnore } },
  { kind: "Checker", name: "sample", factory: Object.assign(makeSample, { inject: ["options"] }) },
  {
    kind: "Reporter",
    name: "survivors",
    factory: Object.assign(() => ({ onMutantTested }), { inject: [] }),
  },
];

/** What its own section of Stryker's configuration may hold. */
export const strykerValidationSchema = {
  properties: {
    sample: { type: "object", properties: { count: { type: "number" }, seed: { type: "string" } } },
  },
};

/**
 * Why the mutants of a syntax node and of what it contains are left out, or undefined: the wording
 * of a message is no behaviour.
 * @param {{ node: any }} path Babel's
 */
function shouldIgnore({ node }) {
  const called =
    node.type === "TaggedTemplateExpression"
      ? node.tag
      : node.type === "CallExpression" && node.callee;
  const declared =
    node.type === "VariableDeclarator" && node.id.typeAnnotation?.typeAnnotation?.typeName;
  return TELLERS.has(called?.name) || TEXTS.has(declared?.name) ? "a text for people" : undefined;
}

/**
 * Keeps as many mutants as the sample is to have, always the same ones for a seed; the others count
 * as not valid. Those that no test reaches cost nothing and are all kept.
 * @param {{ sample: { count: number, seed: string } }} options
 */
function makeSample({ sample: { count, seed } }) {
  /** @type {Set<string>} */
  const chosen = new Set();
  return {
    async init() {},
    /** @param {Mutant[]} mutants */
    async group(mutants) {
      const reached = mutants.filter((mutant) => mutant.static || mutant.coveredBy?.length !== 0);
      const places = reached.map((mutant) => ({ id: mutant.id, place: placeOf(mutant, seed) }));
      places.sort((one, other) => (one.place < other.place ? -1 : 1));
      for (const { id } of places.slice(0, count)) chosen.add(id);
      for (const { id } of mutants.filter((mutant) => !reached.includes(mutant))) chosen.add(id);
      return [mutants.map(({ id }) => id)];
    },
    /** @param {Mutant[]} mutants */
    async check(mutants) {
      return Object.fromEntries(
        mutants.map(({ id }) => [
          id,
          chosen.has(id) ? { status: "passed" } : { status: "compileError", reason: "" },
        ]),
      );
    },
  };
}

/**
 * Shows what survives as soon as it has, because a room may take hours.
 * @param {Mutant & { status: string }} mutant
 */
function onMutantTested({ status, fileName, location, mutatorName, replacement }) {
  if (status !== "Survived") return;
  const { line, column } = location.start;
  const shown = replacement.replace(/\s+/g, " ").slice(0, 120);
  console.log(`${status} src/${inSource(fileName)}:${line}:${column} ${mutatorName}: => ${shown}`);
}

/**
 * A file's path within `src/`: the same in every clone.
 * @param {string} fileName
 */
function inSource(fileName) {
  return fileName.replaceAll("\\", "/").replace(/^.*\/src\//, "");
}

/**
 * Where a mutant stands in the lot of this seed.
 * @param {Mutant} mutant @param {string} seed
 */
function placeOf({ fileName, mutatorName, replacement, location }, seed) {
  const { line, column } = location.start;
  const place = [seed, inSource(fileName), line, column, mutatorName, replacement];
  return createHash("sha256").update(place.join("\0")).digest("hex");
}
