import { attribute, child, children, childText, type Element } from "#enrollment/pskc/xml.ts";
import type { AppFormat, AppItem } from "./app-file.ts";
import { isHexSeed, readHexSeed, seedFault } from "./hex-seed.ts";

/** The list of SafeNet's eToken PASS (Aladdin before): event-based, with six digits. */
export const safeNetXml = {
  id: "safenet-xml",
  app: "SafeNet XML",
  async read(file) {
    const root = await file.xml("Tokens");
    return root && children(root, "Token").flatMap(itemsOf);
  },
} as const satisfies AppFormat;

function itemsOf(token: Element): AppItem[] {
  const serial = attribute(token, "serial");
  const applications = children(child(token, "Applications"), "Application");
  if (applications.length === 0) return [{ fault: seedFault(null), account: serial }];
  return applications.map((one) => {
    const seed = childText(one, "Seed") ?? childText(one, "seed") ?? "";
    if (!isHexSeed(seed)) return { fault: seedFault(seed), account: serial };
    const counter = childText(one, "MovingFactor") ?? childText(one, "movingfactor");
    return { type: "hotp", ...readHexSeed(seed), serial, counter };
  });
}
