import { t } from "#base/language.ts";
import { powershell } from "#platform/program/tool.ts";
import type { Notifier } from "#push/notifier.ts";
import { scriptedNotifier } from "./scripted-notifier.ts";

/**
 * Balloons and message boxes of Windows. A toast with buttons needs a registered program; a message
 * box does not, but its buttons have fixed labels, so the question explains them.
 */
export function windowsNotifier(): Notifier {
  return scriptedNotifier({
    name: "the notifications of Windows",
    tell: powershell(`${PREPARE}
      Add-Type -AssemblyName System.Windows.Forms
      Add-Type -AssemblyName System.Drawing
      $balloon = New-Object System.Windows.Forms.NotifyIcon
      $balloon.Icon = [System.Drawing.SystemIcons]::Information
      $balloon.Visible = $true
      $balloon.ShowBalloonTip(10000, $notice.title, $notice.body, 'None')
      Start-Sleep -Seconds 5
      $balloon.Dispose()
      'told'`),
    ask: powershell(`${PREPARE}
      $meaning = "Yes: {0}. No: {1}. Cancel: not now." -f $notice.labels[0], $notice.labels[1]
      $shell = New-Object -ComObject WScript.Shell
      switch ($shell.Popup("$($notice.body)\`n\`n$meaning", $notice.seconds, $notice.title, ${BUTTONS})) {
        6 { 'first' }
        7 { 'second' }
        default { 'neither' }
      }`),
    hint: t("Settings, System, Notifications; `fob push listen` needs none"),
  });
}

/**
 * Yes, No and Cancel (3), a question mark (0x20), Cancel for the Enter key (0x200), above all other
 * windows (0x1000).
 */
const BUTTONS = 0x1223;

/** The texts are passed as data, never as part of the script. */
const PREPARE = `
  $ErrorActionPreference = 'Stop'
  [Console]::InputEncoding = [System.Text.Encoding]::UTF8
  $notice = [Console]::In.ReadToEnd() | ConvertFrom-Json`;
