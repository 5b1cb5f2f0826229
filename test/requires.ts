import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe } from "vitest";

/**
 * Programs that tests need, and the Debian package that each comes from; `python3:MODULE` for a
 * module of Debian's own Python, `pam:MODULE` for one of PAM, `root` for the rights of root,
 * `tmpfs` for the right to mount one, `tun` for the right to make a tunnel, `user-manager` for a
 * systemd that manages a user's services.
 */
export type Requirements = Readonly<Record<string, string | true>>;

/** The Python whose modules are Debian packages; another one may come first in PATH. */
export const DEBIAN_PYTHON = "/usr/bin/python3";

/** Where Debian has the manager of services. */
export const SYSTEMD = "/lib/systemd/systemd";

/** Where Debian keeps the modules of PAM. */
const PAM_FOLDERS = ["aarch64", "x86_64"].map((machine) => `/lib/${machine}-linux-gnu/security`);

/** What even the machine of CI may lack, because no package brings it: it may be a container. */
const MAY_LACK: readonly string[] = ["tun", "user-manager"];

/**
 * A group of tests that use real components of the system. Where one is missing they are left out,
 * saying what to install; with CI=true nothing that can be installed may be left out, and the group
 * fails.
 */
export function describeWith(requirements: Requirements, name: string, body: () => void): void {
  const missing = Object.entries(requirements).filter(([tool]) => !isThere(tool));
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  const names = missing
    .map(([tool, source]) => (source === true ? tool : `${tool} (Debian package ${source})`))
    .join(", ");
  const isFault = missing.some(([tool]) => !MAY_LACK.includes(tool));
  if (process.env["CI"] === "true" && isFault) throw new Error(`${name}: missing ${names}`);
  describe.skip(`${name}: left out, missing ${names}`, body);
}

function isThere(tool: string): boolean {
  if (tool === "tmpfs") return canMount();
  if (tool === "tun") return canMakeTunnels();
  if (tool === "user-manager") return canManageServices();
  if (tool === "root") return process.getuid?.() === 0;
  const [, pam] = /^pam:(\w+)$/.exec(tool) ?? [];
  if (pam) return PAM_FOLDERS.some((folder) => existsSync(join(folder, `${pam}.so`)));
  const [, module] = /^python3:(\w+)$/.exec(tool) ?? [];
  if (module) return spawnSync(DEBIAN_PYTHON, ["-c", `import ${module}`]).status === 0;
  return [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"].some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      // not in this folder
      return false;
    }
  });
}

/** Root can, unless a container takes the right away. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "fob-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "tmpfs", folder]).status === 0;
  if (mounted) spawnSync("umount", [folder]);
  rmdirSync(folder);
  return mounted;
}

/**
 * The manager starts only where /run says that systemd has started the machine: a name space of
 * mounts can say so, where there is the right to make one, and control groups where it can be
 * written.
 */
function canManageServices(): boolean {
  const groups = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].find((folder) => existsSync(folder));
  if (groups === undefined || !existsSync(SYSTEMD)) return false;
  const group = join(groups, `fob-probe-${process.pid}`);
  const tried = 'mount -t tmpfs tmpfs /run && mkdir "$0" && rmdir "$0"';
  return spawnSync("unshare", ["--mount", "sh", "-c", tried, group]).status === 0;
}

/** A container may have no right to do that. */
function canMakeTunnels(): boolean {
  const openvpn = (option: string) =>
    spawnSync("openvpn", [option, "--dev", "fob-probe", "--dev-type", "tun"], {
      env: { PATH: `${process.env["PATH"]}:/usr/sbin` },
    });
  const { status, error } = openvpn("--mktun");
  if (status === 0) openvpn("--rmtun");
  // where openvpn is missing, that is the reason
  return status === 0 || error !== undefined;
}
