import { once } from "#base/once.ts";
import type { Prompt } from "./prompt.ts";

/** Prompts whose code is loaded with the first question: few command lines ask one. */
export function latePrompt(available: boolean, load: () => Promise<Prompt>): Prompt {
  const loaded = once(load);
  return {
    available,
    confirm: async (...given) => (await loaded()).confirm(...given),
    text: async (...given) => (await loaded()).text(...given),
    secret: async (...given) => (await loaded()).secret(...given),
    pasted: async (...given) => (await loaded()).pasted(...given),
    wait: async (...given) => (await loaded()).wait(...given),
    draw: async (...given) => (await loaded()).draw(...given),
    pick: async (...given) => (await loaded()).pick(...given),
  };
}
