import { readFileSync, rmSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { HOTP_URI, runFob, type TestHome, testHome } from "../e2e/fob.ts";
import { runWith } from "./faults.ts";
import { Disk, type Operation, type Survival } from "./power-cut.ts";

/** Every cut by `npm run torture`; else every fifth, other ones each time. */
const STRIDE = process.env["MODE"] === "torture" ? 1 : 5;

const FOB_PIN = "83517";
const SURVIVALS: readonly Survival[] = ["only what was fsynced", "every name, and no bytes"];

const uri = (name: string) => HOTP_URI.replaceAll("ACME", name).replaceAll("ann", name);

/**
 * Commands on the tokens `counter`, `plain` and `gone` (removed), and what must be true once they
 * have said that it is done.
 */
const COMMANDS: readonly {
  readonly args: readonly string[];
  readonly input?: string;
  readonly pin?: string;
  holds?(home: Pick<TestHome, "fob">): Promise<boolean>;
  /**
   * How many tokens it adds, all of them or none; the same command then adds the others, or none.
   */
  readonly all?: number;
}[] = [
  { args: ["code", "counter"] },
  {
    args: ["enroll", "-"],
    input: uri("new"),
    holds: async ({ fob }) => (await fob(["code", "new"])).exitCode === 0,
  },
  {
    args: ["enroll", "-"],
    input: ["new", "newer", "newest"].map(uri).join("\n"),
    holds: async ({ fob }) => (await fob(["code", "newest"])).exitCode === 0,
    all: 3,
  },
  {
    args: ["rename", "plain", "other"],
    holds: async ({ fob }) => (await fob(["show", "other"])).exitCode === 0,
  },
  { args: ["remove", "plain", "--yes"] },
  {
    args: ["restore", "gone"],
    holds: async ({ fob }) => (await fob(["show", "gone"])).exitCode === 0,
  },
  { args: ["access", "grant", "more", "--token", "counter"] },
  {
    args: ["pin", "set", "plain"],
    pin: FOB_PIN,
    holds: async ({ fob }) => (await fob(["code", "plain"])).exitCode === 5,
  },
];

function at(home: string): Pick<TestHome, "fob"> {
  return {
    fob: (args, more) => runFob(args, { HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" }, more),
  };
}

async function ids({ fob }: Pick<TestHome, "fob">): Promise<string[]> {
  const lists = await Promise.all([fob(["list", "--json"]), fob(["restore", "--json"])]);
  return lists.flatMap(({ stdout }) => JSON.parse(stdout).map(({ id }: { id: string }) => id));
}

/** Runs a command, and tells what it did to the disk, in order. */
async function storyOf(
  home: TestHome,
  { args, input, pin }: (typeof COMMANDS)[number],
): Promise<Operation[]> {
  const trace = `${home.home}.trace`;
  onTestFinished(() => rmSync(trace, { force: true }));
  const env: Record<string, string> = pin === undefined ? {} : { FOB_PIN: pin };
  const outcome = await runWith(
    home,
    args,
    { trace },
    { env, ...(input === undefined ? {} : { input }) },
  );
  expect(outcome).toMatchObject({ exitCode: 0 });
  const lines = readFileSync(trace, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/**
 * Whether a cut command has added all of its tokens or none, and has added all once it was given
 * again.
 */
async function addAgain(
  survivor: Pick<TestHome, "fob">,
  { args, input = "", all }: (typeof COMMANDS)[number],
  before: number,
) {
  if (all === undefined) return { isWhole: true };
  const first = (await ids(survivor)).length - before;
  await survivor.fob(args, { input });
  const second = (await ids(survivor)).length - before;
  return { first, second, isWhole: (first === 0 || first === all) && second === all };
}

/**
 * What a power cut leaves after each operation, every different leaving once; with what was printed
 * before it.
 */
function* cutsOf(disk: Disk, story: readonly Operation[], folder: string) {
  const known = new Set<string>();
  let printed = "";
  for (const operation of story) {
    disk.apply(operation);
    if (operation.operation === "print") printed += operation.text;
    for (const survival of SURVIVALS) {
      const leaving = `${printed}/${disk.leave(survival, null)}`;
      if (known.has(leaving)) continue;
      known.add(leaving);
      rmSync(folder, { recursive: true, force: true });
      disk.leave(survival, folder);
      yield { after: JSON.stringify(operation).slice(0, 200), survival, printed };
    }
  }
}

describe("a power cut", () => {
  test.each(COMMANDS)(
    "during $args.0 $args.1 leaves a vault that opens, with every token and counter",
    {
      timeout: 300_000,
    },
    async (command) => {
      const home = testHome();
      await home.fob(["enroll", "-"], { input: ["counter", "plain", "gone"].map(uri).join("\n") });
      await home.fob(["remove", "gone", "--yes"]);
      const before = await ids(home);
      const disk = new Disk(home.home);
      const story = await storyOf(home, command);
      const left = `${home.home}.left`;
      onTestFinished(() => rmSync(left, { recursive: true, force: true }));
      let cuts = Math.floor(Math.random() * STRIDE);
      for (const { printed, ...cut } of cutsOf(disk, story, left)) {
        if (cuts++ % STRIDE > 0) continue;
        const survivor = at(left);
        const present = await ids(survivor);
        expect({ ...cut, lost: before.filter((id) => !present.includes(id)) }).toMatchObject({
          lost: [],
        });
        expect({ ...cut, ...(await addAgain(survivor, command, before.length)) }).toMatchObject({
          isWhole: true,
        });
        if (printed !== "" && command.holds)
          expect({ ...cut, holds: await command.holds(survivor) }).toMatchObject({ holds: true });
        const next = await survivor.fob(["code", "counter"]);
        expect({ ...cut, next }).toMatchObject({ next: { exitCode: 0 } });
        if (command.args[1] === "counter" && printed !== "")
          expect({ ...cut, printed }).not.toMatchObject({ printed: next.stdout });
      }
      expect(cuts).toBeGreaterThan(4);
    },
  );

  test("during the very first enrollment leaves nothing in the way of the next one", {
    timeout: 300_000,
  }, async () => {
    const home = testHome();
    const disk = new Disk(home.home);
    const story = await storyOf(home, { args: ["enroll", "-"], input: uri("first") });
    const left = `${home.home}.left`;
    onTestFinished(() => rmSync(left, { recursive: true, force: true }));
    for (const { printed, ...cut } of cutsOf(disk, story, left)) {
      const survivor = at(left);
      if (printed === "") await survivor.fob(["enroll", "-"], { input: uri("first") });
      const code = await survivor.fob(["code", "first"]);
      expect({ ...cut, code }).toMatchObject({ code: { exitCode: 0 } });
    }
  });
});
