# SPDX-License-Identifier: Apache-2.0
"""tools/board/stack.py - the deepest chain of calls of an image, from what the compiler wrote at link time
(-fcallgraph-info=su), from the code of the C library, and from a table of what is called through pointers
(platform/firmware/indirect_calls.txt).

    /usr/bin/python3 tools/board/stack.py IMAGE.ltrans0.ltrans.ci IMAGE.calls

writes the name of what each call through a pointer calls, as the source has it: part of each build, because only then the
source is certainly the one that was compiled."""
import collections
import fnmatch
import pathlib
import re
import sys

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]+)"')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]+)")?')
INDIRECT = "__indirect_call"
BYTES = re.compile(r"(\d+) bytes \((\w[\w,]*)\)")
CALLED = re.compile(r"(\w+)\)?\s*\(|(\w+)\(\)")
SUFFIX = re.compile(r"\.(lto_priv|isra|constprop|part|cold)\.?\d*")
EXCEPTION_BYTES = 8 * 4 + 4  # what the processor stacks, aligned
EXCEPTIONS = 16  # vectors of the processor's own; 2: NMI, 3 to 6: faults
FAULTS = (2, 3, 4, 5, 6)


class StackFault(Exception):
    """The depth cannot be known: says what to do."""


def bare(title):
    return SUFFIX.sub("", title.rsplit(":", 1)[-1])


class Graph:
    """Functions, their frames and whom they call. image: sizes.Image; library: library.Library."""

    def __init__(self, path, table, image, library):
        self.frame, self.file, self.calls = {}, {}, collections.defaultdict(dict)
        self.sites, self.known, self.library = [], {}, library
        for line in pathlib.Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
            if match := NODE.match(line):
                self.add_node(*match.groups())
            elif match := EDGE.match(line):
                source, target, label = match.groups()
                if target == INDIRECT:
                    self.sites.append((source, label))
                else:
                    self.calls[source][target] = ""
        self.linked = image.names
        self.join_aliases(image.names)
        self.by_name = collections.defaultdict(list)
        for title in self.frame:
            self.by_name[bare(title)].append(title)
        self.resolve(table, read_calls(pathlib.Path(path).with_suffix("").with_suffix("").with_suffix(".calls")))

    def add_node(self, title, label):
        parts = label.split("\\n")
        self.file[title] = parts[1].rsplit(":", 2)[0] if len(parts) > 1 else ""
        if size := BYTES.search(label):
            if "dynamic" in size[2] and "bounded" not in size[2]:
                raise StackFault(f"{bare(title)} uses as much stack as it likes ({size[2]})")
            self.frame[title] = int(size[1])
        elif title != INDIRECT:
            self.add_library(title)

    def add_library(self, title):
        """A function that the compiler knows by name only. What the image does not have is not called."""
        if title in self.frame:
            return
        try:
            found = self.library.frame(title)
        except ValueError as error:
            raise StackFault(str(error)) from error
        self.frame[title] = found[0] if found else 0
        for callee in found[1] if found else ():
            self.calls[title][callee] = ""
            self.add_library(callee)

    def join_aliases(self, addresses):
        """Functions of the same code are one, of which the compiler describes only one under one of the names."""
        described = {}
        for title in self.frame:
            address = addresses.get(title.rsplit(":", 1)[-1])
            if address is not None:
                described[address] = title
        for source in list(self.calls):
            for target in [t for t in self.calls[source] if t not in self.frame]:
                title = described.get(addresses.get(target.rsplit(":", 1)[-1]))
                if title is None:
                    raise StackFault(f"{bare(source)} calls {bare(target)}, of which nothing is known")
                del self.calls[source][target]
                if title != source:
                    self.calls[source][title] = ""

    def named(self, spec):
        """Functions that a name of the table means: function, or file.c/function."""
        file, _, name = spec.rpartition("/")
        return [t for t in self.by_name.get(name, []) if not file or self.file[t].endswith("/" + file)]

    def resolve(self, table, called):
        rules, single, self.idle = read_table(table)
        for source, label in self.sites:
            file, line, _ = label.rsplit(":", 2)
            member = called[label]
            rule = next((r for r in rules if fnmatch.fnmatch(pathlib.Path(file).name, r[0]) and member in r[1]), None)
            if rule is None:
                raise StackFault(f"{file}:{line}: nobody says what '{member}' calls: add a line to {table}")
            for spec in rule[2]:
                targets = self.named(spec.lstrip("?"))
                if not targets and not spec.startswith("?"):
                    raise StackFault(f"{table}: '{member}' of {rule[0]} is said to call {spec}, which the image does not have")
                self.calls[source].update(dict.fromkeys(targets, member))
        once = []
        for word, caller, callee in single:
            for source in self.named(caller):
                if word == "asm":
                    self.calls[source].update(dict.fromkeys(self.named(callee), word))
                    continue
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

    def reached(self, roots):
        seen, waiting = set(), [title for root in roots for title in self.by_name.get(root, [])]
        while waiting:
            title = waiting.pop()
            if title not in seen:
                seen.add(title)
                waiting += self.calls.get(title, ())
        return seen

    def unreached(self, roots):
        """Functions of the image that no chain from these leads to: those that the table does not know, those it calls idle."""
        seen = self.reached(roots)
        left, used = self.places(set(self.frame) - seen), self.places(seen)
        left = {title for at in left.keys() - used.keys() for title in left[at]}
        below = self.reached(self.idle)
        return sorted(map(bare, left - below)), sorted(map(bare, left & below))

    def places(self, titles):
        """{address in the image: titles}"""
        found = collections.defaultdict(set)
        for title in titles:
            if (at := self.linked.get(title.rsplit(":", 1)[-1])) is not None:
                found[at].add(title)
        return found


