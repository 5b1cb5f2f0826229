import { beforeEach, expect, test } from "vitest";
import { tpmChip } from "#platform/hardware/chip.ts";
import { inSession } from "#platform/hardware/key-session.ts";
import { takeCount } from "#platform/hardware/nv-counter.ts";
import { TPM_LIMITS } from "#platform/hardware/open-tpm.ts";
import { storageKey } from "#platform/hardware/storage-key.ts";
import { Tpm } from "#platform/hardware/tpm.ts";
import { connect } from "#platform/hardware/tpm-transport.ts";
import { describeWith } from "../../requires.ts";
import { EMULATOR, type Emulator, listenBetween, startEmulator } from "./emulator.ts";

const VAULT = "0123456789abcdef";

let emulator: Emulator;

/** A connection that several may use at once: their commands take turns, as at /dev/tpmrm0. */
class SharedTpm extends Tpm {
  #last: Promise<unknown> = Promise.resolve();

  override run(command: Parameters<Tpm["run"]>[0]): ReturnType<Tpm["run"]> {
    const reply = this.#last.then(() => super.run(command));
    this.#last = reply.catch(() => undefined);
    return reply;
  }
}

beforeEach(async () => {
  emulator = await startEmulator();
});

describeWith(EMULATOR, "a counter of the TPM", () => {
  test("gives each value once, and begins above the values of those before it", async () => {
    const chip = tpmChip(emulator.env);
    const { value, ...counter } = await chip.makeCounter(VAULT);
    expect(await chip.count(counter)).toBe(value + 1n);
    expect(await chip.count(counter)).toBe(value + 2n);
    const [index = 0] = await chip.countersOf(VAULT);
    await chip.removeCounter(index);
    await expect(chip.count(counter)).rejects.toMatchObject({ code: "invalid" });
    expect((await chip.makeCounter(VAULT)).value).toBeGreaterThan(value + 2n);
  });

  test("gives no value twice where commands of several processes mix", async () => {
    const { value: _, ...counter } = await tpmChip(emulator.env).makeCounter(VAULT);
    const place = { kind: "socket", path: emulator.socket, isShared: false } as const;
    const tpm = new SharedTpm(await connect(place, TPM_LIMITS), TPM_LIMITS);
    const key = await storageKey(tpm);
    const users = await Promise.all([1, 2, 3].map(() => inSession(tpm, key)));
    const values = await Promise.all(users.map((user) => takeCount(user, counter)));
    await tpm.close();
    expect(new Set(values).size).toBe(values.length);
  });

  test("is known as one of its vault, and removed once", async () => {
    const chip = tpmChip(emulator.env);
    await chip.makeCounter(VAULT);
    await chip.makeCounter("another vault");
    const found = await chip.countersOf(VAULT);
    expect(found).toHaveLength(1);
    const [index = 0] = found;
    const described = await emulator.tool("tpm2_nvreadpublic", `0x${index.toString(16)}`);
    for (const attribute of ["authwrite", "authread", "nt=0x1", "no_da", "written"])
      expect(described).toContain(attribute);
    await chip.removeCounter(index);
    await chip.removeCounter(index);
    expect(await chip.countersOf(VAULT)).toEqual([]);
  });

  test("has an auth value that the bus does not show, and no value without it", async () => {
    const bus = await listenBetween(emulator);
    const chip = tpmChip(bus.env);
    const { value: _, ...counter } = await chip.makeCounter(VAULT);
    await chip.count(counter);
    expect(bus.recorded().includes(Buffer.from(counter.auth, "base64"))).toBe(false);
    const other = { ...counter, auth: Buffer.alloc(32, 1).toString("base64") };
    await expect(chip.count(other)).rejects.toMatchObject({ code: "invalid" });
    expect(await emulator.tool("tpm2_getcap", "properties-variable")).toMatch(
      /TPM2_PT_LOCKOUT_COUNTER: 0x0/,
    );
  });

  test("is refused by name where the chip is full, or its owner has a password", async () => {
    const chip = tpmChip(emulator.env);
    const fillWith = async (size: number): Promise<void> => {
      const define = emulator.tool("tpm2_nvdefine", "-C", "o", "-s", String(size));
      if (
        await define.then(
          () => true,
          () => false,
        )
      )
        await fillWith(size);
    };
    for (const size of [2_048, 256]) await fillWith(size);
    const fill = async () => {
      for (;;) await chip.makeCounter(VAULT);
    };
    await expect(fill()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("no room"),
    });
    await chip.removeCounter((await chip.countersOf(VAULT))[0] ?? 0);
    await emulator.tool("tpm2_changeauth", "-c", "owner", "password");
    await expect(chip.makeCounter(VAULT)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("owner"),
    });
  });
});
