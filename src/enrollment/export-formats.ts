import type { ExportFormat } from "./exported-token.ts";
import { aegisExport } from "./files/aegis-writer.ts";
import { keyUriExport } from "./formats/key-uri-writer.ts";
import { migrationExport } from "./formats/migration-writer.ts";
import { privacyIdeaExport, pskcExport } from "./pskc/write-pskc.ts";

/** Every format that tokens are exported in, the usual one first. */
export const EXPORT_FORMATS = [
  keyUriExport,
  aegisExport,
  pskcExport,
  privacyIdeaExport,
  migrationExport,
] as const satisfies readonly ExportFormat[];
