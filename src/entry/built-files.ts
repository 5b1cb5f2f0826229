import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { Script } from "node:vm";
import {
  type CodeFile,
  type CompiledFiles,
  codeFolder,
  readCompiled,
  writeCompiled,
} from "./code-cache.ts";

declare const FOB_BUILD: string;

/** A built file that runs, its script, and the state of the file. */
interface Loaded {
  readonly module: { exports: unknown };
  readonly script: Script;
  readonly state: string;
}

/**
 * Runs a built file and what it requires, with the code that V8 compiled in an earlier run.
 * Compiling takes a third of most commands. `use` names what is run: each has the code that it
 * needs.
 */
export function runBuiltFile(file: string, use: string, env: NodeJS.ProcessEnv): unknown {
  const kept = codeFile(use, env);
  const compiled: CompiledFiles = kept === null ? new Map() : readCompiled(kept);
  const loaded = new Map<string, Loaded>();
  let isComplete = true;
  const run = (path: string): unknown => {
    const running = loaded.get(path);
    if (running) return running.module.exports;
    const filename = `${__dirname}/${path}`;
    const { text, state } = readSource(filename);
    const known = compiled.get(path);
    // V8 compares only the lengths of the texts
    const cachedData = known?.source === state ? known.code : undefined;
    const script = new Script(wrapped(text), { filename, ...(cachedData && { cachedData }) });
    isComplete &&= cachedData !== undefined && !script.cachedDataRejected;
    const module = { exports: {} };
    loaded.set(path, { module, script, state });
    const resolve = (id: string) => (/^\.\.?\//.test(id) ? run(below(path, id)) : require(id));
    resolve.importPackage = (id: string) => import(id);
    script.runInThisContext()(module.exports, resolve, module, filename, folderOf(filename));
    return module.exports;
  };
  const keep = () => {
    if (kept === null || isComplete) return;
    const compile = () => {
      for (const [path, { script, state }] of loaded)
        compiled.set(path, { code: script.createCachedData(), source: state });
      return compiled;
    };
    writeCompiled(kept, compile, FOB_BUILD);
  };
  if (kept !== null) process.once("exit", keep);
  return run(file);
}

/**
 * Where the compiled code of a use is kept: for this build, this V8 and this copy of the program.
 */
function codeFile(use: string, env: NodeJS.ProcessEnv): CodeFile | null {
  const folder = codeFolder(env);
  const name = `${FOB_BUILD}-${process.versions.v8}-${process.arch}-${digestOf(__dirname)}-${use}`;
  return folder === null ? null : { folder, name, dist: __dirname };
}

/** A few letters that tell folders apart: two that have the same ones share a file in turn. */
function digestOf(text: string): string {
  let digest = 0;
  for (let i = 0; i < text.length; i++) digest = (Math.imul(digest, 31) + text.charCodeAt(i)) >>> 0;
  return digest.toString(36);
}

/** The text of a file, and its state, which changes when its content changes. */
function readSource(path: string): { readonly text: string; readonly state: string } {
  const file = openSync(path, "r");
  try {
    const { size, mtimeMs, ctimeMs } = fstatSync(file);
    return { text: readFileSync(file, "latin1"), state: `${size}/${mtimeMs}/${ctimeMs}` };
  } finally {
    closeSync(file);
  }
}

/** A file as Node wraps CommonJS. */
function wrapped(code: string): string {
  return `(function (exports, require, module, __filename, __dirname) { ${code}\n})`;
}

/** The path below `dist` of what a file there requires. */
function below(path: string, id: string): string {
  const parts = folderOf(path)
    .split("/")
    .filter((part) => part !== "");
  for (const part of id.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
