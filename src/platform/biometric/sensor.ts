import type { Sensor } from "#cli/sensor.ts";
import { fingerprintReader } from "./fingerprint-reader.ts";
import { touchId } from "./touch-id.ts";
import { windowsHello } from "./windows-hello.ts";

/** The biometric sensor of this platform. */
export function systemSensor(platform: NodeJS.Platform): Sensor {
  if (platform === "darwin") return touchId();
  return platform === "win32" ? windowsHello() : fingerprintReader();
}
