import {
  addBorder,
  blur,
  type ColorPicture,
  type GrayPicture,
  mapShades,
  scale,
  sharpen,
  stretchContrast,
  threshold,
  toGray,
  turn,
} from "./gray-picture.ts";

/** Larger pictures are looked at in a copy of this side: finer detail is noise more often than code. */
const SIDE = 1_600;

const DOUBLED_BELOW = 1_300;
const SMALL_SIDE = 600;

const gamma = (power: number) => (picture: GrayPicture) => mapShades(picture, (shade) => 255 * (shade / 255) ** power);

/** What makes a code readable that a decoder passes over, in the order in which it is most likely to help. */
const TREATMENTS: readonly ((picture: GrayPicture) => GrayPicture)[] = [
  (picture) => picture,
  gamma(2),
  (picture) => stretchContrast(picture, 0.1),
  gamma(0.5),
  (picture) => threshold(picture, 12),
  (picture) => sharpen(picture, 2, 3),
  (picture) => (Math.max(picture.width, picture.height) < DOUBLED_BELOW ? scale(picture, 2) : picture),
  (picture) => turn(picture, 20),
  gamma(4),
  (picture) => threshold(picture, 40),
  (picture) => scale(picture, 1, 0.6),
  (picture) => turn(picture, 45),
  (picture) => addBorder(picture, 40),
  (picture) => blur(picture, 1),
  (picture) => fitInto(picture, SMALL_SIDE),
];

/** The picture in every way in which a code in it may become readable; a transparent one on white, then on black, first. */
export function* variantsOf(picture: ColorPicture): Generator<GrayPicture> {
  const gray = fitInto(toGray(picture, 255), SIDE);
  if (isTransparent(picture)) yield fitInto(toGray(picture, 0), SIDE);
  for (const treat of TREATMENTS) yield treat(gray);
  yield fitInto(toGray(picture, 255, Math.max), SIDE);
  yield fitInto(
    toGray(picture, 255, (_red, _green, blue) => blue),
    SIDE,
  );
}

function fitInto(picture: GrayPicture, side: number): GrayPicture {
  const longest = Math.max(picture.width, picture.height);
  return longest > side ? scale(picture, side / longest) : picture;
}

function isTransparent({ data }: ColorPicture): boolean {
  for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 255) < 255) return true;
  return false;
}
