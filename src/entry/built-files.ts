import { readFileSync } from "node:fs";
import { Script } from "node:vm";
import { type CompiledFiles, codeFolder, readCompiled, writeCompiled } from "./code-cache.ts";

declare const FOB_BUILD: string;

/** A built file that runs, and its script. */
interface Loaded {
  readonly module: { exports: unknown };
  readonly script: Script;
}

/**
 * Runs a built file and what it requires, with the code that V8 compiled in an earlier run. Compiling
 * takes a third of most commands. `use` names what is run: each has the code that it needs.
 */
export function runBuiltFile(file: string, use: string, env: NodeJS.ProcessEnv): unknown {
  const folder = codeFolder(env);
  const name = `${FOB_BUILD}-${process.versions.v8}-${process.arch}-${use}`;
  const compiled: CompiledFiles = folder === null ? new Map() : readCompiled(folder, name);
  const loaded = new Map<string, Loaded>();
  let isComplete = true;
  const run = (path: string): unknown => {
    const known = loaded.get(path);
    if (known) return known.module.exports;
    const cachedData = compiled.get(path);
    const script = new Script(wrapped(readFileSync(`${__dirname}/${path}`, "latin1")), {
      filename: `${__dirname}/${path}`,
      ...(cachedData && { cachedData }),
    });
    isComplete &&= cachedData !== undefined && !script.cachedDataRejected;
    const module = { exports: {} };
    loaded.set(path, { module, script });
    const resolve = (id: string) => (/^\.\.?\//.test(id) ? run(below(path, id)) : require(id));
    resolve.importPackage = (id: string) => import(id);
    const filename = `${__dirname}/${path}`;
    script.runInThisContext()(module.exports, resolve, module, filename, folderOf(filename));
    return module.exports;
  };
  const keep = () => {
    if (folder === null || isComplete) return;
    const compile = () => {
      for (const [path, { script }] of loaded) compiled.set(path, script.createCachedData());
      return compiled;
    };
    writeCompiled(folder, name, compile, FOB_BUILD);
  };
  if (folder !== null) process.once("exit", keep);
  return run(file);
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
