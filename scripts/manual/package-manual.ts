/** package.json with these man pages in it, which npm then links where man looks for them. */
export function registerPages(packageJson: string, pages: readonly string[]): string {
  return `${JSON.stringify({ ...JSON.parse(packageJson), man: pages }, null, 2)}\n`;
}
