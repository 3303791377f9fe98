# SPDX-License-Identifier: Apache-2.0
"""tools/board/library.py - the stack of functions that the compiler tells nothing of: the C library's and libgcc's, read out
of their code in the image. Each instruction that moves the stack pointer down counts once, so this is never too little where
none of them is in a loop (there is none in what is linked: such code would be written in C, and be known)."""
import re
import subprocess

HEAD = re.compile(r"^([0-9a-f]{8}) <([^>]+)>:$")
CODE = re.compile(r"^ *[0-9a-f]+:\t(\S+)(?:\t([^;@]*))?")
PUSH = re.compile(r"\{([^}]*)\}")
BELOW = re.compile(r"\[sp, #-(\d+)\]!")
DOWN = re.compile(r"^(?:sp, )?(?:sp, )?#(\d+)")
TARGET = re.compile(r"[0-9a-f]+ <([^>+]+)(\+0x[0-9a-f]+)?>")
BRANCHES = ("b", "bl", "beq", "bne", "bcc", "bcs", "bhi", "bls", "bge", "blt", "bgt", "ble", "bmi", "bpl", "cbz", "cbnz")


class Library:
    """Frames of the functions of an image: frame(name) is (bytes, names that it calls), or None where it has none."""

    def __init__(self, elf, addresses):
        self.addresses, self.code, self.heads = addresses, {}, {}
        text = subprocess.run(["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", elf], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        block = []
        for line in text.splitlines():
            if head := HEAD.match(line):
                block = self.code.setdefault(int(head[1], 16), [])
                self.heads[head[2]] = int(head[1], 16)
            elif code := CODE.match(line):
                block.append((code[1].removesuffix(".w").removesuffix(".n"), (code[2] or "").strip()))

    def frame(self, name):
        address = self.addresses.get(name, -1) & ~1
        if address not in self.code:
            return None
        size, calls = 0, set()
        for word, rest in self.code[address]:
            size += moved(name, word, rest)
            if word in BRANCHES and (target := TARGET.search(rest)) and self.heads.get(target[1]) != address:
                calls.add(target[1])
            if word == "blx" or (word == "bx" and rest != "lr"):
                raise ValueError(f"{name} of the library calls through a register")
        return size, calls


def moved(name, word, rest):
    """Bytes by which an instruction moves the stack pointer down."""
    if word in ("push", "stmdb", "stmfd") and (word == "push" or rest.startswith("sp!")):
        return 4 * sum(count(part.strip()) for part in PUSH.search(rest)[1].split(","))
    if below := BELOW.search(rest):
        return int(below[1])
    if word in ("sub", "subw", "sub.w") and rest.startswith("sp"):
        if not (down := DOWN.match(rest)):
            raise ValueError(f"{name} of the library moves the stack by a register")
        return int(down[1])
    if word in ("mov", "msr") and rest.startswith(("sp,", "msp,", "psp,")):
        raise ValueError(f"{name} of the library sets the stack pointer")
    return 0


def count(registers):
    """Of "r4" or "r4-r7"."""
    first, _, last = registers.partition("-")
    return int(last[1:]) - int(first[1:]) + 1 if last else 1
