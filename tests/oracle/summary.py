# SPDX-License-Identifier: Apache-2.0
"""tests/oracle/summary.py - reads summaries as core/tell/SPEC.md describes them, and keeps the newest revision of each key, as a
server would."""
import math

import cbor2

RESOLUTIONS = ("minute", "hour", "day")
USUAL = (60, 3600, 86400)
DISTINCT, DISTRIBUTIONS = {19, 21, 25}, {22, 23}
LABELS = {26: 1, 27: 3, 29: 1, 30: 1, 31: 9, 32: 3, 33: 2, 34: 8}
HEAVY, WIDE = 28, 35
GROUPS = {2: 6, 3: 3, 4: 3, 5: 2, 7: 5, 8: 3, 9: 2, 10: 3, 11: 5, 14: 3, 15: 5}
COUNTS = {0, 1, 6, 12, 13, 16, 20, 24}


class Bad(Exception):
    """Bytes that are not a summary."""


def need(truth, what):
    if not truth:
        raise Bad(what)


def natural(value, most=2**32 - 1):
    need(isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most, f"a number out of range: {value!r}")
    return value


def members(value, size):
    need(isinstance(value, list) and 1 <= len(value) <= size and value[-1] != 0, f"a list: {value!r}")
    return {index: natural(number) for index, number in enumerate(value) if number}


def table(value):
    need(isinstance(value, dict) and value, f"a table: {value!r}")
    need(all(isinstance(label, str) and 1 <= len(label.encode()) <= 5 for label in value), f"labels: {value!r}")
    need(all(natural(number) for number in value.values()), f"a label that counts nothing: {value!r}")
    return value


def varint(data, at):
    """LEB128: 7 bits a byte, the lowest first."""
    value = shift = 0
    while True:
        need(at < len(data), "a sketch ends too early")
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def bits_of(data):
    """From the highest bit of the first byte."""
    for byte in data:
        for place in range(7, -1, -1):
            yield byte >> place & 1


def take(bits, n):
    value = 0
    for _ in range(n):
        value = value << 1 | next(bits)
    return value


def registers(data):
    """Those of a HyperLogLog, plain or as Rice codes."""
    form, p = data[0] >> 4, data[0] & 15
    need(form in (2, 3) and 6 <= p <= 10, f"form of a distinct count: {data[0]:02x}")
    bits = bits_of(data[1:] if form == 2 else data[2:])
    values = []
    try:
        for _ in range(1 << p):
            if form == 2:
                values.append(take(bits, 5))
                continue
            quarters = 0
            while next(bits):
                quarters += 1
            values.append(data[1] + 4 * quarters + take(bits, 2))
    except StopIteration:
        raise Bad("registers end too early") from None
    rest = list(bits)
    need(len(rest) < 8 and not any(rest) and max(values) <= 33 - p, "registers")
    return p, values


def estimate(p, values):
    """O. Ertl 2017, algorithm 6."""
    m, q = 1 << p, 32 - p
    counts = [values.count(k) for k in range(q + 2)]
    x = 1 - counts[q + 1] / m
    tau, y, before = 1 - x, 1.0, -1.0
    while tau != before and 0 < x < 1:
        x, before, y = math.sqrt(x), tau, y / 2
        tau -= (1 - x) ** 2 * y
    z = m * (tau / 3 if counts[q + 1] else 0)
    for k in range(q, 0, -1):
        z = (z + counts[k]) / 2
    x, y, sigma, before = counts[0] / m, 1.0, counts[0] / m, -1.0
    while sigma != before:
        x, before = x * x, sigma
        sigma += x * y
        y *= 2
    return m * m / (2 * math.log(2) * (z + m * sigma))


