/**
 * The kinds of questions that are asked: the package has more, and whoever imports it whole loads
 * them all.
 */
export { confirm, input, password, search } from "@inquirer/prompts";
