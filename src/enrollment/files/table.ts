/** A table with named columns. */
export class Table {
  readonly rows: readonly Row[];

  /**
   * The names of the columns are in lower case; of two with one name, the first counts. `hasEnd`
   * says whether the last row is the end of the file.
   */
  constructor(columns: readonly string[], rows: readonly (readonly string[])[], hasEnd: boolean) {
    const places = new Map(columns.map((name, i) => [name, i] as const).toReversed());
    this.rows = rows.map((cells, i) => new Row(cells, places, hasEnd && i === rows.length - 1));
  }
}

/** The cells of a row, by the names of their columns. */
export class Row {
  readonly #cells: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #isLast: boolean;

  constructor(cells: readonly string[], places: ReadonlyMap<string, number>, isLast: boolean) {
    this.#cells = cells;
    this.#places = places;
    this.#isLast = isLast;
  }

  /** The first of these cells that is not empty, without the space around it; else empty. */
  cell(...names: readonly string[]): string {
    const texts = names.map((name) => (this.#cells[this.#places.get(name) ?? -1] ?? "").trim());
    return texts.find((text) => text !== "") ?? "";
  }

  /**
   * Whether the file may end in the middle of the cell under one of these names, or before it: it
   * is the last row, and has fewer cells than there are columns.
   */
  endsBefore(...names: readonly string[]): boolean {
    const places = names.flatMap((name) => this.#places.get(name) ?? []);
    return (
      this.#isLast &&
      this.#cells.length < this.#places.size &&
      this.#cells.length - 1 <= Math.max(...places)
    );
  }
}
