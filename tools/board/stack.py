# SPDX-License-Identifier: Apache-2.0
"""tools/board/stack.py - the deepest chain of calls of an image, from what the compiler wrote at link time
(-fcallgraph-info=su) and a table of what is called through pointers (platform/firmware/indirect_calls.txt)."""
import collections
import fnmatch
import pathlib
import re

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]+)"')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]+)")?')
BYTES = re.compile(r"(\d+) bytes \((\w[\w,]*)\)")
CALLED = re.compile(r"(\w+)\)?\s*\(|(\w+)\(\)")
SUFFIX = re.compile(r"\.(lto_priv|isra|constprop|part|cold)\.?\d*")
# Functions of newlib and libgcc, whose use of the stack was read from their code.
LIBRARY = {"memset": 16, "memcpy": 16, "memmove": 16, "memcmp": 16, "memchr": 16, "strcmp": 8, "strncmp": 16, "strlen": 8,
           "strchr": 16, "strncpy": 16, "strspn": 16, "strcspn": 16, "strstr": 32, "strcpy": 8, "strnlen": 16,
           "__aeabi_uldivmod": 64, "__aeabi_ldivmod": 80, "__ctzdi2": 8, "__clzdi2": 8, "__popcountsi2": 8, "__popcountdi2": 8,
           "__aeabi_lmul": 16, "qsort": 96}
ROOTS = ["ear_start", "ear_start_c", "ear_fault_entry", "ear_fault_watchdog", "ear_fault_handle"]
EXCEPTION_BYTES = 8 * 4 + 4  # what the processor stacks, aligned


class StackFault(Exception):
    """The depth cannot be known: says what to do."""


def bare(title):
    return SUFFIX.sub("", title.rsplit(":", 1)[-1])


class Graph:
    """Functions, their frames and whom they call."""

    def __init__(self, path, table):
        self.frame, self.file, self.calls = {}, {}, collections.defaultdict(dict)
        self.sites, self.unknown, self.known = [], set(), {}
        self.made = pathlib.Path(path).stat().st_mtime
        for line in pathlib.Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
            if match := NODE.match(line):
                self.add_node(*match.groups())
            elif match := EDGE.match(line):
                source, target, label = match.groups()
                if target == "__indirect_call":
                    self.sites.append((source, label))
                else:
                    self.calls[source][target] = ""
        self.by_name = collections.defaultdict(list)
        for title in self.frame:
            self.by_name[bare(title)].append(title)
        self.resolve(table)

    def add_node(self, title, label):
        parts = label.split("\\n")
        self.file[title] = parts[1].rsplit(":", 2)[0] if len(parts) > 1 else ""
        if size := BYTES.search(label):
            if "dynamic" in size[2] and "bounded" not in size[2]:
                raise StackFault(f"{bare(title)} uses as much stack as it likes ({size[2]})")
            self.frame[title] = int(size[1])
        elif title in LIBRARY:
            self.frame[title] = LIBRARY[title]
        elif title != "__indirect_call":
            self.frame[title] = 0
            self.unknown.add(title)

    def named(self, spec):
        """Functions that a name of the table means: function, or file.c/function."""
        file, _, name = spec.rpartition("/")
        return [t for t in self.by_name.get(name, []) if not file or self.file[t].endswith("/" + file)]

    def resolve(self, table):
        rules, never = read_table(table)
        for source, label in self.sites:
            file, line, column = label.rsplit(":", 2)
            member = called_name(file, int(line), int(column))
            rule = next((r for r in rules if fnmatch.fnmatch(pathlib.Path(file).name, r[0]) and member in r[1]), None)
            if rule is None and pathlib.Path(file).stat().st_mtime > self.made:
                raise StackFault(f"{file} has changed since the image was built: build it again")
            if rule is None:
                raise StackFault(f"{file}:{line}: nobody says what '{member}' calls: add a line to {table}")
            for spec in rule[2]:
                targets = self.named(spec.lstrip("?"))
                if not targets and not spec.startswith("?"):
                    raise StackFault(f"{table}: '{member}' of {rule[0]} is said to call {spec}, which the image does not have")
                self.calls[source].update(dict.fromkeys(targets, member))
        once = []
        for word, caller, callee in never:
            for source in self.named(caller):
                cut = [t for t in self.calls[source] if t in self.named(callee)]
                self.calls[source] = {t: why for t, why in self.calls[source].items() if t not in cut}
                once += [(source, t) for t in cut if word == "once"]
        extra = [(source, self.deepest(target)[0]) for source, target in once]  # the second round, whole
        for source, size in extra:
            self.frame[source] += size
        self.known = {}

    def deepest(self, title, path=()):
        """(bytes, chain) below and with title. A cycle is a fault."""
        if title in path:
            cycle = path[path.index(title):] + (title,)
            raise StackFault("a recursion, whose depth nobody knows: " + " > ".join(bare(t) for t in cycle))
        if title not in self.known:
            best = (0, ())
            for target in self.calls.get(title, ()):
                best = max(best, self.deepest(target, path + (title,)), key=lambda found: found[0])
            self.known[title] = (self.frame.get(title, 0) + best[0], ((bare(title), self.frame.get(title, 0)),) + best[1])
        return self.known[title]

    def depth_of(self, name):
        titles = self.by_name.get(name, [])
        if not titles:
            raise StackFault(f"the image has no function {name}")
        return max((self.deepest(title) for title in titles), key=lambda found: found[0])


    def unreached(self, roots):
        """Functions of the image that no chain from these leads to: a target that the table lacks would be among them."""
        seen, waiting = set(), [title for root in roots for title in self.by_name.get(root, [])]
        while waiting:
            title = waiting.pop()
            if title not in seen:
                seen.add(title)
                waiting += self.calls.get(title, ())
        return sorted({bare(title) for title in self.frame if title not in seen})


