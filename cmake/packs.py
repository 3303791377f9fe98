#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cmake/packs.py - turns the packs that are part of a program into constant C arrays (plugins/packs/ear_packs.h).

  packs.py --def plugins/packs/ear_packs.def --config ear_config.h --out ear_packs.c

Only those whose switch PACK_<NAME> is on in ear_config.h. A pack of the image is a bare payload: the image as a whole is
what is vouched for. Standard library only.
"""
import argparse
import pathlib
import re
import sys

LINE = re.compile(r"^EAR_PACK\((\w+), (\w+)\)$", re.M)
ENVELOPE = 0xD2  # the first byte of a signed pack: CBOR tag 18
PER_LINE = 20


def fault(path, why):
    sys.exit(f"{path}: {why}")


def array(name, path):
    try:
        data = path.read_bytes()
    except OSError as error:
        fault(path, f"{error.strerror}; ear_packs.def lists it")
    if not data:
        fault(path, "is empty")
    if data[0] == ENVELOPE:
        fault(path, "is signed; a pack of the image is the bare payload, as `earshot pack` makes it before signing")
    rows = [", ".join(f"{byte}" for byte in data[i:i + PER_LINE]) for i in range(0, len(data), PER_LINE)]
    return f"alignas(8) static const uint8_t pack_{name}[] = {{\n    " + ",\n    ".join(rows) + "};\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--def", dest="list", type=pathlib.Path, required=True)
    parser.add_argument("--config", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    switches = set(re.findall(r"^#define EAR_PACK_(\w+) 1$", args.config.read_text(encoding="utf-8"), re.M))
    names = [name for switch, name in LINE.findall(args.list.read_text(encoding="utf-8")) if switch in switches]
    parts = ["/* Made by cmake/packs.py. */\n#include \"plugins/packs/ear_packs.h\"\n\n#include <stdalign.h>\n"]
    parts += [array(name, args.list.parent / name / f"{name}.pack") for name in names]
    rows = "".join(f"    {{pack_{name}, sizeof(pack_{name})}},\n" for name in names)
    parts.append(f"const struct ear_pack_image ear_packs[] = {{\n{rows}    {{0}},\n}};\n"
                 f"const size_t ear_packs_count = {len(names)};\n")
    args.out.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
