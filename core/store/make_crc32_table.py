#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""core/store/make_crc32_table.py - writes ear_crc32_table.h: what each byte does to a CRC-32 that is one, two, three or
four bytes on. Run from anywhere; with an argument it writes there instead."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def step(crc):
    for _ in range(8):
        crc = crc >> 1 ^ (0xedb88320 if crc & 1 else 0)
    return crc


def main():
    slices = [[step(byte) for byte in range(256)]]
    for _ in range(3):
        slices.append([crc >> 8 ^ slices[0][crc & 255] for crc in slices[-1]])
    rows = []
    for one in slices:
        lines = ["        " + ", ".join(f"0x{crc:08x}u" for crc in one[at:at + 8]) + "," for at in range(0, 256, 8)]
        rows.append("    {\n" + "\n".join(lines) + "\n    },\n")
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "ear_crc32_table.h")
    with open(path, "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n"
                  "/* core/store/ear_crc32_table.h - made by make_crc32_table.py. For ear_crc32.c. */\n"
                  "#ifndef EAR_CRC32_TABLE_H\n#define EAR_CRC32_TABLE_H\n\n#include \"core/base/ear_base.h\"\n\n"
                  "/* clang-format off */\nstatic const uint32_t ear_crc32_table[4][256] = {\n" + "".join(rows) +
                  "};\n/* clang-format on */\n\n#endif\n")


if __name__ == "__main__":
    main()
