# SPDX-License-Identifier: Apache-2.0
"""tools/board/sizes.py - who takes an image's flash and RAM.

Code is given to the source file that its debug information names (so what was inlined counts where it was written), data to
the file that defines it, texts to the first part whose sources hold them, as they are now. What has no debug information is
the C library's.
"""
import collections
import re
import subprocess

PARTS = [  # name, what a path begins with, below the repository's root or a build directory
    ("packs", ("plugins/packs/",)), ("plugins", ("plugins/",)), ("agent core", ("core/", "_deps/tinycbor")),
    ("TLS", ("_deps/mbedtls", "platform/tls/", "platform/lwip/ear_tls", "platform/lwip/ear_altcp_tls")),
    ("lwIP and MQTT", ("_deps/lwip", "platform/lwip/")),
    ("native plugins", ("platform/firmware/sandbox/",)),
    ("firmware and shell", ("platform/",)),
]
LIBRARY, TEXTS = "C library", "texts and tables without owner"
DIE = re.compile(r" <[0-9a-f]+><([0-9a-f]+)>: Abbrev Number: (\d+)(?: \((\w+)\))?")
ATTRIBUTE = re.compile(r"    <[0-9a-f]+>   (DW_AT_\w+)\s*: (.*)")


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, errors="replace", **more).stdout


def part_of(path, root):
    """The part that a source file belongs to, or None."""
    path = str(path)
    if "/_deps/" in path:
        path = "_deps/" + path.split("/_deps/", 1)[1]
    elif path.startswith(str(root)):
        path = path[len(str(root)):].lstrip("/")
        path = re.sub(r"^build/[^/]+/", "", path)
    if path.endswith("ear_packs.c") and "plugins" in path:
        return "packs"
    for name, beginnings in PARTS:
        if path.startswith(beginnings):
            return name
    return None


def number(value):
    """Of an attribute: "12", "0xc" or "(data1) 12"."""
    return int(value.split(")")[-1].strip() or "0", 0)


class Image:
    """An ELF, its symbols and debug information."""

    def __init__(self, elf, root):
        self.elf, self.root = elf, root
        self.symbols = []  # (address, size, is code, name)
        self.names = {}
        for line in run("arm-none-eabi-readelf", "-sW", elf).splitlines():
            fields = line.split()
            if len(fields) < 8 or not re.fullmatch(r"[0-9a-f]{8}", fields[1]):
                continue
            address, size, kind, name = int(fields[1], 16), int(fields[2], 0), fields[3], fields[7]
            self.names[name] = address
            if kind in ("FUNC", "OBJECT") and size:
                self.symbols.append((address & ~1 if kind == "FUNC" else address, size, kind == "FUNC", name))
        self.symbols.sort()
        self.variables, self.members = self.read_debug()
        self.segments = self.read_segments()

    def read_debug(self):
        """Variables: address to source file; members of the structs of one name: [(offset, name)], bytes."""
        dies, where, members, unit, stack = {}, {}, {}, "", []
        current, struct = None, None
        text = run("arm-none-eabi-readelf", "--debug-dump=info", "-W", self.elf)
        for line in text.splitlines():
            if match := DIE.match(line):
                depth = int(line[2:line.index(">")], 16)
                current = {"tag": match[3], "unit": unit, "depth": depth}
                dies[match[1]] = current
                if match[3] == "DW_TAG_compile_unit":
                    unit = ""
                if match[3] == "DW_TAG_structure_type":
                    struct = current
                    current["members"] = []
                elif match[3] == "DW_TAG_member" and struct is not None and depth == struct["depth"] + 1:
                    struct["members"].append(current)
            elif current is not None and (match := ATTRIBUTE.match(line)):
                name, value = match.groups()
                if name == "DW_AT_name":
                    current["name"] = value.rsplit("): ", 1)[-1].strip() if value.startswith("(") else value.strip()
                    if current["tag"] == "DW_TAG_compile_unit":
                        unit = current["name"]
                elif name == "DW_AT_abstract_origin":
                    current["origin"] = re.search(r"<0x([0-9a-f]+)>", value)[1]
                elif name == "DW_AT_location" and " 5 byte block: 3 " in value:
                    where[int(re.search(r"DW_OP_addr: ([0-9a-f]+)", value)[1], 16)] = current
                elif name == "DW_AT_data_member_location":
                    current["at"] = number(value)
                elif name == "DW_AT_byte_size":
                    current["bytes"] = number(value)
        variables = {}
        for address, die in where.items():
            while "origin" in die and die["origin"] in dies:
                die = dies[die["origin"]]
            variables[address] = die["unit"]
        for die in dies.values():
            if die["tag"] == "DW_TAG_structure_type" and die.get("members") and "bytes" in die and "name" in die:
                members[die["name"]] = ([(m.get("at", 0), m.get("name", "")) for m in die["members"]], die["bytes"])
        return variables, members

    def code_files(self, start, end):
        """Source file of each word of code."""
        asked = "\n".join(f"{address:#x}" for address in range(start, end, 4))
        lines = run("arm-none-eabi-addr2line", "-e", self.elf, input=asked).splitlines()
        return [line.rsplit(":", 1)[0] for line in lines]

    def read_segments(self):
        """What is loaded: (address, bytes)."""
        with open(self.elf, "rb") as file:
            data = file.read()
        rows = [line.split() for line in run("arm-none-eabi-readelf", "-lW", self.elf).splitlines()]
        places = [[int(field, 16) for field in row[1:5]] for row in rows if row[:1] == ["LOAD"]]
        return [(physical, data[offset:offset + size]) for offset, _, physical, size in places]

    def bytes_at(self, start, end):
        for address, data in self.segments:
            if address <= start < address + len(data):
                return data[start - address:end - address]
        return b""


