import { readFileSync } from "node:fs";
import { shellBlocks } from "../docs/blocks.ts";

const PAGE = readFileSync(new URL("../../docs/recipes.md", import.meta.url), "utf8");

/**
 * The recipes that tests of this folder run with the program that they are for and a server, by
 * words that stand in one block of docs/recipes.md alone.
 */
const WORDS = {
  openconnect: "--stdin -- openconnect",
  openconnectWithPassword: "printf '%s\\n' \"$(cat",
  openvpn: "openvpn --config",
  ssh: "SSH_ASKPASS_REQUIRE",
  rofi: "rofi -dmenu",
  ansible: "ansible-playbook",
} as const satisfies Readonly<Record<string, string>>;

/** The commands of a recipe, as they stand in docs/recipes.md. */
export function recipe(name: keyof typeof WORDS): string {
  const [block, another] = shellBlocks(PAGE).filter(({ text }) => text.includes(WORDS[name]));
  if (block && !another) return block.text;
  throw new Error(`docs/recipes.md must have one block with ${WORDS[name]}`);
}

/** The first block of a page's language and of these words that is no shell script. */
export function snippet(language: "" | "yaml", words: string): string {
  const blocks = [...PAGE.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)];
  const found = blocks.find(([, info, text]) => info === language && text?.includes(words));
  if (found?.[2]) return found[2];
  throw new Error(`docs/recipes.md must have a block with ${words}`);
}

/** Whether a block of docs/recipes.md is run here. */
export function isForStrangers(text: string): boolean {
  return Object.values(WORDS).some((words) => text.includes(words));
}
