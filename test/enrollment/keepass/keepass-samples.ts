import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SAMPLES, STEAM } from "../files/samples.ts";

/** The password of all samples. */
export const PASSWORD = "corréct horse";

const pathOf = (name: string) =>
  fileURLToPath(new URL(`fixtures/keepassxc-key-file.${name}`, import.meta.url));

/** A database that wants a password and a key file, and what opens it on a command line. */
export const WITH_KEY_FILE = {
  file: pathOf("kdbx"),
  keyFile: pathOf("keyx"),
  env: { FOB_PIN: PASSWORD },
} as const;

/** The tokens of all samples, by their issuers. */
export const TOKENS = [...SAMPLES, STEAM];

/** The entries of databases that make-kdbx.py makes, each with other fields for its token. */
export const ENTRIES: readonly Readonly<Record<string, string>>[] = [
  {
    Title: "Acme",
    UserName: "ann@acme.test",
    "TOTP Seed": "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
    "TOTP Settings": "30;6",
  },
  {
    Title: "Big & Co",
    UserName: "bob",
    otp: "key=KRUGS4ZANFZSA3TPOQQGCIDTMVRXEZLU&step=60&size=8&otpHashMode=Sha512",
  },
  {
    Title: "Counting",
    UserName: "carl",
    otp: "otpauth://hotp/Counting:carl?secret=ORSXG5BAOZQWY5LFOMQGC4TFEBZWQ33S&issuer=Counting&algorithm=SHA256&digits=7&counter=10300",
  },
  {
    Title: "Steam",
    UserName: "dora",
    otp: "otpauth://totp/Steam:dora?secret=MFRGGZDFMZTWQ2LKNNWG23TPOA&period=30&digits=5&issuer=Steam&encoder=steam",
  },
  { Title: "No token", UserName: "eve" },
];

/** Where a file is that was made beforehand. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A file that was made beforehand: by keepassxc-cli, or by make-kdbx.py of its name. */
export function fixture(name: string): Buffer {
  return readFileSync(fixturePath(name));
}
