#!/usr/bin/python3
"""Encrypts standard input as another app does: seal.py FORMAT PASSWORD < plain > sealed.

Where an app lets its user choose the costs of the key, they are as low as it allows; `ente-real`
and `otpclient-real` have those that the apps choose. Written after the sources of the apps, with other implementations of the algorithms than fob's:
libargon2 (python3-argon2), libsodium (python3-nacl) and OpenSSL (python3-cryptography).
"""
import base64
import hashlib
import hmac
import json
import os
import struct
import sys

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl import bindings, pwhash


def b64(data):
    return base64.b64encode(data).decode()


def argon2id(password, salt, memory_kib, passes, lanes):
    return hash_secret_raw(password, salt, passes, memory_kib, lanes, 32, Type.ID)


def cbc(key, iv, text):
    pad = 16 - len(text) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(text + bytes([pad]) * pad) + encryptor.finalize()


def bitwarden(plain, password, kdf):
    salt = b64(os.urandom(16))
    if kdf == 0:
        costs = {"kdfIterations": 600_000}
        master = hashlib.pbkdf2_hmac("sha256", password, salt.encode(), 600_000, 32)
    else:
        costs = {"kdfIterations": 2, "kdfMemory": 16, "kdfParallelism": 4}
        master = argon2id(password, hashlib.sha256(salt.encode()).digest(), 16 * 1024, 2, 4)
    enc, mac = (hmac.digest(master, info + b"\x01", "sha256") for info in (b"enc", b"mac"))

    def seal(text):
        iv = os.urandom(16)
        ciphertext = cbc(enc, iv, text)
        parts = (iv, ciphertext, hmac.digest(mac, iv + ciphertext, "sha256"))
        return "2." + "|".join(map(b64, parts))

    validation = seal(b"6ba7b810-9dad-41d1-80b4-00c04fd430c8")
    head = {"encrypted": True, "passwordProtected": True, "salt": salt, "kdfType": kdf}
    tail = {"encKeyValidation_DO_NOT_EDIT": validation, "data": seal(plain)}
    return json.dumps({**head, **costs, **tail}, indent=2).encode()


def ente(plain, password, memory, passes):
    salt = os.urandom(16)
    key = pwhash.argon2id.kdf(32, password, salt, passes, memory)
    stream = bindings.crypto_secretstream_xchacha20poly1305_state()
    header = bindings.crypto_secretstream_xchacha20poly1305_init_push(stream, key)
    final = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    sealed = bindings.crypto_secretstream_xchacha20poly1305_push(stream, plain, None, final)
    params = {"memLimit": memory, "opsLimit": passes, "salt": b64(salt)}
    export = {"version": 1, "kdfParams": params, "encryptedData": b64(sealed)}
    return json.dumps({**export, "encryptionNonce": b64(header)}).encode()


def proton(plain, password):
    salt, nonce = os.urandom(16), os.urandom(12)
    key = argon2id(password, salt, 19 * 1024, 2, 1)
    content = nonce + AESGCM(key).encrypt(nonce, plain, b"proton.authenticator.export.v1")
    return json.dumps({"version": 1, "salt": b64(salt), "content": b64(content)}).encode()


def stratum(plain, password):
    salt, nonce = os.urandom(16), os.urandom(12)
    key = argon2id(password, salt, 64 * 1024, 3, 4)
    return b"AUTHENTICATORPRO" + salt + nonce + AESGCM(key).encrypt(nonce, plain, None)


def stratum_old(plain, password):
    salt, iv = os.urandom(20), os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha1", password, salt, 64_000, 32)
    return b"AuthenticatorPro" + salt + iv + cbc(key, iv, plain)


def andotp(plain, password):
    iterations, salt, nonce = 140_000 + os.urandom(1)[0], os.urandom(12), os.urandom(12)
    key = hashlib.pbkdf2_hmac("sha1", password, salt, iterations, 32)
    sealed = AESGCM(key).encrypt(nonce, plain, None)
    return struct.pack(">I", iterations) + salt + nonce + sealed


def andotp_old(plain, password):
    nonce = os.urandom(12)
    return nonce + AESGCM(hashlib.sha256(password).digest()).encrypt(nonce, plain, None)


def cotp(plain, password):
    salt, nonce = os.urandom(16), os.urandom(24)
    key = argon2id(password, salt, 32768, 4, 4)
    sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, None, nonce, key)
    parts = {"nonce": b64(nonce), "salt": b64(salt), "cipher": b64(sealed)}
    return json.dumps({"version": 1, **parts}).encode()


def otpclient_1(plain, password):
    iv, salt = os.urandom(16), os.urandom(32)
    cut = password[: len(password.decode())]
    key = hashlib.pbkdf2_hmac("sha512", cut, salt, 100_000, 32)
    return iv + salt + AESGCM(key).encrypt(iv, plain + b"\0", iv + salt)


def otpclient(plain, password, version, cut=False, costs=(1, 8_192, 2)):
    iv, salt = os.urandom(16), os.urandom(32)
    if version == 2:
        header = struct.pack("<9s3xi16s32s3i", b"OTPClient", 2, iv, salt, *costs)
    else:
        header = struct.pack(">9si16s32s3i", b"OTPClient", version, iv, salt, *costs)
    taken = password[: len(password.decode())] if cut else password
    key = argon2id(taken, salt, costs[1], costs[0], costs[2])
    text = plain + b"\0" if version == 2 else plain
    return header + AESGCM(key).encrypt(iv, text, header)


FORMATS = {
    "bitwarden-pbkdf2": lambda plain, password: bitwarden(plain, password, 0),
    "bitwarden-argon2id": lambda plain, password: bitwarden(plain, password, 1),
    "ente": lambda plain, password: ente(plain, password, 8 * 2**20, 1),
    "ente-real": lambda plain, password: ente(plain, password, 2**30, 4),
    "proton": proton,
    "stratum": stratum,
    "stratum-old": stratum_old,
    "andotp": andotp,
    "andotp-old": andotp_old,
    "cotp": cotp,
    "otpclient-1": otpclient_1,
    "otpclient-2": lambda plain, password: otpclient(plain, password, 2),
    "otpclient-2-cut": lambda plain, password: otpclient(plain, password, 2, True),
    "otpclient-3": lambda plain, password: otpclient(plain, password, 3),
    "otpclient-real": lambda plain, password: otpclient(plain, password, 3, costs=(4, 131_072, 4)),
}

if __name__ == "__main__":
    name, password = sys.argv[1:3]
    sys.stdout.buffer.write(FORMATS[name](sys.stdin.buffer.read(), password.encode()))
