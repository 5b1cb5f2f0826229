// Writes messages/en.json, which translators copy: every text for people, and what stands in it.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./import-typescript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { collectFromProject } = await importTypeScript("scripts/collect-messages.ts");
const messages = collectFromProject(root);

mkdirSync(`${root}/messages`, { recursive: true });
writeFileSync(`${root}/messages/en.json`, `${JSON.stringify(messages, null, 2)}\n`);
console.log(
  `messages/en.json: ${Object.keys(messages.texts).length} texts, ${Object.keys(messages.plurals).length} counted nouns`,
);