def called_name(file, line, column):
    """The member or pointer that the source calls there."""
    lines = pathlib.Path(file).read_text(encoding="utf-8", errors="replace").split("\n")
    text = lines[line - 1][column - 1:] + " " + (lines[line] if line < len(lines) else "")
    macro = re.match(r"MBEDTLS_MPI_CHK\(\s*", text)
    text = text[macro.end():] if macro else text
    text = re.sub(r"^\*?(mbedtls_cipher_get_base)\([^()]*\)", "", text)
    text = re.sub(r"\[[^\]]*\]", "", text)
    match = CALLED.search(text)
    return (match[1] or match[2]) if match else text.strip()[:30]


def read_table(path):
    rules, never = [], []
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        if match := re.match(r"(never|once) (\S+) > (\S+)$", line):
            never.append(match.groups())
            continue
        match = re.match(r"(\S+) ([\w|]+):(.*)$", line)
        if not match:
            raise StackFault(f"{path}:{number}: 'FILE MEMBER|MEMBER: FUNCTION...' is meant")
        rules.append((match[1], match[2].split("|"), match[3].split()))
    return rules, never


def worst(path, table, interrupts):
    """What the stack must hold: the main program's deepest chain, an interrupt on top, a fault on top of that."""
    graph = Graph(path, table)
    main, chain = graph.depth_of("ear_start_c")
    irq = max((graph.depth_of(name)[0] for name in interrupts if graph.by_name.get(name)), default=0)
    fault = graph.depth_of("ear_fault_handle")[0]
    return {"main": main, "interrupt": irq + EXCEPTION_BYTES, "fault": fault + EXCEPTION_BYTES,
            "total": main + irq + fault + 2 * EXCEPTION_BYTES, "unknown": sorted(graph.unknown),
            "unreached": graph.unreached(ROOTS + interrupts),
            "chain": [{"function": name, "bytes": size} for name, size in chain]}
