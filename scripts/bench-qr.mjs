// Says how many hard pictures are read, kind by kind: the set in test/qr, or the pictures of a
// folder (`npm run bench:qr -- FOLDER`), each of which may have the text that it should give beside
// it, in a file of the same name that ends in .txt.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hardPictures } from "../test/qr/hard-pictures.mjs";

const PROGRAM = fileURLToPath(new URL("../dist/decode-picture.cjs", import.meta.url));
const PICTURES = /\.(png|jpe?g|gif|bmp|tiff?|webp)$/i;

const [folder] = process.argv.slice(2);
const pictures = folder === undefined ? hardPictures() : picturesIn(folder);

/** @type {Map<string, { read: number, wrong: number, milliseconds: number[] }>} */
const kinds = new Map();
for (const picture of pictures) {
  const result = kinds.get(picture.kind) ?? { read: 0, wrong: 0, milliseconds: [] };
  kinds.set(picture.kind, result);
  const input = await picture.draw();
  const start = performance.now();
  const texts = decode(input);
  result.milliseconds.push(performance.now() - start);
  const isRight = picture.text === null ? texts.length > 0 : texts.includes(picture.text);
  if (isRight) result.read++;
  else if (texts.length > 0) result.wrong++;
  if (!isRight && folder !== undefined) console.log(`not read: ${picture.name}`);
}

print();

/** @param {Buffer} input @returns {string[]} */
function decode(input) {
  const { stdout, status } = spawnSync(process.execPath, [PROGRAM, "the picture"], {
    input,
    timeout: 60_000,
  });
  return status === 0 ? (JSON.parse(stdout.toString("utf8")).texts ?? []) : [];
}

/** @param {string} path */
function picturesIn(path) {
  return readdirSync(path)
    .filter((name) => PICTURES.test(name))
    .map((name) => {
      const truth = join(path, `${name.slice(0, -extname(name).length)}.txt`);
      const text = existsSync(truth) ? readFileSync(truth, "utf8").trim() : null;
      return {
        kind: "of the folder",
        name,
        text,
        draw: async () => readFileSync(join(path, name)),
      };
    });
}

function print() {
  const all = [...kinds.values()];
  const sum = (/** @type {(kind: (typeof all)[number]) => number} */ figure) =>
    all.reduce((total, kind) => total + figure(kind), 0);
  const line = (
    /** @type {string} */ kind,
    /** @type {(typeof all)[number]} */ { read, wrong, milliseconds },
  ) => {
    const sorted = milliseconds.toSorted((a, b) => a - b);
    const rate = `${read} of ${milliseconds.length}`.padStart(11);
    const seconds = [sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0].map((time) =>
      (time / 1_000).toFixed(2).padStart(8),
    );
    console.log(`${kind.padEnd(24)}${rate}${String(wrong).padStart(8)}${seconds.join("")}`);
  };
  console.log(
    `${"kind".padEnd(24)}${"read".padStart(11)}${"wrong".padStart(8)}${"median s".padStart(8)}${"most s".padStart(8)}`,
  );
  for (const [kind, result] of kinds) line(kind, result);
  const milliseconds = all.flatMap((kind) => kind.milliseconds);
  line("all", { read: sum(({ read }) => read), wrong: sum(({ wrong }) => wrong), milliseconds });
}
