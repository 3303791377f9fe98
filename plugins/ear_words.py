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


def slots(values, slot_count):
    """The slots for {hash: value}, or None if two words cannot be told apart."""
    table = [0] * slot_count
    for word in sorted(values):
        assert 0 < values[word] < 0x10000
        at = word * slot_count >> 32
        while table[at]:
            if table[at] >> 16 == word & 0xFFFF:
                return None
            at = (at + 1) % slot_count
        table[at] = (word & 0xFFFF) << 16 | values[word]
    return table


def slots_fitting(values, least=0):
    """A table that is at most two thirds full and tells all its words apart."""
    count = max(least, len(values) * 3 // 2 + 1)
    while True:
        table = slots(values, count)
        if table is not None:
            return table
        count += 1


def write_header(path, name, table, made_by, about, declares=()):
    """A header with `static const struct ear_words <name>`, after the lines that it declares."""
    guard = re.sub(r"[^A-Z0-9]", "_", f"EAR_{name.removeprefix('ear_').upper()}_H")
    lines = [f"/* SPDX-License-Identifier: Apache-2.0 */",
             f"/* {about} Made by {made_by}; not to be edited. */",
             "/* clang-format off */", f"#ifndef {guard}", f"#define {guard}", "",
             '#include "plugins/ear_words.h"', "", *declares,
             f"static const uint32_t {name}_slots[{len(table)}] = {{"]
    for at in range(0, len(table), 10):
        lines.append("    " + " ".join(f"{slot:#x}," if slot else "0," for slot in table[at:at + 10]))
    lines += ["};", f"static const struct ear_words {name} = {{{name}_slots, {len(table)}}};", "", "#endif", ""]
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
    write_header(path, name, slots_fitting(values), made_by, about.format(len(values)), enum)
