# SPDX-License-Identifier: Apache-2.0
"""tests/bench/protobuf.py - a summary as JSON and as packed Protobuf, to compare its CBOR with. Encodes what protoc's
code would for proto3: packed repeated varints, zeros left out at the end of a list, field numbers from 1."""
import json


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def block(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data if data else b""


def packed(field, values):
    return block(field, b"".join(varint(value) for value in values))


def protobuf(body):
    """A decoded summary (SPEC.md: integer keys) as one message: the head's members as fields 1.., the slice's four labels
    as strings, and every number of the catalogue as field 16 + key."""
    out = b""
    for key, value in body.items():
        if key < 8:
            out += number(key + 1, value)
    for index, label in enumerate(body[8] or []):
        out += block(9 + index, label.encode())
    for key, value in body[9].items():
        field = 16 + key
        if isinstance(value, int):
            out += number(field, value)
        elif isinstance(value, list):
            out += packed(field, value)
        else:
            for label, count in value.items():
                out += block(field, block(1, label.encode()) + number(2, count))
    return out


def as_json(body, flat, series):
    """The same with the catalogue's names, as short as JSON goes."""
    head = dict(zip(("version", "resolution", "start", "length", "revision", "boot", "seq", "clock"),
                    (body.get(key) for key in range(8))))
    named = {"channel": 0, "sender": 1, "automation": 2, "automation_version": 3}
    whole = {k: v for k, v in head.items() if v is not None}
    whole.update({name: body[8][at] for name, at in named.items()})
    whole.update({name: value for name, value in flat.items() if name != series[0]})
    whole[series[0]] = series[1]
    return json.dumps(whole, separators=(",", ":")).encode()
