// The rows of the bench that are a ratio of two commands, each with its goal. A row of several
// command lines is as slow as the slowest of them.

/** @typedef {Awaited<ReturnType<typeof import("./homes.mjs").makeHomes>>} Homes */
/** @typedef {Homes["few"]} Home */
/** @typedef {import("./timing.mjs").Timed} Timed */
/**
 * @typedef {{ row: string, timed: readonly Timed[], against: Timed, goal: number | null,
 *   most?: number }} Row
 */

/** The spellings of a name, as people type them. @param {Home} home */
const spellings = ({ named, id }) => [
  [named.toLowerCase()],
  ["gith"],
  ["tHub"],
  [`${named.toLowerCase()}:user`],
  [id],
];

/** What scripts add. @param {Home} home */
const additions = ({ named, timeBased }) => [
  [named, timeBased],
  [named, "--json"],
  [named, "--format", "{code} {secondsLeft}"],
  [named, "--next"],
  [named, "--at", "+5m"],
];

/** The rows that every Node is measured in. @param {Homes} homes @returns {readonly Row[]} */
export function rowsOf(homes) {
  const { few, hundred, thousand, many, tagged, agent, held } = homes;
  const node = few.bare();
  const exact = few.timed("code", few.named);
  /** @param {Home} home @param {readonly (readonly string[])[]} lines */
  const codes = (home, lines) => lines.map((words) => home.timed("code", ...words));
  return [
    { row: "`node -e 0` against itself", timed: [node], against: node, goal: null },
    {
      row: "its floor: the same reads and cryptography, and nothing else",
      timed: [few.floor()],
      against: node,
      goal: null,
    },
    { row: "`code NAME`", timed: [exact], against: node, goal: 1.25 },
    {
      row: "any spelling (case, prefix, part, issuer:account, id)",
      timed: codes(few, spellings(few)),
      against: node,
      goal: 1.3,
    },
    {
      row: "two names, `--json`, `--format`, `--next`, `--at`",
      timed: codes(few, additions(few)),
      against: node,
      goal: 1.3,
    },
    {
      row: "through the agent, exact and another spelling",
      timed: codes(agent, [[agent.named], [agent.named.toLowerCase()]]),
      against: node,
      goal: 1.3,
    },
    { row: "event-based", timed: codes(few, [[few.eventBased]]), against: node, goal: 1.4 },
    ...(held
      ? [
          {
            row: "held by the TPM (swtpm), against one that is not",
            timed: [held],
            against: exact,
            goal: 1.6,
          },
        ]
      : []),
    {
      row: "10,000 tokens, exact, against 10",
      timed: codes(many, [[many.timeBased]]),
      against: exact,
      goal: 1.05,
    },
    {
      row: "10,000 tokens, any spelling, against 10",
      timed: codes(many, spellings(many)),
      against: exact,
      goal: 1.5,
    },
    {
      row: "10,000 tokens with tags and notes, exact, against those without",
      timed: codes(tagged, [[tagged.timeBased]]),
      against: codes(many, [[many.timeBased]])[0] ?? exact,
      goal: 1.05,
    },
    {
      row: "`list`, `list --tag`, 10,000 tokens with tags and notes, against those without",
      timed: [tagged.timed("list", "--json"), tagged.timed("list", "--tag", "work")],
      against: many.timed("list", "--json"),
      goal: 1.2,
      most: 10,
    },
    {
      row: "event-based, 10,000 tokens",
      timed: codes(many, [[many.eventBased]]),
      against: node,
      goal: 1.45,
    },
    {
      row: "names to complete with",
      timed: [few.timed("__complete", "names")],
      against: node,
      goal: 1.25,
    },
    { row: "`--version`", timed: [few.timed("--version")], against: node, goal: 1.1 },
    { row: "`--help`", timed: [few.timed("--help")], against: node, goal: 1.15 },
    {
      row: "help of one command",
      timed: [few.timed("code", "--help"), few.timed("pin", "set", "--help")],
      against: node,
      goal: 1.25,
    },
    {
      row: "`list`, `list --json`, 100 tokens",
      timed: [hundred.timed("list"), hundred.timed("list", "--json")],
      against: node,
      goal: 1.8,
    },
    {
      row: "`code --all --json`, 100 tokens",
      timed: [hundred.timed("code", "--all", "--json")],
      against: node,
      goal: 2,
    },
    {
      row: "`code --all --json`, 1,000 tokens",
      timed: [thousand.timed("code", "--all", "--json")],
      against: node,
      goal: 5,
      most: 10,
    },
    {
      row: "another command: `show NAME`",
      timed: [few.timed("show", few.named)],
      against: node,
      goal: 1.9,
    },
    {
      row: "a misspelt command",
      timed: [few.timed("lst")],
      against: node,
      goal: 1.9,
    },
    {
      row: "`inspect --qr`, a clean screenshot of 1,000 px",
      timed: [few.timed("inspect", "--qr", homes.picture)],
      against: node,
      goal: 3.5,
      most: 15,
    },
  ];
}
