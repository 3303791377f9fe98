#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""platform/firmware/boot/make_key.py - a public key of P-256 (PEM) as C, for boot loader and images.

  make_key.py KEY.pub.pem OUT.c
"""
import base64
import hashlib
import re
import sys

OPENING = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")  # SubjectPublicKeyInfo of RFC 5480


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        found = re.search("-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", file.read(), re.S)
    info = base64.b64decode(found[1]) if found else b""
    if len(info) != 91 or not info.startswith(OPENING):
        sys.exit(f"{sys.argv[1]}: not a public key of P-256 in PEM; `earshot pack keygen` makes a pair")
    numbers = [", ".join(f"0x{byte:02x}" for byte in part) for part in (info[27:], hashlib.sha256(info).digest())]
    with open(sys.argv[2], "w", encoding="ascii") as file:
        file.write('/* Made by platform/firmware/boot/make_key.py; do not edit. */\n'
                   '#include "platform/firmware/update/ear_image_p256.h"\n\n'
                   f'const struct ear_image_key ear_boot_key = {{.point = {{{numbers[0]}}}, .hash = {{{numbers[1]}}}}};\n')


if __name__ == "__main__":
    main()
