#!/usr/bin/python3
"""Makes a KeePass database of version 4: make-kdbx.py FORM FILE < order.json

Standard input is {"password": TEXT or null, "keyFile": PATH or null, "entries": [{FIELD: VALUE}]}.
Written with pykeepass, another implementation than fob's. What a user chooses costs little here.
"""
import json
import os
import sys

from pykeepass import PyKeePass
from pykeepass.kdbx_parsing.kdbx4 import kdf_uuids
from pykeepass.pykeepass import BLANK_DATABASE_LOCATION, BLANK_DATABASE_PASSWORD

SALT = os.urandom(32)
AES = {"$UUID": (0x42, kdf_uuids["aeskdf"]), "R": (5, 100), "S": (0x42, SALT)}


def argon2(kind, memory_kib, passes, lanes):
    costs = {"M": (5, memory_kib * 1024), "I": (5, passes), "P": (4, lanes), "V": (4, 0x13)}
    return {"$UUID": (0x42, kdf_uuids[kind]), "S": (0x42, SALT), **costs}


# the cipher, whether the content is compressed, and how the key is made
FORMS = {
    "argon2d-chacha20": ("chacha20", True, argon2("argon2", 64, 2, 2)),
    "argon2id-aes": ("aes256", False, argon2("argon2id", 64, 2, 1)),
    "aes-aes": ("aes256", True, AES),
    "aes-twofish": ("twofish", True, AES),
    # more than is unpacked
    "bomb": ("aes256", True, AES),
    # what KeePassXC takes a second for
    "argon2d-real": ("aes256", True, argon2("argon2", 65_536, 8, 2)),
}


def main(form, path):
    order = json.load(sys.stdin)
    cipher, is_compressed, kdf = FORMS[form]
    # as create_database does, which saves it once more, with a key that costs a second
    database = PyKeePass(BLANK_DATABASE_LOCATION, BLANK_DATABASE_PASSWORD)
    database.filename, database.password, database.keyfile = path, order["password"], order["keyFile"]
    header = database.kdbx.header.value.dynamic_header
    header.cipher_id.data = cipher
    header.encryption_iv.data = os.urandom(12 if cipher == "chacha20" else 16)
    header.compression_flags.data.compression = is_compressed
    parameters = header.kdf_parameters.data.dict
    template = parameters["S"]
    parameters.clear()
    for name, (kind, value) in kdf.items():
        item = template.copy()
        # the writer knows the last item by the zero behind it
        is_last = name == list(kdf)[-1]
        item.update({"key": name, "type": kind, "value": value, "next_byte": 0 if is_last else 1})
        parameters[name] = item
    group = database.add_group(database.root_group, "Work")
    for number, fields in enumerate(order["entries"]):
        title, user = fields.pop("Title", ""), fields.pop("UserName", "")
        place = group if number % 2 else database.root_group
        entry = database.add_entry(place, title, user, "a password", force_creation=True)
        entry.save_history()
        for name, value in fields.items():
            entry._set_string_field(name, value)
        # a history that is encrypted with the same stream
        entry.password = "another one"
        entry.save_history()
    if form == "bomb":
        database.add_binary(bytes(2**26))
    database.kdbx.header.pop("data", None)
    database.save()


main(*sys.argv[1:])
