import type { ClientInterface } from "@jellybrick/dbus-next";
import { FobError } from "#base/fob-error.ts";
import { type Text, t, translated } from "#base/language.ts";
import { untilFirst } from "#base/until-first.ts";
import { call, promptly, type Signals, withBus } from "#platform/d-bus.ts";
import type { Notice, NoticeAction, Notifier } from "#push/notifier.ts";

const SERVICE = "org.freedesktop.Notifications";

/**
 * The parts of the Desktop Notifications Specification 1.2 that are used. Given here because a
 * notification daemon need not support introspection.
 */
const DESCRIPTION = `<node><interface name="${SERVICE}">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
    <arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>`;

const HINT: Text =
  "start one: GNOME and KDE have their own, dunst or mako serve other desktops; `fob push listen` needs none";

/** The urgency of a notification: a critical one stays until it is answered. */
type Urgency = "normal" | "critical";

/** The levels of the specification's `urgency` hint. */
const URGENCIES: Readonly<Record<Urgency, number>> = { normal: 1, critical: 2 };

/** The desktop notifications of Linux, through org.freedesktop.Notifications on the session bus. */
export function desktopNotifier(): Notifier {
  return {
    describe: () =>
      withDaemon(async (daemon) => {
        const [name = SERVICE] = await promptly(call<string[]>(daemon, "GetServerInformation"));
        const hasButtons = (await capabilitiesOf(daemon)).includes("actions");
        return hasButtons ? name : t`${name}, which has no buttons`;
      }),
    tell: (notice) =>
      withDaemon(async (daemon) => {
        await promptly(show(daemon, notice, [], await capabilitiesOf(daemon), "normal"));
      }),
    ask: ({ actions, ...notice }, { signal, timeout }) =>
      withDaemon(async (daemon) => {
        const capabilities = await capabilitiesOf(daemon);
        if (!capabilities.includes("actions")) throw withoutButtons();
        const pressed = await untilFirst([signal, timeout], (end) =>
          ask(daemon, () => show(daemon, notice, actions, capabilities, "critical"), end),
        );
        return actions.find(({ id }) => id === pressed)?.id ?? null;
      }),
  };
}

async function withDaemon<T>(use: (daemon: ClientInterface) => Promise<T>): Promise<T> {
  try {
    return await withBus("session", async (bus) => {
      const found = await promptly(
        bus.getProxyObject(SERVICE, "/org/freedesktop/Notifications", DESCRIPTION),
      );
      return use(found.getInterface(SERVICE));
    });
  } catch (error) {
    if (error instanceof FobError) throw error;
    throw new FobError("unavailable", t("nothing here shows notifications"), {
      hint: translated(HINT),
      cause: error,
    });
  }
}

function capabilitiesOf(daemon: ClientInterface): Promise<readonly string[]> {
  return promptly(call<string[]>(daemon, "GetCapabilities"));
}

/** Shows a notification and returns its id. */
async function show(
  daemon: ClientInterface,
  { title, body, isPassing = false }: Notice,
  actions: readonly NoticeAction[],
  capabilities: readonly string[],
  urgency: Urgency,
): Promise<number> {
  const { Variant } = await import("@jellybrick/dbus-next");
  const shownBody = capabilities.includes("body-markup") ? escapeMarkup(body) : body;
  const buttons = actions.flatMap(({ id, label }) => [id, label]);
  const hints = {
    urgency: new Variant("y", URGENCIES[urgency]),
    ...(isPassing ? { transient: new Variant("b", true) } : {}),
  };
  // a question is closed by fob after its time, not by the desktop
  const lifetime = urgency === "critical" ? 0 : -1;
  return call(daemon, "Notify", "fob", 0, "", title, shownBody, buttons, hints, lifetime);
}

/** The key of the pressed button; null when the notification was closed, or `end` aborts. */
async function ask(
  daemon: ClientInterface,
  present: () => Promise<number>,
  end: AbortSignal,
): Promise<string | null> {
  const signals: Signals = daemon;
  const answered = new Promise<string | null>((resolve) => {
    // an answer may arrive before the id of its notification
    const hear = (about: number, answer: string | null) =>
      shown.then((mine) => about === mine && resolve(answer)).catch(() => undefined);
    signals.on("ActionInvoked", (about: number, key: string) => void hear(about, key));
    signals.on("NotificationClosed", (about: number) => void hear(about, null));
    end.addEventListener("abort", () => resolve(null));
    if (end.aborted) resolve(null);
  });
  const shown = promptly(present());
  try {
    await shown;
    return await answered;
  } finally {
    signals.removeAllListeners("ActionInvoked");
    signals.removeAllListeners("NotificationClosed");
    // it may be closed already, or the daemon may have ended
    await promptly(shown.then((mine) => call(daemon, "CloseNotification", mine))).catch(
      () => undefined,
    );
  }
}

function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function withoutButtons(): FobError {
  return new FobError("unavailable", t("the notifications here have no buttons"), {
    hint: translated(HINT),
  });
}
