# SPDX-License-Identifier: Apache-2.0
"""plugins/ear_words.py - folds and hashes words as core/judge/ear_text does, and writes tables for ear_words.h.

For the generators beside the plugins. Standard library only.
"""
import os
import re
import sys
import unicodedata

_SPECIAL = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i",
            "ŋ": "n", "ŧ": "t", "ς": "σ", "’": "'", "‘": "'", "`": "'"}
_MASK = (1 << 64) - 1


def fold(word):
    """Lower case, Latin, Greek and Cyrillic letters without their accents, ' for any apostrophe."""
    out = []
    for char in word.lower():
        char = _SPECIAL.get(char, char)
        if ord(char[0]) < 0x530 and char != "й":
            char = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
        out.append(char)
    return "".join(out)


def hash_folded(folded):
    """ear_text_hash."""
    data = folded.encode()
    value = 0
    for at in range(0, len(data), 8):
        value ^= int.from_bytes(data[at:at + 8].ljust(8, b"\0"), "little")
        value ^= value >> 32
        value = value * 0x9E3779B97F4A7C15 & _MASK
        value ^= value >> 29
    return (value ^ value >> 32) & 0xFFFFFFFF


def hash_word(word):
    return hash_folded(fold(word))


def buckets(values):
    """The hashes of {hash: value} by bucket: the fewest buckets, a power of two, that hold eight words each on average."""
    shift = 32
    while len(values) > 8 << 32 - shift:
        shift -= 1
    table = [[] for _ in range(1 << 32 - shift)]
    for word in sorted(values):
        table[word >> shift].append(word)
    return table, shift


def array(kind, name, numbers, per_line):
    lines = [f"static const {kind} {name}[{len(numbers)}] = {{"]
    for at in range(0, len(numbers), per_line):
        lines.append("    " + " ".join(f"{number:#x}," for number in numbers[at:at + per_line]))
    return [*lines, "};"]


def write_header(path, name, values, made_by, about, declares=()):
    """A header with `static const struct ear_words <name>` of {hash: value}, after the lines that it declares."""
    table, shift = buckets(values)
    words = [word for bucket in table for word in bucket]
    marks = [(word >> 16 & 7) << 5 | values[word] for word in words]
    assert all(0 < value < 32 for value in values.values())
    for bucket in table: # a word is told from the others by where it is, 16 bits and 3
        assert len({word & 0x7FFFF for word in bucket}) == len(bucket), "two words cannot be told apart"
    starts = [sum(len(bucket) for bucket in table[:at]) for at in range(len(table) + 1)]
    guard = re.sub(r"[^A-Z0-9]", "_", f"EAR_{name.removeprefix('ear_').upper()}_H")
    lines = [f"/* SPDX-License-Identifier: Apache-2.0 */",
             f"/* {about} Made by {made_by}; not to be edited. */",
             "/* clang-format off */", f"#ifndef {guard}", f"#define {guard}", "",
             '#include "plugins/ear_words.h"', "", *declares,
             *array("uint16_t", f"{name}_starts", starts, 15),
             *array("uint16_t", f"{name}_keys", [word & 0xFFFF for word in words], 14),
             *array("uint8_t", f"{name}_marks", marks, 18),
             f"static const struct ear_words {name} = {{{name}_starts, {name}_keys, {name}_marks, {shift}}};",
             "", "#endif", ""]
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines))


def make_parts(script, name, parts, words, about):
    """The whole of a generator: <name>.h beside the script, or where its argument says, with enum part and the part of
    every word. Where a word is named in several parts the last one counts. {} in about becomes the number of words."""
    values, known = {}, {}
    for part in words:
        for word in words[part].split():
            key, folded = hash_word(word), fold(word)
            assert known.setdefault(key, folded) == folded, f"{word}: two words, one hash"
            values[key] = parts.index(part)
    here = os.path.dirname(os.path.abspath(script))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, f"{name}.h")
    made_by = "plugins/" + os.path.relpath(os.path.abspath(script), os.path.dirname(os.path.abspath(__file__)))
    enum = [f"enum part {{ {', '.join(parts)}, PART_COUNT }};", ""]
    write_header(path, name, values, made_by, about.format(len(values)), enum)