def read_calls(path):
    """Written by the build: see above."""
    if not path.exists():
        raise StackFault(f"{path} is missing: the build makes it")
    return dict(line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())


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
    """([(file, members, functions)], [(word, caller, callee)], {idle})"""
    rules, single, idle = [], [], set()
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        if match := re.match(r"(never|once|asm) (\S+) > (\S+)$", line):
            single.append(match.groups())
        elif line.startswith("idle "):
            idle.update(line.split()[1:])
        elif match := re.match(r"(\S+) ([\w|]+):(.*)$", line):
            rules.append((match[1], match[2].split("|"), match[3].split()))
        else:
            raise StackFault(f"{path}:{number}: 'FILE MEMBER|MEMBER: FUNCTION...' is meant")
    return rules, single, idle


def vectors(image):
    """Names of the handlers in the vector table, by their number."""
    start, size = next((address, size) for address, size, _, name in image.symbols
                       if address == image.names["ear_code_start"] and name.startswith("vectors"))
    words = image.bytes_at(start, start + size)
    by_address = {address: name for address, _, is_code, name in image.symbols if is_code}
    found = {}
    for number in range(1, size // 4):
        address = int.from_bytes(words[4 * number:4 * number + 4], "little") & ~1
        if address in by_address:
            found[number] = bare(by_address[address])
    return found


def worst(path, table, image, library):
    """What the stack must hold: the main program's deepest chain, an interrupt on top, a fault on top of that."""
    graph, handlers = Graph(path, table, image, library), vectors(image)
    main, chain = graph.depth_of(handlers[1])
    faults = {handlers[number] for number in FAULTS if number in handlers} | {"ear_fault_watchdog"}
    interrupts = set(handlers.values()) - faults - {handlers[1]}
    irq = max((graph.depth_of(name)[0] for name in interrupts), default=0)
    fault = max(graph.depth_of(name)[0] for name in faults if graph.by_name.get(name))
    unreached, idle = graph.unreached(list(handlers.values()))
    return {"main": main, "interrupt": irq + EXCEPTION_BYTES, "fault": fault + EXCEPTION_BYTES,
            "total": main + irq + fault + 2 * EXCEPTION_BYTES, "unreached": unreached, "idle": idle,
            "chain": [{"function": name, "bytes": size} for name, size in chain]}


def write_calls(path, out):
    labels = set()
    for line in pathlib.Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        if (match := EDGE.match(line)) and match[2] == INDIRECT:
            labels.add(match[3])
    with open(out, "w", encoding="utf-8") as file:
        for label in sorted(labels):
            source, line, column = label.rsplit(":", 2)
            file.write(f"{label}\t{called_name(source, int(line), int(column))}\n")


if __name__ == "__main__":
    write_calls(*sys.argv[1:])
