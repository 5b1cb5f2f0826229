import { FobError } from "./fob-error.ts";
import { type Texts, t, translated } from "./language.ts";
import { ownValue } from "./own-value.ts";

const REASONS: Texts = {
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EIO: "the device reports an error",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
  ENOENT: "it does not exist",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "it is a circle of links",
};

const HINTS: Texts = { ENOSPC: "make room and try again; nothing was lost" };

/** Hints for a file of the home folder. */
const HOME_HINTS: Texts = {
  ...HINTS,
  EACCES: "the folder must belong to you; --home or FOB_HOME chooses another",
  EROFS: "--home or FOB_HOME chooses another folder",
  ENOTDIR: "--home or FOB_HOME chooses another folder",
};

/** The operation on a file or folder that failed. */
export type FileAction = "read" | "write" | "create" | "remove" | "change" | "move" | "use";

const FAILURES: Readonly<Record<FileAction, (path: string, reason: string) => string>> = {
  read: (path, reason) => t`cannot read ${path}: ${reason}`,
  write: (path, reason) => t`cannot write ${path}: ${reason}`,
  create: (path, reason) => t`cannot create ${path}: ${reason}`,
  remove: (path, reason) => t`cannot remove ${path}: ${reason}`,
  change: (path, reason) => t`cannot change ${path}: ${reason}`,
  move: (path, reason) => t`cannot move ${path}: ${reason}`,
  use: (path, reason) => t`cannot use ${path}: ${reason}`,
};

/**
 * Describes a failed operation on a file of the home as FobError `unavailable`: the operation, the
 * path and the reason. Returns a FobError unchanged.
 */
export function describeFileError(error: unknown, action: FileAction, path: string): FobError {
  return describeWith(HOME_HINTS, error, action, path);
}

/** {@link describeFileError} for a file outside the home: its hints do not suggest another home. */
export function describeForeignFileError(
  error: unknown,
  action: FileAction,
  path: string,
): FobError {
  return describeWith(HINTS, error, action, path);
}

function describeWith(hints: Texts, error: unknown, action: FileAction, path: string): FobError {
  if (error instanceof FobError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const hint = ownValue(hints, code);
  return new FobError(
    "unavailable",
    FAILURES[action](path, translated(ownValue(REASONS, code) ?? message)),
    {
      cause: error,
      ...(hint === undefined ? {} : { hint: translated(hint) }),
    },
  );
}

/** Whether an error is one of {@link describeFileError} for a file that this user may not use. */
export function isClosedFile(error: unknown): boolean {
  const cause = error instanceof FobError ? error.cause : null;
  const { code = "" } = (cause ?? {}) as NodeJS.ErrnoException;
  return ["EACCES", "EPERM"].includes(code);
}

/**
 * Describes a failure after the change itself: the file has its new content, but that content may
 * not survive a power cut. FobError `unavailable` with `isDone`.
 */
export function describeDoneInDoubt(error: unknown, path: string): FobError {
  if (error instanceof FobError && error.isDone) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new FobError(
    "unavailable",
    t`${path} was changed, but a power cut may undo that: ${translated(ownValue(REASONS, code) ?? message)}`,
    { hint: t("do not repeat it before looking: it was done"), cause: error, isDone: true },
  );
}

/**
 * Any thrown value as a FobError: `unavailable` for a failed file operation or a module that cannot
 * be loaded, `internal` for everything else.
 */
export function asFobError(error: unknown): FobError {
  if (error instanceof FobError) return error;
  if (isFileError(error)) return describeForeignFileError(error, "use", error.path);
  if (isModuleError(error)) {
    return new FobError("unavailable", t`a part of fob is missing: ${firstLine(error.message)}`, {
      hint: t("install fob again"),
      cause: error,
    });
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new FobError("internal", t`unexpected failure (${firstLine(reason)})`, {
    hint: t("FOB_DEBUG=1 shows where; please report it"),
    cause: error,
  });
}

const MODULE_ERRORS: readonly unknown[] = [
  "MODULE_NOT_FOUND",
  "ERR_MODULE_NOT_FOUND",
  "ERR_DLOPEN_FAILED",
];

function isModuleError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && MODULE_ERRORS.includes(error.code);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function isFileError(error: unknown): error is NodeJS.ErrnoException & { readonly path: string } {
  const { code, path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return (
    typeof path === "string" &&
    syscall !== undefined &&
    code !== undefined &&
    Object.hasOwn(REASONS, code)
  );
}
