#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/gates/switches.py - compiles core and plugins with every switch of Kconfig off in turn, and with every number at
the lowest and highest value of its range. Each variant compiles without a warning or, where a number does not go with
the others, is refused by a static_assert that says why and by nothing else. The list comes from Kconfig, so a new symbol
is covered without an edit here.

  switches.py --cc CC --kconfig KCONFIG --flags "FLAGS" SOURCE...
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cmake"))
import kconfig as ear  # noqa: E402 (found through the path above)
import kconfiglib  # noqa: E402


def dragged_along(kconf, sym, value):
    """Settings that go with sym=value: numbers whose range ends at sym and whose default that range would exclude."""
    for other in kconf.unique_defined_syms:
        for low, high, _ in other.ranges:
            default = int(other.str_value or value) # a number that depends on a switch which is off has no value
            if (low is sym and default < int(value)) or (high is sym and default > int(value)):
                yield f"CONFIG_{other.name}={value}\n"


def variants(kconf):
    """(what, .config text) for each way to differ from the defaults in one symbol."""
    for sym in kconf.unique_defined_syms:
        if sym.orig_type == kconfiglib.BOOL:
            other = "n" if sym.str_value == "y" else "y"
            yield f"{sym.name}={other}", f"CONFIG_{sym.name}={other}\n"
        elif sym.visibility: # a number whose switch is off by default has no effect
            low, high = next((low, high) for low, high, when in sym.ranges if kconfiglib.expr_value(when))
            for value in dict.fromkeys((low.str_value, high.str_value)):
                along = "".join(dragged_along(kconf, sym, value))
                yield f"{sym.name}={value}", f"CONFIG_{sym.name}={value}\n{along}"


def refused_in_words(complaints):
    errors = re.findall(r"(?:error|warning): (.*)", complaints)
    return errors and all(error.startswith("static assertion failed: ") for error in errors)


def refused(args, what, text):
    """Compile everything with this .config. The compiler's complaints, or None."""
    with tempfile.TemporaryDirectory() as directory:
        config = os.path.join(directory, "variant.config")
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        header = [sys.executable, ear.__file__, "--kconfig", args.kconfig, "--config", config, "header",
                  os.path.join(directory, "ear_config.h")]
        compile_all = [args.cc, "-fsyntax-only", "-I", directory, *shlex.split(args.flags), *args.sources]
        for command in (header, compile_all):
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode and not refused_in_words(run.stderr):
                return f"{what}:\n{run.stderr}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--kconfig", required=True)
    parser.add_argument("--flags", default="")
    parser.add_argument("sources", nargs="+")
    args = parser.parse_args()
    todo = list(variants(ear.open_kconfig(args.kconfig)))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = [f for f in pool.map(lambda v: refused(args, *v), todo) if f]
    print("\n".join(faults) or f"{len(todo)} variants of {len(args.sources)} sources compile")
    sys.exit(1 if faults or not todo else 0)


if __name__ == "__main__":
    main()
