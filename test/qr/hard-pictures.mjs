// Draws QR codes as they are hard to read: photographed at an angle, out of focus, in bad light,
// decorated. The same every time.
import sharp from "sharp";
import { encode } from "uqr";

/**
 * @typedef {{ data: Uint8ClampedArray, width: number, height: number }} Gray shades of one byte a
 *   pixel
 */
/**
 * @typedef {(picture: Gray, hardness: number, random: () => number) => Gray} Treatment what makes
 *   a picture hard; hardness from 0 to 1
 */
/**
 * @typedef {{ kind: string, name: string, text: string, draw: () => Promise<Buffer> }}
 *   HardPicture
 */

const VARIANTS = 12;
const MODULE = 8;
const BORDER = 4;

/** @type {Readonly<Record<string, Treatment>>} */
const KINDS = {
  rotation: (picture, hardness, random) => turn(picture, 10 + 35 * hardness + 5 * random()),
  blur: (picture, hardness) => blur(picture, 1 + Math.round(4 * hardness)),
  "motion blur": (picture, hardness) => smear(picture, 1 + Math.round(5 * hardness)),
  noise: (picture, hardness, random) => addNoise(picture, 60 + 160 * hardness, random),
  glare: (picture, hardness, random) => addGlare(picture, 0.6 + 0.9 * hardness, random),
  shadow: (picture, hardness) => addShadow(picture, 0.5 + 0.42 * hardness),
  "faint print": (picture, hardness) =>
    mapShades(picture, (shade) => 128 + ((shade - 128) * (0.3 - 0.26 * hardness)) / 2),
  perspective: (picture, hardness, random) => lean(picture, 0.08 + 0.26 * hardness, random),
  "curved paper": (picture, hardness) => bend(picture, 0.005 + 0.03 * hardness),
  "tiny modules": (picture, hardness, random) =>
    shrink(picture, (1.9 - 0.65 * hardness) / MODULE, random),
  "dark mode": (picture, hardness, random) =>
    turn(
      mapShades(picture, (shade) => 200 - shade * 0.7),
      30 * hardness * random(),
    ),
  "no margin": (picture, hardness) =>
    crop(picture, MODULE * (BORDER - 1 + Math.min(1, hardness * 1.1))),
  "photograph of a screen": (picture, hardness, random) =>
    addNoise(
      blur(lean(addMoire(picture, 25 + 40 * hardness), 0.06 + 0.12 * hardness, random), 1),
      20 + 40 * hardness,
      random,
    ),
  "bad light, far away": (picture, hardness, random) =>
    addNoise(
      addShadow(blur(shrink(picture, 0.45 - 0.15 * hardness, random), 1), 0.6),
      20 + 30 * hardness,
      random,
    ),
};

/** @type {Readonly<Record<string, (hardness: number, random: () => number) => Drawing>>} */
const DECORATIONS = {
  "rounded modules": (hardness) => ({ dot: 0.5 - 0.14 * hardness }),
  "a logo in the middle": (hardness) => ({ logo: 0.16 + 0.12 * hardness }),
  "a stain": (hardness, random) => ({ stain: 0.05 + 0.11 * hardness, at: random() }),
};

/**
 * @typedef {{ dot?: number, logo?: number, stain?: number, at?: number }} Drawing radius of a
 *   module's dot, and shares of the side
 */

/**
 * The whole set, twelve of each kind from easy to very hard.
 * @returns {HardPicture[]}
 */
export function hardPictures() {
  const treated = Object.entries(KINDS).flatMap(([kind, treat]) => {
    return variants(kind, (text, hardness, random) => treat(drawCode(text), hardness, random));
  });
  const decorated = Object.entries(DECORATIONS).flatMap(([kind, decorate]) => {
    return variants(kind, (text, hardness, random) => drawCode(text, decorate(hardness, random)));
  });
  return [...treated, ...decorated];
}

/**
 * @param {string} kind
 * @param {(text: string, hardness: number, random: () => number) => Gray} draw
 * @returns {HardPicture[]}
 */
function variants(kind, draw) {
  return Array.from({ length: VARIANTS }, (_, i) => {
    const text = `otpauth://totp/ACME:user${i}?secret=${"GEZDGNBVGY3TQOJQ".repeat(1 + (i % 3))}&issuer=ACME`;
    const hardness = i / (VARIANTS - 1);
    const name = `${kind} ${i + 1}`;
    return {
      kind,
      name,
      text,
      draw: () => encodePicture(draw(text, hardness, pseudoRandom(name)), i),
    };
  });
}

/**
 * Every second picture is a photograph, and has been compressed as one.
 * @param {Gray} picture
 * @param {number} index
 */
function encodePicture({ data, width, height }, index) {
  const image = sharp(Buffer.from(data), { raw: { width, height, channels: 1 } });
  return index % 2 === 0 ? image.png().toBuffer() : image.jpeg({ quality: 70 }).toBuffer();
}

/**
 * Numbers from 0 to 1 that are the same for the same seed (mulberry32).
 * @param {string} seed
 */
