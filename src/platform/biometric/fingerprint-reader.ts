import type { ClientInterface, MessageBus } from "@jellybrick/dbus-next";
import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { plural, type Text, type Texts, t, translated } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { untilFirst } from "#base/until-first.ts";
import type { Watch } from "#cli/prompt/prompt.ts";
import type { Sensor } from "#cli/sensor.ts";
import { call, promptly, type Signals, withBus } from "#platform/d-bus.ts";
import { listedUser } from "#platform/paths.ts";

const SERVICE = "net.reactivated.Fprint";

/**
 * How long a person may take for one scan, or for allowing fob to use the reader, in milliseconds.
 */
const MAX_WAITING = 30_000;

/** How many scans may fail. */
const MAX_FINGERS = 3;

/** The instructions for each retry status of fprintd. */
const RETRIES: Texts = {
  "verify-retry-scan": "once more",
  "verify-swipe-too-short": "once more, and slower",
  "verify-finger-not-centered": "once more, in the middle of the reader",
  "verify-remove-and-retry": "lift the finger, and touch once more",
};

const VERDICTS: Readonly<Record<string, boolean>> = {
  "verify-match": true,
  "verify-no-match": false,
};

const NO_READER: Text = "the PIN works without it; `fprintd-enroll` teaches a reader your finger";

/**
 * The fingerprint reader of a Linux machine, through fprintd on the system bus
 * (net.reactivated.Fprint).
 */
export function fingerprintReader(maxWaiting = MAX_WAITING): Sensor {
  return {
    describe: () =>
      withDevice(async (device, user) => {
        const fingers = await listFingers(device, user);
        return t`fingerprint reader, knows ${plural(fingers.length, "finger")}`;
      }),
    verify: (_reason, watch) =>
      withDevice(async (device, user) => {
        await listFingers(device, user);
        await claimed(device, user, async () => {
          for (let finger = 1; ; finger++) {
            const isRight = await scan(device, watch, maxWaiting);
            if (isRight) return;
            if (finger === MAX_FINGERS)
              throw new FobError("denied", t("the fingerprint reader does not know this finger"));
            watch.tell(t("the reader does not know this finger: try once more"));
          }
        });
      }),
  };
}

async function withDevice<T>(
  use: (device: ClientInterface, user: string) => Promise<T>,
): Promise<T> {
  const user = listedUser();
  if (user === null)
    throw new FobError("unavailable", t("fprintd knows users by name, and this user has none"));
  try {
    return await withBus("system", async (bus) => use(await defaultDevice(bus), user.username));
  } catch (error) {
    throw error instanceof FobError ? error : describe(error);
  }
}

async function defaultDevice(bus: MessageBus): Promise<ClientInterface> {
  const manager = await promptly(bus.getProxyObject(SERVICE, "/net/reactivated/Fprint/Manager"));
  const path = await promptly(
    call<string>(manager.getInterface(`${SERVICE}.Manager`), "GetDefaultDevice"),
  );
  const device = await promptly(bus.getProxyObject(SERVICE, path));
  return device.getInterface(`${SERVICE}.Device`);
}

async function listFingers(device: ClientInterface, user: string): Promise<readonly string[]> {
  return promptly(call(device, "ListEnrolledFingers", user));
}

/** Claims the reader while `use` runs, and always releases it. */
async function claimed<T>(
  device: ClientInterface,
  user: string,
  use: () => Promise<T>,
): Promise<T> {
  // the system may ask the person first whether fob may have it
  await promptly(call(device, "Claim", user), MAX_WAITING);
  try {
    return await use();
  } finally {
    // an unplugged reader cannot be released
    await promptly(call(device, "Release")).catch(() => undefined);
  }
}

/** Scans one finger. Returns whether it is known. */
async function scan(
  device: ClientInterface,
  { signal, tell }: Watch,
  maxWaiting: number,
): Promise<boolean> {
  const events: Signals = device;
  try {
    return await untilFirst([signal, maxWaiting], async (end) => {
      const answered = new Promise<boolean>((resolve, reject) => {
        events.on("VerifyStatus", (result: string, isDone: boolean) => {
          const isRight = ownValue(VERDICTS, result);
          const retry = ownValue(RETRIES, result);
          if (retry) tell(translated(retry));
          else if (isRight !== undefined) resolve(isRight);
          else if (isDone)
            reject(
              new FobError("unavailable", t("the fingerprint reader has gone"), {
                hint: translated(NO_READER),
              }),
            );
        });
        end.addEventListener("abort", () => reject(givenUp(signal, maxWaiting)));
        // the signal may have aborted while the reader was claimed
        if (end.aborted) reject(givenUp(signal, maxWaiting));
      });
      const started = call(device, "VerifyStart", "any").then(() => answered);
      return Promise.race([answered, started]);
    });
  } finally {
    events.removeAllListeners("VerifyStatus");
    // an unplugged reader has stopped already
    await promptly(call(device, "VerifyStop")).catch(() => undefined);
  }
}

function givenUp({ aborted }: AbortSignal, maxWaiting: number): FobError {
  return aborted
    ? stoppedByPerson()
    : new FobError(
        "denied",
        t`nobody touched the fingerprint reader within ${maxWaiting / 1000} s`,
      );
}

function describe(error: unknown): FobError {
  const { type = "" } = error as { readonly type?: string };
  const named = ownValue(FAILURES, type.replace(`${SERVICE}.Error.`, ""));
  return named === undefined
    ? unreachable(error)
    : new FobError("unavailable", translated(named), { hint: translated(NO_READER), cause: error });
}

const FAILURES: Texts = {
  NoSuchDevice: "there is no fingerprint reader",
  NoEnrolledPrints: "the fingerprint reader knows no finger of yours",
  AlreadyInUse: "another program is using the fingerprint reader",
  PermissionDenied: "the system does not let you use the fingerprint reader here",
  Internal: "the fingerprint reader has failed",
};

function unreachable(cause: unknown): FobError {
  return new FobError("unavailable", t("fprintd, which reads fingerprints, cannot be reached"), {
    hint: translated(NO_READER),
    cause,
  });
}
