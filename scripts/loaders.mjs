/**
 * The completion scripts are part of the program: they are bundled as texts.
 * @type {Record<string, "text">}
 */
export const LOADERS = { ".bash": "text", ".fish": "text", ".ps1": "text", "": "text" };
