import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ReaderOptions } from "zxing-wasm/reader";

const require = createRequire(import.meta.url);

/** More codes than a page of recovery codes or a batch of migration codes shows. */
const MAX_CODES = 32;

/** What is looked for in a picture. */
export const OPTIONS: ReaderOptions = {
  formats: ["QRCode", "QRCodeModel1", "MicroQRCode", "RMQRCode"],
  tryHarder: true,
  maxNumberOfSymbols: MAX_CODES,
  // the exact text: other modes write `<SOH>` for a control character
  textMode: "Plain",
};

/**
 * The texts of the QR codes in a picture file, each once; empty when none is found, the file cannot
 * be read, or the decoder cannot be loaded.
 */
export async function decodeWithZxing(file: Uint8Array): Promise<string[]> {
  const reader = await loadZxing();
  if (!reader) return [];
  const results = await reader.readBarcodes(file, OPTIONS);
  // codes whose error correction fails are marked invalid and left out
  return [...new Set(results.filter(({ isValid }) => isValid).map(({ text }) => text))];
}

type Reader = typeof import("zxing-wasm/reader");

let zxing: Promise<Reader | null> | null = null;

/**
 * The stronger decoder; null where it cannot be loaded: Node may run without WebAssembly
 * (`--jitless`).
 */
export function loadZxing() {
  // for any reason: the weaker decoder is used then
  zxing ??= prepareZxing().catch(() => null);
  return zxing;
}

/**
 * The package would fetch its WebAssembly from the network unless it is given the file in its own
 * folder.
 */
async function prepareZxing(): Promise<Reader> {
  const compiling = WebAssembly.compile(
    readFileSync(require.resolve("zxing-wasm/reader/zxing_reader.wasm")),
  );
  // compiles in another thread meanwhile
  const reader: Reader = require("zxing-wasm/reader");
  const module = await compiling;
  reader.prepareZXingModule({
    overrides: {
      instantiateWasm(
        imports: WebAssembly.Imports,
        receive: (instance: WebAssembly.Instance) => void,
      ) {
        const instance = new WebAssembly.Instance(module, imports);
        receive(instance);
        return instance.exports;
      },
    },
  });
  return reader;
}