class Texts:
    """Which part's sources hold a text."""

    def __init__(self, root, build):
        folders = {"agent core": ["core"], "plugins": ["plugins"], "TLS": ["platform/tls", build / "_deps/mbedtls-src/library"],
                   "lwIP and MQTT": ["platform/lwip", build / "_deps/lwip-src/src"], "firmware and shell": ["platform/firmware"]}
        self.sources = {}
        for name, paths in folders.items():
            files = [f for p in paths for f in (root / p).rglob("*") if f.suffix in (".c", ".h", ".def")]
            self.sources[name] = "\n".join(f.read_text(encoding="utf-8", errors="replace") for f in files)

    def owner(self, text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
        return next((name for name, source in self.sources.items() if escaped in source), None)


def flash_parts(image, build):
    """Bytes of flash by part."""
    parts = collections.Counter()
    start, end = image.names["ear_code_start"], image.names["ear_code_end"]
    covered = []
    code = [(a, s) for a, s, is_code, _ in image.symbols if is_code and start <= a < end]
    top = max(a + s for a, s in code)
    files = image.code_files(start, top)
    for address, size in code:
        covered.append((address, address + size))
        for word in range(address & ~3, address + size, 4):
            path = files[(word - start) // 4] if (word - start) // 4 < len(files) else "??"
            part = LIBRARY if path.startswith("?") else part_of(path, image.root) or LIBRARY
            parts[part] += min(word + 4, address + size) - max(word, address)
    for address, size, is_code, _ in image.symbols:
        if not is_code and start <= address < end:
            covered.append((address, address + size))
            unit = image.variables.get(address)
            parts[(part_of(unit, image.root) if unit else None) or LIBRARY] += size
    data_load, data_bytes = image.names["ear_data_load"], image.names["ear_data_end"] - image.names["ear_data_start"]
    parts["initial values of variables"] += data_bytes
    texts = Texts(image.root, build)
    covered.sort()
    last = start
    for low, high in covered + [(data_load, data_load)]:
        if low > last:
            share_texts(image.bytes_at(last, low), texts, parts)
        last = max(last, high)
    return parts, end - start


def share_texts(gap, texts, parts):
    for piece in re.findall(rb"[^\0]*\0*", gap):
        try:
            text = piece.rstrip(b"\0").decode("ascii")
        except UnicodeDecodeError:
            text = ""
        parts[(texts.owner(text) if len(text) >= 3 else None) or TEXTS] += len(piece)


def ram_parts(image):
    """Bytes of RAM by part, and the firmware's own object by member."""
    parts = collections.Counter()
    first, last = image.names["ear_data_start"], image.names["ear_ram_end"]
    inside = 0
    for address, size, is_code, name in image.symbols:
        if is_code or not first <= address < last:
            continue
        inside += size
        if name.split(".")[0] == "firmware" and size > 10000:
            share_object(image, size, parts)
        elif name.split(".")[0] == "arena":
            parts["TLS arena"] += size
        elif name.split(".")[0] == "rings":
            parts["serial ports"] += size
        else:
            unit = image.variables.get(address)
            parts[(part_of(unit, image.root) if unit else None) or LIBRARY] += size
    parts["stack"] = image.names["ear_stack_top"] - image.names["ear_stack_bottom"]
    parts["gaps"] = last - first - inside
    return parts, last - image.names["ear_stack_bottom"]


def share_object(image, size, parts):
    """The object that main.c has: agent, serial ports, shell and log are worth a line each."""
    lines = {"agent": "agent", "serial": "serial ports", "shell": "shell", "log": "log", "net": "lwIP and MQTT"}
    members, _ = image.members["ear_firmware"]
    ends = [at for at, _ in members[1:]] + [size]
    for (at, name), end in zip(members, ends):
        parts[lines.get(name, "firmware's other state")] += end - at


def heap_symbols(image):
    wrong = re.compile(r"^_?(malloc|free|calloc|realloc|sbrk|malloc_r|free_r|sbrk_r|calloc_r|realloc_r)$")
    return sorted(name for name in image.names if wrong.match(name))


def loaded(elf):
    """Bytes that lie in flash, of any image."""
    rows = [line.split() for line in run("arm-none-eabi-readelf", "-lW", elf).splitlines()]
    return sum(int(row[4], 16) for row in rows if row[:1] == ["LOAD"])


def where(elf, address):
    return run("arm-none-eabi-addr2line", "-f", "-i", "-e", elf, f"{address:#x}").strip()
