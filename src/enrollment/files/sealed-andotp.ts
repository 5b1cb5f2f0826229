import type { OpenFile } from "./sealed-file.ts";
import { openUnmarked } from "./unmarked-file.ts";

/** What stands in an encrypted backup of andOTP: its plain backup. */
export const openAndOtp: OpenFile = async (file, opening) => {
  const unmarked = await openUnmarked(file, opening);
  return unmarked?.app === "andOTP" ? unmarked.content : null;
};
