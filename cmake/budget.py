#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cmake/budget.py - prints what the chosen configuration costs: RAM of struct ear_agent by module, flash by module.

  budget.py --config NAME --ram OBJECT --size SIZE-PROGRAM OBJECT...

RAM is read from the debug information of an object that defines a struct ear_agent, flash with binutils' size from the
objects of core and plugins; nothing is run, so it works for every target. A row of RAM is a member, with its share of
padding; members below 1 % of the whole are one row together.
"""
import argparse
import collections
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DIE = re.compile(r" <(\d+)><([0-9a-f]+)>: Abbrev Number: \d+ \((\w+)\)")
FORM = re.compile(r"^\((?:\w+|indirect string.*?)\) (?:\(offset: \w+\): )?")  # how readelf notes an attribute's form
MOST = {"tiny": 16 << 10, "kiosk": 256 << 10, "hub": 4 << 20}  # bytes of RAM that a configuration may take where it is for
ATTRIBUTE = re.compile(r"    <[0-9a-f]+>   (DW_AT_\w+) *: (.*)")


class Die:
    """One entry of the debug information."""

    def __init__(self, tag):
        self.tag, self.attributes, self.children = tag, {}, []

    def name(self):
        return self.attributes.get("DW_AT_name", "").split("): ")[-1]

    def number(self, attribute):
        return int(self.attributes.get(attribute, "0").split()[0], 0)


def dies_of(path):
    """All entries of an object file, by offset."""
    text = subprocess.run(["readelf", "--debug-dump=info", "--wide", path], check=True, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout
    dies, parents = {}, {}
    for line in text.splitlines():
        if match := DIE.match(line):
            level, offset, tag = int(match[1]), int(match[2], 16), match[3]
            die = parents[level] = dies[offset] = Die(tag)
            if level:
                parents[level - 1].children.append(die)
        elif (match := ATTRIBUTE.match(line)) and dies:
            die.attributes[match[1]] = FORM.sub("", match[2]).strip()
    return dies


def type_of(dies, die):
    """The type of a member or array, without typedefs and qualifiers."""
    offset = re.match(r"<0x([0-9a-f]+)>", die.attributes.get("DW_AT_type", ""))
    die = dies.get(int(offset[1], 16)) if offset else None
    while die and die.tag in ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type"):
        die = type_of(dies, die)
    return die


def members_of(struct):
    """(name, bytes with padding, member) for each member of a structure."""
    members = [c for c in struct.children if c.tag == "DW_TAG_member"]
    starts = [m.number("DW_AT_data_member_location") for m in members] + [struct.number("DW_AT_byte_size")]
    return [(m.name(), starts[i + 1] - starts[i], m) for i, m in enumerate(members)]


def rows_of(dies, struct, prefix, home, least):
    """Yield (bytes, name, count, folder): structures are opened, arrays and small members are not."""
    for name, size, member in members_of(struct):
        kind = type_of(dies, member)
        count, element = 1, kind
        if kind and kind.tag == "DW_TAG_array_type":
            for bound in kind.children:
                count *= bound.number("DW_AT_upper_bound") + 1
            element = type_of(dies, kind)
        folder = FOLDERS.get(element.name() if element else "", home)
        opened = kind is not None and kind.tag == "DW_TAG_structure_type" and size >= least
        if opened and any(part >= least for _, part, _ in members_of(kind)):
            yield from rows_of(dies, kind, f"{prefix}{name}.", folder, least)
        else:
            yield size, prefix + name, count, folder


def folders():
    """In which folder each structure is declared."""
    found = {}
    for path in glob.glob(f"{ROOT}/core/**/*.h", recursive=True):
        with open(path, encoding="utf-8") as file:
            for name in re.findall(r"^(?:typedef )?(?:struct|union) (\w+)\s*\{", file.read(), re.M):
                found[name] = os.path.relpath(os.path.dirname(path), ROOT)
    return found


FOLDERS = folders()


def print_ram(path):
    dies = dies_of(path)
    agent = next(d for d in dies.values()
                 if d.tag == "DW_TAG_structure_type" and d.name() == "ear_agent" and d.children)
    total = agent.number("DW_AT_byte_size")
    least = total // 100
    rows = list(rows_of(dies, agent, "", "core", least))
    small = sum(size for size, *_ in rows if size < least)
    print(f"  {'bytes':>9}  {'count x each':>16}  {'member of struct ear_agent':40}  module")
    for size, name, count, folder in sorted((r for r in rows if r[0] >= least), reverse=True):
        each = f"{count} x {size // count}" if count > 1 else ""
        print(f"  {size:9}  {each:>16}  {name:40}  {folder}")
    print(f"  {small:9}  {'':16}  {'all members below 1 %':40}\n")
    modules = collections.Counter()
    for size, _, _, folder in rows:
        modules[folder] += size
    for folder, size in modules.most_common():
        print(f"  {size:9}  {100 * size / total:5.1f} %  {folder}")
    print(f"  {total:9}  100.0 %  sizeof(struct ear_agent)\n")
    return total


def print_flash(program, objects):
    """By folder: code and constants; what is writable would be a mutable global, which core and plugins have not."""
    text = subprocess.run([program, "-A", *objects], check=True, capture_output=True, text=True).stdout
    modules = collections.defaultdict(lambda: [0, 0])
    for block in text.split("\n\n"):
        path, _, sections = block.strip().partition("  :")
        match = re.search(r"ear_(core|plugins|packs)\.dir/(?:\./)?(?:(.*)/)?", path)
        folder = "/".join(filter(None, match.groups())) if match else "tinycbor"
        folder = "plugins/packs" if match and match[1] == "packs" else folder
        for name, size in re.findall(r"^(\.\S+)\s+(\d+)", sections, re.M):
            if re.match(r"\.(text|rodata|data\.rel\.ro)", name):
                modules[folder][0] += int(size)
            elif re.match(r"\.(data|bss)", name):
                modules[folder][1] += int(size)
    print(f"  {'flash':>9}  {'writable':>9}  module")
    for folder, (code, data) in sorted(modules.items()):
        print(f"  {code:9}  {data:9}  {folder}")
    print(f"  {sum(c for c, _ in modules.values()):9}  {sum(d for _, d in modules.values()):9}  core and plugins\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--ram", required=True)
    parser.add_argument("--size", default="size")
    parser.add_argument("objects", nargs="+")
    args = parser.parse_args()
    print(f"\nBudget of configuration '{args.config}' on {args.target}\n")
    total = print_ram(args.ram)
    print_flash(args.size, args.objects)
    is_small = args.target.startswith("cortex")
    if total > MOST.get(args.config, total) and (args.config != "tiny" or is_small):
        print(f"The agent takes {total} bytes; configuration '{args.config}' is for {MOST[args.config]}.", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
