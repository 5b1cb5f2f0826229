import { describe, expect, test } from "vitest";
import { forgetOnDesktop } from "#platform/clipboard/forget-on-desktop.ts";
import { scriptRunner } from "../script-runner.ts";

const platform = scriptRunner();

describe("the clipboard of Windows", () => {
  test("is emptied by a script that is told what it must still hold", async () => {
    platform.runner("powershell.exe", "done");
    await forgetOnDesktop("492039", "win32");
    expect(platform.told()).toBe("492039");
    const [, encoded = ""] = /-EncodedCommand\n(.*)\n/.exec(platform.given()) ?? [];
    const script = Buffer.from(encoded, "base64").toString("utf16le");
    expect(script).toMatch(
      /if \(\[.*Clipboard\]::GetText\(\) -ceq \$ours\) \{ \[.*Clipboard\]::Clear\(\) \}/,
    );
    expect(script).not.toMatch(/492039|SetText|Set-Clipboard/);
    // Windows Forms reaches the clipboard from a single-threaded apartment alone
    expect(platform.given()).toContain("-STA\n");
  });
});