def distinct(data):
    """How many: exactly, or by a sketch of 2^p registers."""
    need(isinstance(data, bytes) and len(data) > 1, "a distinct count")
    if data[0] == 0x10:
        prefixes = [data[place:place + 4] for place in range(2, len(data), 4)]
        need(len(prefixes) == data[1] and prefixes == sorted(set(prefixes)), f"a distinct count: {data.hex()}")
        return {"exact": data[1]}
    p, values = registers(data)
    return {"p": p, "about": estimate(p, values)}


def distribution(data):
    """{bucket: count}, and the exact count and sum."""
    need(isinstance(data, bytes) and data[:1] == b"\x10", "a distribution")
    count, at = varint(data, 1)
    total, at = varint(data, at)
    clipped, at = varint(data, at)
    buckets, bucket = {}, 0
    while at < len(data):
        n, at = varint(data, at)
        if n:
            buckets[bucket] = n
            bucket += 1
        else:
            zeros, at = data[at], at + 1
            bucket += zeros + 1
    need(bucket <= 70 and count == clipped + sum(buckets.values()), f"a distribution: {data.hex()}")
    return {"count": count, "sum": total, **buckets}


def rows(value, columns):
    """{(label, column): n} of a table of labels."""
    need(isinstance(value, dict) and value, f"a table of labels: {value!r}")
    out = {}
    for label, cells in value.items():
        cells = cells if isinstance(cells, list) else [cells]
        need(isinstance(label, str) and len(cells) <= columns and cells[-1] != 0, f"a row: {label!r} {cells!r}")
        out.update({(label, column): natural(n, 2**63) for column, n in enumerate(cells) if n})
    return out


def heavy(value):
    total, missed, labels = value
    entries = {label: tuple(entry) if isinstance(entry, list) else (entry, 0) for label, entry in labels.items()}
    return {"total": total, "missed": missed, "entries": entries}


def number_of(key, value):
    """A number in one form: a count, or a dictionary of members."""
    if key in COUNTS:
        need(natural(value), f"number {key} is 0")
        return value
    if key in GROUPS:
        return members(value, GROUPS[key])
    if key == 17:
        return table(value)
    if key in DISTINCT:
        return distinct(value)
    if key in DISTRIBUTIONS:
        return distribution(value)
    if key in LABELS:
        return rows(value, LABELS[key])
    if key == HEAVY:
        return heavy(value)
    if key == WIDE:
        return natural(value, 2**63)
    if key == 18:
        need(all(natural(minute, 65535) is not None for minute in value), "minutes")
        return members(value, 60)
    raise Bad(f"unknown number {key}")


def decode(payload):
    """((resolution, start, slice, and life where it is not 1), length, revision, seq, numbers, ledger) of a summary's bytes."""
    head = cbor2.loads(payload)
    need(cbor2.dumps(head, canonical=True) == payload, "not the deterministic form")
    need(head.get(0) == 1, "another version")
    need(head.get(1) in (0, 1, 2), "resolution")
    labels = head[8]
    need(labels is None or len(labels) == 4 and all(isinstance(label, str) for label in labels), "slice")
    length = head.get(3, USUAL[head[1]])
    need(3 not in head or length != USUAL[head[1]], "a usual length is said")
    need(head[4] >> 24 == head[5], "boot is not revision / 2^24")
    need(head[7] in (0, 1, 2), "clock")
    need(head.get(11, 2) > 1, "life 1 is said")
    key = (head[1], head[2], None if labels is None else tuple(labels)) + ((head[11],) if 11 in head else ())
    numbers = {number: number_of(number, value) for number, value in head[9].items()}
    return key, length, head[4], head[6], numbers, head[10] + [0] * (6 - len(head[10]))


class Store:
    """The one rule for consumers."""

    def __init__(self):
        self.held = {}  # key: (revision, length, numbers)
        self.ledgers = []

    def take(self, payload):
        key, length, revision, seq, numbers, ledger = decode(payload)
        self.ledgers.append((seq, ledger))
        if key not in self.held or self.held[key][0] < revision:
            self.held[key] = (revision, length, numbers)
