import {
  addBorder,
  blur,
  type ColorPicture,
  fitInto,
  flatten,
  type GrayPicture,
  mapShades,
  scale,
  sharpen,
  stretchContrast,
  threshold,
  toGray,
  turn,
} from "./gray-picture.ts";

const DOUBLED_BELOW = 1_300;

/** How far around a pixel its light is judged, as a share of the picture's side. */
const LIGHT_RADIUS = 1 / 8;

const SMALL_SIDE = 600;

const gamma = (power: number) => (picture: GrayPicture) =>
  mapShades(picture, (shade) => 255 * (shade / 255) ** power);

/**
 * What makes a code readable that a decoder passes over, in the order in which it is most likely to
 * help.
 */
const TREATMENTS: readonly ((picture: GrayPicture) => GrayPicture)[] = [
  gamma(2),
  (picture) => stretchContrast(picture, 0.1),
  gamma(0.5),
  (picture) => threshold(picture, 12),
  (picture) => evenLight(enlarge(picture)),
  (picture) => sharpen(picture, 2, 3),
  (picture) => enlarge(picture),
  (picture) => blur(picture, 3),
  (picture) => turn(picture, 20),
  (picture) => sharpen(picture, 4, 3),
  gamma(4),
  (picture) => threshold(picture, 40),
  (picture) => scale(picture, 1, 0.6),
  (picture) => turn(picture, 45),
  (picture) => addBorder(picture, 40),
  (picture) => blur(picture, 1),
  (picture) => fitInto(picture, SMALL_SIDE),
  (picture) => scale(picture, 0.25),
];

/**
 * The picture in all variants in which a code in it may become readable; a transparent one first on
 * white, then on black.
 */
export function* variantsOf(picture: ColorPicture): Generator<GrayPicture> {
  const gray = toGray(picture, 255);
  if (isTransparent(picture)) yield toGray(picture, 0);
  yield gray;
  for (const treat of TREATMENTS) {
    const treated = treat(gray);
    // a treatment for small pictures leaves others as they are
    if (treated !== gray) yield treated;
  }
  yield toGray(picture, 255, Math.max);
  yield toGray(picture, 255, (_red, _green, blue) => blue);
}

function enlarge(picture: GrayPicture): GrayPicture {
  return Math.max(picture.width, picture.height) < DOUBLED_BELOW ? scale(picture, 2) : picture;
}

/** Lights and shadows taken away that are wider than a code's details. */
function evenLight(picture: GrayPicture): GrayPicture {
  return flatten(picture, Math.ceil(Math.max(picture.width, picture.height) * LIGHT_RADIUS));
}

function isTransparent({ data }: ColorPicture): boolean {
  for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 255) < 255) return true;
  return false;
}
