#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cmake/kconfig.py - reads Kconfig and a .config strictly. Called by CMake and by the gates.

  kconfig.py [--kconfig F] [--config F] [--set NAME=VALUE] header OUT    write ear_config.h (only if it changes)
  kconfig.py [--kconfig F] [--config F] menuconfig    edit the .config in the terminal, keep only what differs
  kconfig.py [--kconfig F] check                      hold the Kconfig files to the house rules

A .config holds only what differs from the defaults. Everything in it that would not have exactly the effect that it
says (an unknown name, a value out of range, a switch whose dependency is off) is an error with file and line.
"""
import argparse
import os
import re
import sys
import tempfile
import zlib

try:
    import kconfiglib
except ImportError:
    sys.exit("kconfig.py: needs python3-kconfiglib (run tools/setup)")

LINE = re.compile(r"(?:CONFIG_(?P<name>\w+)=(?P<value>.*)|# CONFIG_(?P<off>\w+) is not set)$")
NUMBERS = (kconfiglib.INT, kconfiglib.HEX)


def open_kconfig(path):
    os.environ["srctree"] = os.path.dirname(os.path.abspath(path))
    return kconfiglib.Kconfig(os.path.basename(path), warn=False)


def allowed(sym):
    """What a symbol may be, in words."""
    if sym.orig_type == kconfiglib.BOOL:
        return "y or n"
    for low, high, condition in sym.ranges:
        if kconfiglib.expr_value(condition):
            return f"{low.str_value} to {high.str_value}"
    return kconfiglib.TYPE_TO_STR[sym.orig_type]


def fault_of(sym, value):
    """Why this symbol does not take this value, or None."""
    if sym.str_value == value:
        return None
    if not sym.visibility:
        needs = kconfiglib.expr_str(sym.direct_dep)
        return f"CONFIG_{sym.name} cannot be set here: it needs {needs}"
    return f"CONFIG_{sym.name}={value} is not allowed: it must be {allowed(sym)}"


def settings_of(kconf, path):
    """Yield (line number, symbol or None, value or fault) for each line of a .config."""
    seen = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            match = LINE.match(line)
            if not line or (line.startswith("#") and not match):
                continue
            if not match:
                yield number, None, f"'{line}' is neither CONFIG_NAME=value nor a comment"
                continue
            name = match["name"] or match["off"]
            sym = kconf.syms.get(name)
            if sym is None or not sym.nodes:
                yield number, None, f"CONFIG_{name} is in no Kconfig file"
            elif name in seen:
                yield number, None, f"CONFIG_{name} was already set in line {seen[name]}"
            else:
                seen[name] = number
                yield number, sym, "n" if match["off"] else match["value"].strip()


def load(kconf, path):
    """Load a .config; exit with all its faults if it has any."""
    if not os.path.exists(path):
        names = sorted(n[:-7] for n in os.listdir(os.path.dirname(path) or ".") if n.endswith(".config"))
        sys.exit(f"{path}: no such configuration; there are: {', '.join(names) or 'none'}")
    settings = list(settings_of(kconf, path))
    for _, sym, value in settings:
        if sym is not None:
            sym.set_value(value)
    faults = [(number, value if sym is None else fault_of(sym, value)) for number, sym, value in settings]
    faults = [f"{path}:{number}: {fault}" for number, fault in faults if fault]
    faults += [f"{path}: {fault}" for fault in defaults_out_of_range(kconf)]
    if faults:
        sys.exit("\n".join(faults))


def add(kconf, setting):
    """One NAME=VALUE on top of the .config."""
    name, _, value = setting.partition("=")
    sym = kconf.syms.get(name)
    if sym is None or not sym.nodes:
        sys.exit(f"--set {setting}: {name} is in no Kconfig file")
    sym.set_value(value)
    if fault := fault_of(sym, value):
        sys.exit(f"--set {setting}: {fault}")


def defaults_out_of_range(kconf):
    """Numbers that were not set, but whose default no longer fits what was set beside them."""
    for sym in kconf.unique_defined_syms:
        if sym.orig_type not in NUMBERS or sym.user_value is not None:
            continue
        default = next((value.str_value for value, cond in sym.defaults if kconfiglib.expr_value(cond)), None)
        if default is not None and sym.str_value != default:
            yield (f"with these values CONFIG_{sym.name}={default}, the default, is not possible: "
                   f"set it to {allowed(sym)}")


def header_text(kconf, path):
    lines = []
    for sym in kconf.unique_defined_syms:
        if sym.orig_type == kconfiglib.BOOL:
            if sym.str_value == "y":
                lines.append(f"#define EAR_{sym.name} 1")
        elif sym.orig_type == kconfiglib.STRING:
            lines.append(f'#define EAR_{sym.name} "{kconfiglib.escape(sym.str_value)}"')
        elif sym.str_value:
            lines.append(f"#define EAR_{sym.name} {sym.str_value}")
    fingerprint = zlib.crc32("\n".join(lines).encode())
    name = os.path.splitext(os.path.basename(path))[0]
    return "\n".join([
        f"/* ear_config.h - made by cmake/kconfig.py from Kconfig and {os.path.basename(path)}: do not edit. */",
        "#ifndef EAR_CONFIG_H", "#define EAR_CONFIG_H", "",
        f'#define EAR_CONFIG_NAME "{name}"',
        f"#define EAR_CONFIG_FINGERPRINT UINT32_C({fingerprint:#010x}) /* differs where any line below differs */",
        "", *lines, "", "#endif", ""])


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def edit(kconf, filename, path):
    """menuconfig works on a full copy; the .config then gets its leading comment and what differs."""
    import menuconfig
    with open(path, encoding="utf-8") as file:
        comment = "".join(line for line in file if line.startswith("# ") and not LINE.match(line.strip()))
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, ".config")
        kconf.write_config(copy, save_old=False)
        os.environ["KCONFIG_CONFIG"] = copy
        menuconfig.menuconfig(kconf)
        saved = open_kconfig(filename)
        saved.load_config(copy)
        least = os.path.join(directory, "least")
        saved.write_min_config(least, header="")
        with open(least, encoding="utf-8") as file:
            write_if_changed(path, comment + file.read())
    print(f"{path} holds what differs from the defaults; the next build uses it.")


def used_names(root):
    """Every EAR_NAME that sources or the build mention, and the names that the X-macros of plugins are joined from."""
    text = []
    for folder in ("core", "plugins", "platform", "cmake"):
        for directory, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith((".c", ".h", ".def", ".cmake")):
                    with open(os.path.join(directory, name), encoding="utf-8") as file:
                        text.append(file.read())
    text = "\n".join(text)
    return set(re.findall(r"\bEAR_(\w+)", text)) | set(re.findall(r"EAR_ENABLED\((\w+)\)", text)) | {
        f"{kind}_{name}" for kind, name in re.findall(r"^EAR_(PLUGIN|PACK)\((\w+)", text, re.M)}


def house_rules(kconf, root):
    """Every symbol is used by some source. Every number: a prompt with its unit in brackets, a range, a default, the RAM cost in its help."""
    used = used_names(root)
    for sym in kconf.unique_defined_syms:
        node = sym.nodes[0]
        where = f"{node.filename}:{node.linenr}: {sym.name}"
        if sym.name not in used:
            yield f"{where} is used nowhere in core, plugins, platform or cmake"
        if not node.prompt:
            yield f"{where} has no prompt"
        if not node.help:
            yield f"{where} has no help"
        if sym.selects or sym.implies:
            yield f"{where} uses select or imply; use depends on"
        if not sym.defaults:
            yield f"{where} has no default"
        if sym.orig_type in NUMBERS:
            if not sym.ranges:
                yield f"{where} has no range"
            if node.prompt and not re.search(r"\([^)]+\)$", node.prompt[0]):
                yield f"{where} has no unit in brackets at the end of its prompt"
            if node.help and "RAM:" not in node.help:
                yield f"{where} does not say 'RAM: ...' in its help"


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kconfig", default=os.path.join(root, "Kconfig"))
    parser.add_argument("--config", default=os.path.join(root, "platform/configs/kiosk.config"))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="on top of the .config")
    parser.add_argument("what", choices=["header", "menuconfig", "check"])
    parser.add_argument("out", nargs="?")
    args = parser.parse_args()

    kconf = open_kconfig(args.kconfig)
    if args.what == "check":
        sys.exit("\n".join(house_rules(kconf, os.path.dirname(os.path.abspath(args.kconfig)))) or 0)
    load(kconf, args.config)
    for setting in args.set:
        add(kconf, setting)
    if args.what == "header":
        write_if_changed(args.out, header_text(kconf, args.config))
    else:
        edit(kconf, args.kconfig, args.config)


if __name__ == "__main__":
    main()
