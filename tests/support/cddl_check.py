#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/support/cddl_check.py - does CBOR satisfy a CDDL description? For the part of CDDL (RFC 8610) that core/tell/*.cddl use.

usage: cddl_check.py CDDL RULE <lines of hex      prints the lines that do not, exits with 3 if there is one

Knows: rules; maps and arrays with occurrences (? * + n*m); `key => value`, `name: value`; choices; ranges; integers, texts,
true, false, nil; uint int bool tstr bstr any. Anything else in a description is an error, never ignored. The bytes are decoded
by cbor2, which is not ours; Debian has no CDDL validator.
"""
import re
import sys

import cbor2

TOKEN = re.compile(r'\s+|;[^\n]*|(?P<range>-?\d+\.\.-?\d+)|(?P<occur>\d*\*\d*|[?+])|(?P<int>-?\d+)|"(?P<text>[^"]*)"'
                   r'|(?P<name>[A-Za-z_][\w.-]*)|(?P<mark>=>|[={}\[\](),:/])')
PRELUDE = {
    "uint": lambda v: is_int(v) and v >= 0,
    "int": lambda v: is_int(v),
    "bool": lambda v: isinstance(v, bool),
    "tstr": lambda v: isinstance(v, str),
    "bstr": lambda v: isinstance(v, bytes),
    "nil": lambda v: v is None,
    "null": lambda v: v is None,
    "true": lambda v: v is True,
    "false": lambda v: v is False,
    "any": lambda v: True,
}


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


class Cddl:
    """A description. matches(rule, value)."""

    def __init__(self, text):
        self.tokens = []
        at = 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise ValueError(f"CDDL: cannot read {text[at:at + 30]!r}")
            if found.lastgroup:
                self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.rules = {}
        while self.tokens:
            name = self.take("name")
            self.take("mark", "=")
            if name in self.rules or name in PRELUDE:
                raise ValueError(f"CDDL: {name} is defined twice")
            self.rules[name] = self.parse_type()

    def peek(self, kind, text=None, at=0):
        return len(self.tokens) > at and self.tokens[at][0] == kind and text in (None, self.tokens[at][1])

    def take(self, kind, text=None):
        if not self.peek(kind, text):
            raise ValueError(f"CDDL: expected {text or kind} before {self.tokens[:3]}")
        return self.tokens.pop(0)[1]

    def parse_type(self):
        choices = [self.parse_one()]
        while self.peek("mark", "/"):
            self.take("mark", "/")
            choices.append(self.parse_one())
        return lambda value: any(choice(value) for choice in choices)

    def parse_one(self):
        if self.peek("mark", "{") or self.peek("mark", "["):
            is_map = self.take("mark") == "{"
            members = self.parse_members("}" if is_map else "]", is_map)
            return (lambda value: match_map(members, value)) if is_map else (lambda value: match_array(members, value))
        kind, text = self.tokens.pop(0)
        if kind == "range":
            low, high = map(int, text.split(".."))
            return lambda value: is_int(value) and low <= value <= high
        if kind == "int":
            return lambda value: is_int(value) and value == int(text)
        if kind == "text":
            return lambda value: isinstance(value, str) and value == text
        if kind == "name":
            return lambda value: self.matches(text, value)
        raise ValueError(f"CDDL: no type can begin with {text}")

    def parse_members(self, end, is_map):
        members = []
        while not self.peek("mark", end):
            low, high = 1, 1
            if self.peek("occur"):
                text = self.take("occur")
                first, _, last = text.partition("*")
                low, high = {"?": (0, 1), "+": (1, None)}.get(text) or (int(first or 0), int(last) if last else None)
            key = None
            if self.peek("name") and self.peek("mark", ":", 1):
                name = self.take("name")
                self.take("mark", ":")
                key = (lambda value, name=name: value == name) if is_map else None
                value = self.parse_type()
            else:
                value = self.parse_type()
                if self.peek("mark", "=>"):
                    self.take("mark", "=>")
                    key, value = value, self.parse_type()
            if is_map and key is None:
                raise ValueError("CDDL: a map's member without a key")
            members.append((low, high, key, value))
            if self.peek("mark", ","):
                self.take("mark", ",")
        self.take("mark", end)
        return members

    def matches(self, rule, value):
        if rule in self.rules:
            return self.rules[rule](value)
        if rule not in PRELUDE:
            raise ValueError(f"CDDL: {rule} is not defined")
        return PRELUDE[rule](value)


def match_map(members, value):
    if not isinstance(value, dict):
        return False
    left = dict(value)
    for low, high, key, type_of in members:
        keys = [k for k in left if key(k)]
        if len(keys) < low or (high is not None and len(keys) > high):
            return False
        for k in keys:
            if not type_of(left.pop(k)):
                return False
    return not left


def match_array(members, value):
    """Greedy: enough where no two neighbours of a list could take the same element."""
    if not isinstance(value, (list, tuple)):
        return False
    at = 0
    for low, high, _, type_of in members:
        count = 0
        while at < len(value) and (high is None or count < high) and type_of(value[at]):
            at, count = at + 1, count + 1
        if count < low:
            return False
    return at == len(value)


def load(path):
    with open(path, encoding="utf-8") as file:
        return Cddl(file.read())


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    cddl = load(sys.argv[1])
    bad = 0
    for line in sys.stdin:
        if line.strip() and not cddl.matches(sys.argv[2], cbor2.loads(bytes.fromhex(line.strip()))):
            print(line.strip())
            bad += 1
    return 3 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