function pseudoRandom(seed) {
  let state = [...seed].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * @param {string} text
 * @param {Drawing} [drawing]
 * @returns {Gray}
 */
function drawCode(text, { dot, logo = 0, stain = 0, at = 0 } = {}) {
  const { data, size } = encode(text, { border: BORDER, ecc: "M" });
  const side = size * MODULE;
  const spot = { x: side * (0.35 + 0.4 * at), y: side * (0.4 + 0.4 * at) };
  return fill(side, side, (x, y) => {
    if (Math.max(Math.abs(x - side / 2), Math.abs(y - side / 2)) < (logo * side) / 2) return 150;
    if (Math.hypot(x - spot.x, y - spot.y) < stain * side) return 40;
    const [column, row] = [Math.floor(x / MODULE), Math.floor(y / MODULE)];
    if (!data[row]?.[column]) return 255;
    const distance = Math.hypot((x % MODULE) - (MODULE - 1) / 2, (y % MODULE) - (MODULE - 1) / 2);
    return dot === undefined || distance <= dot * MODULE ? 0 : 255;
  });
}

/**
 * @param {number} width
 * @param {number} height
 * @param {(x: number, y: number) => number} shade
 * @returns {Gray}
 */
function fill(width, height, shade) {
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data[y * width + x] = shade(x, y);
  return { data, width, height };
}

/**
 * The shade between pixels; white outside.
 * @param {Gray} picture
 * @param {number} x
 * @param {number} y
 */
function shadeAt({ data, width, height }, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const pixel = (/** @type {number} */ column, /** @type {number} */ row) =>
    column < 0 || row < 0 || column >= width || row >= height
      ? 255
      : (data[row * width + column] ?? 255);
  const [dx, dy] = [x - left, y - top];
  const upper = pixel(left, top) * (1 - dx) + pixel(left + 1, top) * dx;
  const lower = pixel(left, top + 1) * (1 - dx) + pixel(left + 1, top + 1) * dx;
  return upper * (1 - dy) + lower * dy;
}

/**
 * @param {Gray} picture
 * @param {(shade: number, x: number, y: number) => number} change
 */
const change = (picture, change) =>
  fill(picture.width, picture.height, (x, y) =>
    change(picture.data[y * picture.width + x] ?? 0, x, y),
  );

/** @param {Gray} picture @param {(shade: number) => number} curve */
const mapShades = (picture, curve) => change(picture, (shade) => curve(shade));

/** @param {Gray} picture @param {number} degrees */
function turn(picture, degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin, half] = [Math.cos(angle), Math.sin(angle), picture.width / 2];
  const side = Math.ceil(picture.width * 1.42);
  return fill(side, side, (x, y) => {
    const [dx, dy] = [x - side / 2, y - side / 2];
    return shadeAt(picture, dx * cos + dy * sin + half, dy * cos - dx * sin + half);
  });
}

/** @param {Gray} picture @param {number} radius */
function blur(picture, radius) {
  let blurred = picture;
  for (const [dx, dy] of [
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
  ])
    blurred = smear(blurred, radius, dx, dy);
  return blurred;
}

/** @param {Gray} picture @param {number} radius */
function smear(picture, radius, dx = 1, dy = 0.3) {
  return fill(picture.width, picture.height, (x, y) => {
    let sum = 0;
    for (let i = -radius; i <= radius; i++) sum += shadeAt(picture, x + i * dx, y + i * dy);
    return sum / (2 * radius + 1);
  });
}

/** @param {Gray} picture @param {number} range @param {() => number} random */
const addNoise = (picture, range, random) =>
  mapShades(picture, (shade) => shade + range * (random() + random() - 1));

/** @param {Gray} picture @param {number} strength @param {() => number} random */
function addGlare(picture, strength, random) {
  const { width } = picture;
  const [cx, cy, radius] = [
    width * (0.35 + 0.3 * random()),
    width * (0.35 + 0.3 * random()),
    width * 0.22,
  ];
  return change(
    picture,
    (shade, x, y) =>
      shade + 255 * strength * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / radius ** 2),
  );
}

/** @param {Gray} picture @param {number} depth */
function addShadow(picture, depth) {
  return change(picture, (shade, x, y) => {
    const isInShadow = x + 0.6 * y > 0.75 * picture.width;
    return (isInShadow ? 1 - depth : 1) * (30 + 0.88 * shade);
  });
}

/** The stripes that a camera sees on a screen. @param {Gray} picture @param {number} strength */
const addMoire = (picture, strength) =>
  change(
    picture,
    (shade, x, y) => shade + strength * Math.sin(x * 0.9 + y * 0.13) * Math.sin(y * 0.8),
  );

/**
 * Seen from the side: one edge is further away. @param {Gray} picture @param {number} amount @param
 * {() => number} random
 */
function lean(picture, amount, random) {
  const { width, height } = picture;
  const vertical = amount * (random() - 0.5);
  return fill(width, height, (x, y) => {
    const [u, v] = [x / width - 0.5, y / height - 0.5];
    const depth = 1 - 2 * amount * u - 2 * vertical * v;
    return shadeAt(picture, ((u * 1.1) / depth + 0.5) * width, ((v * 1.1) / depth + 0.5) * height);
  });
}

/** @param {Gray} picture @param {number} amount */
const bend = (picture, amount) =>
  fill(picture.width, picture.height, (x, y) =>
    shadeAt(picture, x, y + amount * picture.height * Math.sin((x / picture.width) * Math.PI)),
  );

/** @param {Gray} picture @param {number} factor @param {() => number} random */
function shrink(picture, factor, random) {
  const side = Math.floor(picture.width * factor);
  const [left, top] = [random() / factor, random() / factor];
  const steps = Math.ceil(1 / factor);
  return fill(side, side, (x, y) => {
    let sum = 0;
    for (let i = 0; i < steps; i++) {
      for (let j = 0; j < steps; j++)
        sum += shadeAt(picture, (x + i / steps) / factor + left, (y + j / steps) / factor + top);
    }
    return sum / steps ** 2;
  });
}

/** @param {Gray} picture @param {number} edge */
function crop(picture, edge) {
  const by = Math.floor(edge);
  return fill(picture.width - 2 * by, picture.height - 2 * by, (x, y) =>
    shadeAt(picture, x + by, y + by),
  );
}
