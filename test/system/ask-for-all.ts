import { createClient } from "x11";

/** The parts of the package that a program needs which pastes. */
interface PastingClient {
  readonly atoms: Readonly<Record<"ATOM" | "STRING", number>>;
  on(event: "event", listener: (event: { name: string; property: number }) => void): void;
  AllocID(): number;
  CreateWindow(...numbers: readonly number[]): void;
  InternAtom(onlyIfExists: boolean, name: string, answer: (e: unknown, atom: number) => true): void;
  ChangeProperty(
    mode: number,
    window: number,
    property: number,
    type: number,
    bits: number,
    data: readonly number[],
  ): void;
  ConvertSelection(
    window: number,
    selection: number,
    target: number,
    property: number,
    time: number,
  ): void;
  GetProperty(
    removes: number,
    window: number,
    property: number,
    type: number,
    offset: number,
    words: number,
    answer: (e: unknown, found: { type: number; data: Buffer }) => true,
  ): void;
  close(closed: () => void): void;
}

/**
 * Asks the owner of the clipboard for several types at once (MULTIPLE, ICCCM section 2.6.2). For
 * each type its value, and whether the owner has left it among the pairs of the question.
 */
export async function askForAll(display: string, types: readonly string[]) {
  const { client, root } = await connected(display);
  const atom = (name: string) =>
    new Promise<number>((resolve) =>
      client.InternAtom(false, name, (_, found) => {
        resolve(found);
        return true;
      }),
    );
  const property = (window: number, name: number) =>
    new Promise<{ type: number; data: Buffer }>((resolve) =>
      client.GetProperty(0, window, name, 0, 0, 1_000, (_, found) => {
        resolve(found);
        return true;
      }),
    );
  const [clipboard = 0, multiple = 0, pairType = 0, question = 0] = await Promise.all(
    ["CLIPBOARD", "MULTIPLE", "ATOM_PAIR", "FOB_QUESTION"].map(atom),
  );
  const targets = await Promise.all(types.map(atom));
  const places = await Promise.all(types.map((_, i) => atom(`FOB_PLACE_${i}`)));
  const window = client.AllocID();
  client.CreateWindow(window, root, 0, 0, 1, 1, 0, 0, 2, 0);
  const asked = targets.flatMap((target, i) => [target, places[i] ?? 0]);
  client.ChangeProperty(0, window, question, pairType, 32, asked);
  const answered = new Promise<void>((resolve) =>
    client.on("event", ({ name }) => {
      if (name === "SelectionNotify") resolve();
    }),
  );
  client.ConvertSelection(window, clipboard, multiple, question, 0);
  await answered;
  const { data } = await property(window, question);
  const pairs = places.map((place, i) => data.readUInt32LE(i * 8 + 4) === place);
  const found = await Promise.all(places.map((place) => property(window, place)));
  client.close(() => undefined);
  return {
    pairs,
    values: found.map(({ type, data: value }) => (type === 0 ? null : value.toString())),
  };
}

function connected(display: string): Promise<{ client: PastingClient; root: number }> {
  return new Promise((resolve, reject) => {
    const make = createClient as unknown as (
      options: { readonly display: string },
      ready: (
        error: Error | undefined,
        found: { client: PastingClient; screen: readonly { root: number }[] },
      ) => void,
    ) => void;
    make({ display }, (error, { client, screen }) => {
      if (error) reject(error);
      else resolve({ client, root: screen[0]?.root ?? 0 });
    });
  });
}
