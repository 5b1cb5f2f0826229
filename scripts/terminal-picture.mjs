// Turns what a terminal shows, escape sequences and all, into an SVG picture that moves from screen
// to screen.

const CELL = { width: 8.4, height: 18 };
const MARGIN = 14;
const COLORS = [
  "#3b4252",
  "#e06c75",
  "#8fd17c",
  "#e5c07b",
  "#6aa9f0",
  "#c792ea",
  "#56b6c2",
  "#d8dee9",
];
const TEXT = "#d8dee9";
const PAPER = "#1e2430";

/**
 * An animated picture. A screen's lines hold SGR sequences; each is shown for its seconds, over and
 * over.
 * @param {readonly { readonly lines: readonly string[], readonly seconds: number }[]} screens
 * @param {{ readonly columns: number, readonly rows: number }} size
 */
export function drawScreens(screens, { columns, rows }) {
  const [width, height] = [columns * CELL.width + 2 * MARGIN, rows * CELL.height + 2 * MARGIN];
  const total = screens.reduce((sum, { seconds }) => sum + seconds, 0);
  let start = 0;
  const groups = screens.map(({ lines, seconds }, i) => {
    const [from, to] = [start / total, (start + seconds) / total].map((part) =>
      (100 * part).toFixed(3),
    );
    start += seconds;
    const frames = `@keyframes s${i}{0%{opacity:0}${from}%{opacity:1}${to}%{opacity:0}100%{opacity:0}}`;
    return {
      frames,
      group: `<g class="s" style="animation-name:s${i}">${lines.map(drawLine).join("")}</g>`,
    };
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="fob in a terminal">`,
    `<style>text{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:${TEXT}}`,
    `.b{font-weight:bold}.d{opacity:.6}.s{opacity:0;animation:${total}s step-end infinite}.s:first-of-type{opacity:1}`,
    // the still picture is the first screen
    "@media (prefers-reduced-motion: reduce){.s{animation:none}}",
    `${groups.map(({ frames }) => frames).join("")}</style>`,
    `<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>`,
    ...groups.map(({ group }) => group),
    "</svg>\n",
  ].join("\n");
}

/**
 * @param {string} line
 * @param {number} row
 */
function drawLine(line, row) {
  const y = MARGIN + (row + 0.75) * CELL.height;
  let column = 0;
  const spans = spansOf(line).map(({ text, bold, dim, inverse, color }) => {
    const x = MARGIN + column * CELL.width;
    const length = [...text].length;
    column += length;
    const classes = [bold && "b", dim && "d"].filter(Boolean).join(" ");
    const fill = inverse ? PAPER : color;
    const attributes = `${classes && ` class="${classes}"`}${fill === TEXT ? "" : ` style="fill:${fill}"`}`;
    const paper = inverse
      ? `<rect x="${x.toFixed(1)}" y="${(y - 14).toFixed(1)}" width="${(length * CELL.width).toFixed(1)}" height="${CELL.height}" fill="${color}"/>`
      : "";
    return `${paper}<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" textLength="${(length * CELL.width).toFixed(1)}"${attributes}>${escapeXml(text)}</text>`;
  });
  return spans.join("");
}

/** @param {string} line */
function spansOf(line) {
  const spans = [];
  let style = { bold: false, dim: false, inverse: false, color: TEXT };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of a terminal begin with one
  for (const part of line.replace(/\s+$/, "").split(/(\u001b\[[\d;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) style = codes.split(";").map(Number).reduce(restyle, style);
    else if (part !== "") spans.push({ text: part, ...style });
  }
  return spans;
}

/**
 * @param {{ bold: boolean, dim: boolean, inverse: boolean, color: string }} style
 * @param {number} code
 */
function restyle(style, code) {
  if (code === 0) return { bold: false, dim: false, inverse: false, color: TEXT };
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 7) return { ...style, inverse: true };
  if (code === 27) return { ...style, inverse: false };
  if (code === 39) return { ...style, color: TEXT };
  const color = COLORS[code >= 90 ? code - 90 : code - 30];
  return color === undefined ? style : { ...style, color };
}

/** @param {string} text */
function escapeXml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
