import { expect, test } from "vitest";
import { listeningAddress } from "#lab/listening-address.ts";
import { serveLab } from "#lab/serve-lab.ts";
import { testLab } from "./lab.ts";

test("of several servers of a home, the newest that listens is named, whichever has ended", async () => {
  const lab = await testLab();
  const address = () => listeningAddress(lab.store.addresses());
  const newer = await serveLab(lab, { host: "127.0.0.1", port: 0 });
  expect(await address()).toBe(newer.url);
  await newer.close();
  expect(await address()).toBe(lab.url);
});

test("where none listens, the newest is named, and where none was started, none", async () => {
  expect(await listeningAddress(["http://127.0.0.1:1", "http://[::1]:1"])).toBe(
    "http://127.0.0.1:1",
  );
  expect(await listeningAddress([])).toBeNull();
});
