import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** One file operation of a program's story, as the shim tells it. Paths are whole. */
export type Operation =
  | { readonly operation: "create" | "fsync" | "mkdir" | "remove"; readonly path: string }
  | { readonly operation: "write"; readonly path: string; readonly data: string }
  | { readonly operation: "link" | "rename"; readonly from: string; readonly path: string }
  | { readonly operation: "print"; readonly text: string };

/**
 * A file's bytes: those that were written, and those that were on the disk when it was last
 * fsynced.
 */
interface FileNode {
  written: Buffer;
  durable: Buffer;
}

/**
 * A folder's names: those that a program sees, and those that were on the disk when it was last
 * fsynced.
 */
interface FolderNode {
  seen: Map<string, TreeNode>;
  durable: Map<string, TreeNode>;
}

type TreeNode = FileNode | FolderNode;

/** Which of the names that were not fsynced a power cut leaves. */
export type Survival = "only what was fsynced" | "every name, and no bytes";

/**
 * A disk of which a power cut leaves what was fsynced, and perhaps more: names reach the disk on
 * their own, bytes may not.
 */
export class Disk {
  readonly #home: string;
  readonly #root: FolderNode;

  /** The disk as it is now, all of it durable. */
  constructor(home: string) {
    this.#home = home;
    this.#root = readFolder(home);
  }

  /** What one operation does to the disk. */
  apply(operation: Operation): void {
    switch (operation.operation) {
      case "create":
        this.#put(operation.path, { written: Buffer.alloc(0), durable: Buffer.alloc(0) });
        return;
      case "mkdir":
        this.#makeFolders(operation.path);
        return;
      case "write": {
        const file = this.#find(operation.path);
        if (file && !isFolder(file))
          file.written = Buffer.concat([file.written, Buffer.from(operation.data, "base64")]);
        return;
      }
      case "fsync": {
        const node = this.#find(operation.path);
        if (!node) return;
        if (isFolder(node)) node.durable = new Map(node.seen);
        else node.durable = node.written;
        return;
      }
      case "remove":
        this.#parent(operation.path)?.seen.delete(nameOf(operation.path));
        return;
      case "link":
      case "rename": {
        const node = this.#find(operation.from);
        if (node) this.#put(operation.path, node);
        if (operation.operation === "rename")
          this.#parent(operation.from)?.seen.delete(nameOf(operation.from));
        return;
      }
      case "print":
    }
  }

  /**
   * Writes what a power cut leaves into a new folder. Returns a text that is the same for the same
   * leavings.
   */
  leave(survival: Survival, folder: string | null): string {
    return leaveFolder(
      this.#root,
      survival === "every name, and no bytes" ? "seen" : "durable",
      folder,
    );
  }

  #segments(path: string): string[] {
    return relative(this.#home, path).split("/").filter(Boolean);
  }

  #find(path: string): TreeNode | null {
    let node: TreeNode | undefined = this.#root;
    for (const name of this.#segments(path))
      node = node && isFolder(node) ? node.seen.get(name) : undefined;
    return node ?? null;
  }

  #parent(path: string): FolderNode | null {
    const node = this.#find(dirname(path));
    return node && isFolder(node) ? node : null;
  }

  #put(path: string, node: TreeNode): void {
    this.#parent(path)?.seen.set(nameOf(path), node);
  }

  #makeFolders(path: string): void {
    let node: FolderNode = this.#root;
    for (const name of this.#segments(path)) {
      const next: TreeNode = node.seen.get(name) ?? { seen: new Map(), durable: new Map() };
      node.seen.set(name, next);
      if (!isFolder(next)) return;
      node = next;
    }
  }
}

function isFolder(node: TreeNode): node is FolderNode {
  return "seen" in node;
}

function nameOf(path: string): string {
  return path.slice(dirname(path).length + 1);
}

function readFolder(path: string): FolderNode {
  const names = new Map<string, TreeNode>();
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) names.set(entry.name, readFolder(inside));
    else if (entry.isFile()) {
      const bytes = readFileSync(inside);
      names.set(entry.name, { written: bytes, durable: bytes });
    }
  }
  return { seen: names, durable: new Map(names) };
}

function leaveFolder(folder: FolderNode, which: "seen" | "durable", path: string | null): string {
  if (path !== null) mkdirSync(path, { mode: 0o700 });
  const parts = [...folder[which]].map(([name, node]) => {
    const inside = path === null ? null : join(path, name);
    if (isFolder(node)) return `${name}/(${leaveFolder(node, which, inside)})`;
    if (inside !== null) writeFileSync(inside, node.durable, { mode: 0o600 });
    return `${name}=${node.durable.toString("base64")}`;
  });
  return parts.sort().join(",");
}
