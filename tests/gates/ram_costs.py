#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/gates/ram_costs.py - holds every 'RAM: N bytes per ...' of Kconfig's help to what it really costs: struct
ear_agent is compiled with the number doubled (or as high as its range goes), and its size compared. A help text that
names no number says that there is no cost. Off by more than a tenth is a fault. Numbers of platform/ size what lies
outside struct ear_agent, and are not measured here.

  ram_costs.py --cc CC --kconfig KCONFIG --flags "FLAGS"
"""
import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "cmake"))
import kconfig as ear  # noqa: E402 (found through the path above)


def size_of_agent(args, directory, setting):
    """sizeof(struct ear_agent) with one line of .config."""
    config, binary = os.path.join(directory, "variant.config"), os.path.join(directory, "budget.o")
    with open(config, "w", encoding="utf-8") as file:
        file.write(setting)
    subprocess.run([sys.executable, ear.__file__, "--kconfig", args.kconfig, "--config", config, "header",
                    os.path.join(directory, "ear_config.h")], check=True)
    subprocess.run([args.cc, "-c", "-I", directory, *shlex.split(args.flags), os.path.join(ROOT, "cmake/budget.c"), "-o",
                    binary], check=True)
    symbols = subprocess.run(["nm", "-S", binary], check=True, capture_output=True, text=True).stdout
    return int(re.search(r"^\w+ (\w+) \w ear_budget_agent$", symbols, re.M)[1], 16)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--kconfig", required=True)
    parser.add_argument("--flags", default="")
    args = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as directory:
        base = size_of_agent(args, directory, "")
        for sym in ear.open_kconfig(args.kconfig).unique_defined_syms:
            folder = sym.nodes[0].filename.split("/")[0]
            if sym.orig_type not in ear.NUMBERS or not sym.visibility or folder == "platform":
                continue
            value, high = int(sym.str_value), int(sym.ranges[-1][1].str_value)
            steps = min(value, high - value) or -1
            measured = (size_of_agent(args, directory, f"CONFIG_{sym.name}={value + steps}\n") - base) / steps
            stated = re.search(r"RAM: (\d+) bytes? per", sym.nodes[0].help)
            stated = int(stated[1]) if stated else 0
            fault = abs(measured - stated) > max(0.5, stated / 10)
            faults += fault
            print(f"{sym.name:24} says {stated:6} bytes a step, costs {measured:8.1f}{'  <-- fault' if fault else ''}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
