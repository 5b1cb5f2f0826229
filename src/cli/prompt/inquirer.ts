/** The prompts that fob uses: importing the whole package would load all of its prompts. */
export { confirm, input, password, search } from "@inquirer/prompts";
