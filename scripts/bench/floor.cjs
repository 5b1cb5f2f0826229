// The floor of `fob code NAME`: the same reads and the same cryptography as the fast path, in their
// order, and nothing else. The keys are made up, so nothing is opened: what a cipher takes does not
// depend on its key. `node scripts/bench/floor.cjs HOME TOKEN-ID`
"use strict";
const fs = require("node:fs");
const { createDecipheriv, createHmac, hkdfSync } = require("node:crypto");

const [home = "", id = ""] = process.argv.slice(2);
const vault = `${home}/vault`;

const header = readCell(`${vault}/header`);
fs.statSync(`${home}/config.json`, { throwIfNoEntry: false });
const file = fs.openSync(`${home}/key`, "r");
fs.fstatSync(file);
const key = fs.readFileSync(file).subarray(0, 32);
fs.closeSync(file);
let derived = derive(header.subarray(0, 32), "fob vault key of a");
open(header.subarray(0, 76));
const index = readCell(`${vault}/index`);
open(index.subarray(0, 76));
open(index);
const token = readCell(`${vault}/tokens/${id}`);
open(token);
derived = derive(header.subarray(0, 16), "secret of one");
open(token.subarray(0, 76));
open(token.subarray(0, 60));
const counter = Buffer.alloc(8);
counter.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
const hmac = createHmac("sha1", key.subarray(0, 20)).update(counter).digest();
const at = (hmac.at(-1) ?? 0) & 15;
fs.statSync(home);
const used = fs.openSync(`${vault}/used`, "r+");
fs.fstatSync(used);
const last = Buffer.alloc(16);
fs.readSync(used, last, 0, 16, 0);
fs.writeSync(used, last, 0, 16, 0);
fs.closeSync(used);
fs.writeSync(1, `${(hmac.readUInt32BE(at) & 0x7fffffff) % 1_000_000}\n`);
process.exit();

/** A cell's folder is listed before and after. @param {string} folder */
function readCell(folder) {
  const [name = ""] = fs.readdirSync(folder);
  fs.statSync(`${folder}/${name}`);
  const bytes = fs.readFileSync(`${folder}/${name}`);
  fs.readdirSync(folder);
  return bytes;
}

/** @param {Buffer} salt @param {string} info */
function derive(salt, info) {
  return Buffer.from(hkdfSync("sha256", key, salt, info, 32));
}

/** @param {Buffer} sealed */
function open(sealed) {
  return createDecipheriv("aes-256-gcm", derived, sealed.subarray(0, 12)).update(
    sealed.subarray(28),
  );
}
