// Loaded before the program (--require): lets file operations in the home fail, tells what it did
// there, and shifts its clock, as the variable FOB_FAULTS says. Only operations on paths and
// descriptors below the home count.
// @ts-nocheck: it replaces functions by their names, which types do not follow
"use strict";
const fs = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");
const { resolve, sep } = require("node:path");

const {
  home,
  failAt = 0,
  code = "EIO",
  noLinks = false,
  linkCode = "EPERM",
  folderSync = null,
  trace = null,
  clockOffset = 0,
} = JSON.parse(process.env.FOB_FAULTS);
const root = resolve(home);
const own = { ...fs };
const descriptors = new Map();
let count = 0;

const isInside = (path) => typeof path === "string" && (resolve(path) + sep).startsWith(root + sep);

function failure(operation, path, name) {
  const error = new Error(`${name}: injected, ${operation} '${path}'`);
  return Object.assign(error, { code: name, syscall: operation, path });
}

/** Tells, where the program can tell no more after it was killed. */
function tell(entry) {
  if (trace) own.appendFileSync(trace, `${JSON.stringify(entry)}\n`);
}

function step(operation, path) {
  count += 1;
  if (count === failAt) {
    tell({ operation: "failed", name: operation, path });
    throw failure(operation, path, code);
  }
}

for (const name of [
  "readFileSync",
  "readdirSync",
  "statSync",
  "lstatSync",
  "utimesSync",
  "chmodSync",
]) {
  fs[name] = (path, ...rest) => {
    if (isInside(path)) step(name, path);
    else if (descriptors.has(path)) step(name, descriptors.get(path));
    return own[name](path, ...rest);
  };
}

fs.openSync = (path, flags, ...rest) => {
  if (isInside(path)) step("open", path);
  const existed = isInside(path) && own.existsSync(path);
  const descriptor = own.openSync(path, flags, ...rest);
  if (isInside(path)) {
    descriptors.set(descriptor, path);
    if (!existed) tell({ operation: "create", path });
  }
  return descriptor;
};

fs.writeSync = (descriptor, bytes, ...rest) => {
  const path = descriptors.get(descriptor);
  if (path === undefined) {
    if (descriptor === 1) tell({ operation: "print", text: String(bytes) });
    return own.writeSync(descriptor, bytes, ...rest);
  }
  step("write", path);
  const written = own.writeSync(descriptor, bytes, ...rest);
  const [offset = 0] = rest;
  tell({
    operation: "write",
    path,
    data: Buffer.from(bytes)
      .subarray(offset, offset + written)
      .toString("base64"),
  });
  return written;
};

fs.fsyncSync = (descriptor) => {
  const path = descriptors.get(descriptor);
  if (path !== undefined) step("fsync", path);
  if (folderSync && path !== undefined && own.statSync(path).isDirectory())
    throw failure("fsync", path, folderSync);
  own.fsyncSync(descriptor);
  if (path !== undefined) tell({ operation: "fsync", path });
};

fs.closeSync = (descriptor) => {
  const path = descriptors.get(descriptor);
  descriptors.delete(descriptor);
  own.closeSync(descriptor);
  // a disk that is full may say so only now
  if (path !== undefined) step("close", path);
};

fs.linkSync = (from, to) => {
  if (isInside(to)) step("link", to);
  if (noLinks && isInside(to)) throw failure("link", to, linkCode);
  own.linkSync(from, to);
  if (isInside(to)) tell({ operation: "link", from, path: to });
};

fs.renameSync = (from, to) => {
  if (isInside(to)) step("rename", to);
  own.renameSync(from, to);
  if (isInside(to)) tell({ operation: "rename", from, path: to });
};

fs.mkdirSync = (path, ...rest) => {
  if (isInside(path)) step("mkdir", path);
  const first = own.mkdirSync(path, ...rest);
  if (isInside(path)) tell({ operation: "mkdir", path });
  return first;
};

for (const name of ["unlinkSync", "rmSync"]) {
  fs[name] = (path, ...rest) => {
    if (isInside(path)) step(name, path);
    own[name](path, ...rest);
    if (isInside(path)) tell({ operation: "remove", path });
  };
}

if (trace) {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text, ...rest) => {
    tell({ operation: "print", text: String(text) });
    return write(text, ...rest);
  };
}

if (clockOffset !== 0) {
  const { now } = Date;
  const Real = Date;
  Date.now = () => now() + clockOffset;
  globalThis.Date = new Proxy(Real, {
    construct: (target, given, self) =>
      Reflect.construct(target, given.length === 0 ? [target.now()] : given, self),
  });
}

syncBuiltinESMExports();
// what the program starts is not to be disturbed
delete process.env.NODE_OPTIONS;
