#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/gates/layout.py - holds sources to the layout of the house:

- core/<folder> includes only folders that sort at or before its own (base, hear, judge, note, port, store, tell);
  core's own root stands on top; nothing in core includes plugins, platform or tools;
- a plugin includes core/judge/ear_plugin.h, its own files and nothing else of ours (the table plugins/*.[ch] may also
  ask ear_base.h what is switched on; plugins/packs/ has no code but a table of core/model/ear_pack.h;
  plugins/<name>/training/ holds programs for hosts, which are free);
- core and plugins use only headers of C that need no operating system and no heap;
- every C file opens with its licence and has at most 400 lines (unit tests 800, generated tables any); every header says in its
  second line what it is there for: '/* path - purpose'.

  layout.py [ROOT]
"""
import glob
import os
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)', re.M)
SYSTEM = {"assert.h", "limits.h", "stdbool.h", "stddef.h", "stdint.h", "string.h", "inttypes.h", "stdalign.h", "cbor.h"}
FOLDERS = ("core", "plugins", "platform", "tools", "tests")
MAX_LINES = 400
MAX_TEST_LINES = 800  # one test file a module


def may_include(path, header):
    """Why a file of core or plugins may not include one of our headers, or None."""
    if header == "ear_config.h":
        return None
    parts, target = path.split("/"), header.split("/")
    if parts[0] == "plugins":
        table = len(parts) == 2
        if parts[1] == "packs":  # packs are data for engines, not plugins: their table names the core's struct
            return None if header in ("core/model/ear_pack.h", "plugins/packs/ear_packs.h") else "packs name packs only"
        own = target[0] == "plugins" and (table or target[1] == parts[1] or len(target) == 2)
        if own or header == "core/judge/ear_plugin.h" or (table and header == "core/base/ear_base.h"):
            return None
        return "a plugin sees core/judge/ear_plugin.h and its own folder only"
    if target[0] != "core":
        return "the core includes only core"
    if len(parts) == 3 and (len(target) == 2 or target[1] > parts[1]):
        return f"core/{parts[1]} includes only folders that sort at or before it"
    return None


def faults_of(path, text, is_header):
    lines = text.split("\n")
    if not lines[0].startswith("/* SPDX-License-Identifier: Apache-2.0 */"):
        yield 1, "the first line is not the licence"
    generated = re.search("do not edit|not to be edited", "\n".join(lines[:6]))
    if is_header and not generated and not lines[1].startswith(f"/* {path} - "):
        yield 2, f"the second line does not say '/* {path} - purpose'"
    most = MAX_TEST_LINES if path.startswith("tests/unit/") else MAX_LINES
    if len(lines) - 1 > most and not generated:
        yield len(lines), f"longer than {most} lines"
    if path.split("/")[0] not in ("core", "plugins") or "/training/" in path:
        return
    for match in INCLUDE.finditer(text):
        number = text.count("\n", 0, match.start(2)) + 1
        if match[1] == "<" or "/" not in match[2] and match[2] != "ear_config.h":
            if match[2] not in SYSTEM:
                yield number, f"<{match[2]}> is not one of {', '.join(sorted(SYSTEM))}"
        elif fault := may_include(path, match[2]):
            yield number, f"{match[2]}: {fault}"


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.dirname(__file__))) or "."
    paths = [p for folder in FOLDERS for p in glob.glob(f"{root}/{folder}/**/*.[ch]", recursive=True)]
    faults = 0
    for path in sorted(os.path.relpath(p, root) for p in paths):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for number, fault in faults_of(path, file.read(), path.endswith(".h")):
                print(f"{path}:{number}: {fault}")
                faults += 1
    print(f"{len(paths)} files, {faults} faults")
    sys.exit(1 if faults or not paths else 0)


if __name__ == "__main__":
    main()
