import { t } from "#base/language.ts";
import type { Sensor } from "#cli/sensor.ts";
import { powershell } from "#platform/program/tool.ts";
import { scriptedSensor } from "./asking-program.ts";

const VERIFIER = "Windows.Security.Credentials.UI.UserConsentVerifier";

/** Windows Hello (face, fingerprint or its PIN), through the UserConsentVerifier of WinRT. */
export function windowsHello(): Sensor {
  return scriptedSensor("Windows Hello", {
    probe: powershell(
      `${PREPARE}
      $state = Wait-For ([${VERIFIER}]::CheckAvailabilityAsync()) ([${VERIFIER}Availability])
      if ($state -eq 'Available') { 'ready' } else { 'unavailable' }`,
    ),
    ask: (reason) =>
      powershell(
        `${PREPARE}
      $result = Wait-For ([${VERIFIER}]::RequestVerificationAsync('${quoted(reason)}')) ([${VERIFICATION}])
      switch ($result) {
        'Verified' { 'recognized' }
        'RetriesExhausted' { 'refused' }
        'Canceled' { 'cancelled' }
        default { 'unavailable' }
      }`,
      ),
    hint: t("Settings, Accounts, Sign-in options; the PIN works without it"),
  });
}

/** Quotes a text for PowerShell, which also accepts typographic quotes as quotes. */
function quoted(text: string): string {
  return text.replace(/['\u2018-\u201b]/g, "$&$&");
}

const VERIFICATION = "Windows.Security.Credentials.UI.UserConsentVerificationResult";

/**
 * PowerShell has no await: the generic AsTask turns a WinRT operation into a task that the script
 * can wait for.
 */
const PREPARE = `
  $ErrorActionPreference = 'Stop'
  Add-Type -AssemblyName System.Runtime.WindowsRuntime
  $null = [${VERIFIER}, Windows.Security.Credentials.UI, ContentType = WindowsRuntime]
  $asTask = ([System.WindowsRuntimeSystemExtensions].GetMethods() | Where-Object {
    $_.Name -eq 'AsTask' -and $_.GetParameters().Count -eq 1 -and $_.GetParameters()[0].ParameterType.Name -eq 'IAsyncOperation\`1'
  })[0]
  function Wait-For($operation, $type) {
    $task = $asTask.MakeGenericMethod($type).Invoke($null, @($operation))
    $null = $task.Wait(-1)
    $task.Result
  }`;
