#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""core/model/make_negators.py - writes ear_negators.h: words after which the next ones mean the opposite.

Run from anywhere; with an argument it writes there instead. Words that mean something else in another of these
languages are left out: Spanish "sin", Italian "mai".
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "plugins"))
import ear_words  # noqa: E402

BITS = 8  # of the hash choose the slot
VERBS = "do does did is are was were wo would should could ca has have had ai need must might".split()
WORDS = [verb + end for verb in VERBS for end in ("n't", "nt")] + """
    not no never none nobody nothing neither nor nowhere without hardly barely scarcely rarely seldom cannot lacks lack
    nicht kein keine keinen keinem keiner keines nie niemals nichts niemand ohne weder kaum
    nunca jamás nada nadie ningún ninguna ninguno tampoco
    ne n'ai n'a n'est n'était pas jamais rien aucun aucune sans
    non niente nessun nessuno nessuna senza nemmeno
    """.split()


def main():
    slots = [0] * (1 << BITS)
    words = {ear_words.hash_word(word) for word in WORDS}
    for word in sorted(words):
        at = word >> 32 - BITS
        assert word & 0xFFFF
        while slots[at]:
            assert slots[at] != word & 0xFFFF, "two words cannot be told apart"
            at = (at + 1) % len(slots)
        slots[at] = word & 0xFFFF
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */",
             f"/* core/model/ear_negators.h - {len(words)} words after which the next ones mean the opposite. Pure.",
             " * Made by core/model/make_negators.py; not to be edited. */",
             "/* clang-format off */", "#ifndef EAR_NEGATORS_H", "#define EAR_NEGATORS_H", "",
             "#include <stdint.h>", "",
             f"/** The lower half of a word's hash, in the slot of its upper {BITS} bits or after it; 0: empty. */",
             f"static const uint16_t ear_negators[{len(slots)}] = {{"]
    for at in range(0, len(slots), 16):
        lines.append("    " + " ".join(f"{slot:#x}," if slot else "0," for slot in slots[at:at + 16]))
    lines += ["};", f"#define EAR_NEGATORS_SHIFT {32 - BITS}u", "", "#endif", ""]
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "ear_negators.h")
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines))


main()
