#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/gates/symbols.py - holds objects of core and plugins to what they may need from outside: a short list of
functions that touch only memory given to them. So no allocator, no stdio, no errno, no setjmp, no system call, and,
since a compiler without floating-point registers calls a library for it, no floating point. Writable globals are refused.

  symbols.py --prefix BINUTILS-PREFIX OBJECT...
"""
import argparse
import re
import subprocess
import sys

ALLOWED = re.compile(r"""
    mem(cpy|move|set|cmp|chr) | str(n?len|n?cmp|n?cpy|r?chr|c?spn|str)
  | __assert_fail | __assert_func                         # a failed assert ends the program
  | _GLOBAL_OFFSET_TABLE_ | __stack_chk_(fail|guard)
  | __aeabi_(u?l?div|u?l?divmod|u?i?div|u?i?divmod|lmul|llsl|llsr|lasr|u?lcmp|mem(cpy|move|set|clr)[48]?)  # whole numbers
  | __(u?div|u?mod|u?divmod|mul|ashl|ashr|lshr|clz|ctz|popcount|bswap|cmp|ucmp)[sdt]i[234]?
  | __gcov_\w+ | __asan_\w+ | __ubsan_\w+ | __sanitizer_\w+
""", re.X)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed_from_outside(prefix, objects):
    """{symbol: objects that need it} for all that none of the objects defines."""
    defined, needed = set(), {}
    for path in objects:
        for line in run(prefix + "nm", "-f", "posix", path).splitlines():
            name, kind = line.split()[:2]
            if kind in "Uw":
                needed.setdefault(name, set()).add(path)
            elif kind.isupper():
                defined.add(name)
    return {name: users for name, users in needed.items() if name not in defined}


def writable_sections(prefix, path):
    for name, size in re.findall(r"^(\.\S+)\s+(\d+)", run(prefix + "size", "-A", path), re.M):
        if int(size) and re.match(r"\.(data|bss|tdata|tbss)", name) and not name.startswith(".data.rel.ro"):
            yield f"{name} of {size} bytes"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", default="")
    parser.add_argument("objects", nargs="+")
    args = parser.parse_args()
    faults = []
    for name, users in sorted(needed_from_outside(args.prefix, args.objects).items()):
        if not ALLOWED.fullmatch(name):
            faults.append(f"{name} is not allowed; needed by {', '.join(sorted(users))}")
    for path in args.objects:
        faults += [f"{path}: writable global data: {section}" for section in writable_sections(args.prefix, path)]
    print("\n".join(faults) or f"{len(args.objects)} objects need nothing that is not allowed")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
