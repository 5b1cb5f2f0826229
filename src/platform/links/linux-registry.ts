import { join } from "node:path";
import { LOGO } from "#base/logo.ts";
import type { LinkOwner } from "#cli/links.ts";
import { configFolder, dataFolder } from "#platform/paths.ts";
import { isInstalled } from "#platform/program/find-program.ts";
import { planOf, runTool, type Step, writing } from "#platform/program/system-steps.ts";
import { desktopEntry, ENTRY_NAME, ICON_NAME, schemeType } from "./desktop-entry.ts";
import { defaultIn, saysNothing, withDefaults } from "./mime-defaults.ts";
import { type Registry, type Surroundings, UNDO } from "./registry.ts";
import {
  type Before,
  formatRemembered,
  readRemembered,
  readSmallFile,
  rememberedPath,
} from "./remembered.ts";

/** Desktops write a line a type. */
const MAX_LIST = 1024 * 1024;

/** The files of this user that a registration is about. */
interface Places {
  readonly applications: string;
  readonly entry: string;
  readonly icon: string;
  readonly list: string;
  readonly remembered: string;
}

/**
 * The desktop entries and MIME types of freedesktop.org. The list of the user's own preferences is
 * changed here and not by xdg-mime, which cannot take a line out again.
 */
export function linuxRegistry({ env, program }: Surroundings): Registry {
  return {
    owners: async (schemes) => findOwners(schemes, placesOf(env), env),
    async planInstallation(schemes) {
      const places = placesOf(env);
      const list = readSmallFile(places.list, MAX_LIST) ?? "";
      const before = beforeWith(schemes, list, readRemembered(places.remembered));
      const values = new Map(schemes.map((scheme) => [schemeType(scheme), ENTRY_NAME]));
      const lines = schemes.map((scheme) => `${schemeType(scheme)}=${ENTRY_NAME}\n`);
      return planOf(
        [
          // first of all, so that whatever happens can be taken back
          writing(places.remembered, formatRemembered(before)),
          writing(places.entry, desktopEntry(program, schemes)),
          writing(places.icon, `${LOGO}\n`),
          writing(places.list, withDefaults(list, values), `[...]\n${lines.join("")}`),
          ...updating(places, env),
        ],
        env,
        UNDO,
      );
    },
    async planRemoval() {
      const places = placesOf(env);
      const before = readRemembered(places.remembered);
      return before && planOf(removalSteps(before, places, env), env, UNDO);
    },
  };
}

function placesOf(env: NodeJS.ProcessEnv): Places {
  const data = dataFolder(env);
  const applications = join(data, "applications");
  return {
    applications,
    entry: join(applications, ENTRY_NAME),
    icon: join(data, "icons", "hicolor", "scalable", "apps", `${ICON_NAME}.svg`),
    list: join(configFolder(env), "mimeapps.list"),
    remembered: rememberedPath(env, "linux"),
  };
}

/** What was there before the first registration; the second one must not take fob for it. */
function beforeWith(schemes: readonly string[], list: string, known: Before | null): Before {
  const own = schemes.map((scheme): [string, string | null] => {
    const value = defaultIn(list, schemeType(scheme));
    return [scheme, isOurs(value) ? null : value];
  });
  return new Map([...own, ...(known ?? [])]);
}

function removalSteps(before: Before, places: Places, env: NodeJS.ProcessEnv): Step[] {
  const list = readSmallFile(places.list, MAX_LIST) ?? "";
  // another program that was chosen meanwhile stays
  const values = new Map(
    [...before]
      .map(([scheme, value]) => [schemeType(scheme), value] as const)
      .filter(([type]) => isOurs(defaultIn(list, type))),
  );
  const restored = withDefaults(list, values);
  const lines = [...values].map(([type, value]) =>
    value === null ? `(without ${type})\n` : `${type}=${value}\n`,
  );
  const listStep: Step = saysNothing(restored)
    ? { action: "remove", path: places.list }
    : writing(places.list, restored, `[...]\n${lines.join("")}`);
  return [
    ...(values.size === 0 ? [] : [listStep]),
    { action: "remove", path: places.entry },
    { action: "remove", path: places.icon },
    ...updating(places, env),
    { action: "remove", path: places.remembered },
  ];
}

/** The cache of the desktop entries, without which programs may not know a new one. */
function updating({ applications }: Places, env: NodeJS.ProcessEnv): Step[] {
  if (!isInstalled("update-desktop-database", env)) return [];
  return [{ action: "run", tool: ["update-desktop-database", applications], isOptional: true }];
}

function isOurs(value: string | null): boolean {
  return value?.split(";")[0] === ENTRY_NAME;
}

async function findOwners(
  schemes: readonly string[],
  places: Places,
  env: NodeJS.ProcessEnv,
): Promise<readonly LinkOwner[]> {
  const before = readRemembered(places.remembered);
  const list = readSmallFile(places.list, MAX_LIST) ?? "";
  const hasTool = isInstalled("xdg-mime", env);
  return Promise.all(
    schemes.map(async (scheme) => {
      const type = schemeType(scheme);
      const handler = hasTool
        ? firstLine((await runTool(["xdg-mime", "query", "default", type], env)).output)
        : (defaultIn(list, type)?.split(";")[0] ?? null);
      const former = before?.get(scheme)?.split(";")[0] ?? null;
      return { scheme, handler, isFob: isOurs(handler), before: former };
    }),
  );
}

function firstLine(output: string): string | null {
  return output.trim().split("\n")[0] || null;
}
