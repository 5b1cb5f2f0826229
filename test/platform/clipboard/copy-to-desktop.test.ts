import { describe, expect, test } from "vitest";
import { copyForOnePaste, copyMarked } from "#platform/clipboard/copy-to-desktop.ts";
import { scriptRunner } from "../script-runner.ts";

const platform = scriptRunner();

describe("a copy that clipboard managers leave alone", () => {
  test("has the three formats of Windows", async () => {
    platform.runner("powershell.exe", "done");
    expect(await copyMarked("492039", {}, "win32")).toBe(true);
    expect(platform.told()).toBe("492039");
    const [, encoded = ""] = /-EncodedCommand\n(.*)\n/.exec(platform.given()) ?? [];
    const script = Buffer.from(encoded, "base64").toString("utf16le");
    expect(script).toContain("ExcludeClipboardContentFromMonitorProcessing");
    expect(script).toContain("CanIncludeInClipboardHistory");
    expect(script).toContain("CanUploadToCloudClipboard");
    expect(script).not.toContain("492039");
  });

  test("has the concealed type of macOS", async () => {
    platform.runner("osascript", "done");
    expect(await copyMarked("492039", {}, "darwin")).toBe(true);
    expect(platform.told()).toBe("492039");
    expect(platform.given()).toContain("org.nspasteboard.ConcealedType");
    expect(platform.given()).not.toContain("492039");
  });

  test("is given up where the script fails", async () => {
    platform.runner("osascript", "refused");
    expect(await copyMarked("492039", {}, "darwin")).toBe(false);
  });

  test("counts pastes on Wayland alone", async () => {
    expect(await copyForOnePaste("492039", { DISPLAY: ":0" }, "linux")).toBe(false);
    expect(await copyForOnePaste("492039", { WAYLAND_DISPLAY: "w" }, "darwin")).toBe(false);
  });
});
