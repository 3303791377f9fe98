# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/boards/lan.py - servers on the cable of a board, which answer frames in place of QEMU's network: DHCP (RFC 2131)
with the options that QEMU's lacks, DNS (RFC 1035), time (RFC 4330). Each is an `answer` for a Wire."""
import socket
import struct
import time

from clock import reply as time_reply
from wire import checksum, udp_ports

SERVER_MAC = bytes.fromhex("525400998877")
DHCP_SERVER, DHCP_CLIENT, DNS, TIME = 67, 68, 53, 123
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)
MASK, ROUTER, NAMES, LEASE_S, KIND, SERVER, WANTED, TIMES = 1, 3, 6, 51, 53, 54, 55, 42
COOKIE = b"\x63\x82\x53\x63"
HERE = "10.0.2.9"  # of our servers; QEMU has .2, .3 and .4
EVERYBODY = b"\xff" * 6


def at_once(*answers):
    """The first that has something to say."""
    return lambda frame: next((back for answer in answers if (back := answer(frame)) is not None), None)


def datagram(to_mac, from_address, to_address, from_port, to_port, body):
    udp = struct.pack(">HHHH", from_port, to_port, 8 + len(body), 0) + body
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
    head += socket.inet_aton(from_address) + socket.inet_aton(to_address)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return to_mac + SERVER_MAC + b"\x08\x00" + head + udp


def answers_datagrams(port, address=HERE):
    """Of a function from a datagram's body to the answer's: an `answer`. Only what is sent to our address counts."""
    def made(serve):
        def answer(frame):
            if (udp_ports(frame) or (0, 0))[1] != port or frame[30:34] != socket.inet_aton(address):
                return None
            at = 14 + (frame[14] & 15) * 4
            body = serve(frame[at + 8:])
            return datagram(frame[6:12], address, socket.inet_ntoa(frame[26:30]), port, udp_ports(frame)[0], body)
        return answer
    return made


def neighbour(*addresses):
    """ARP (RFC 826): these addresses are ours."""
    def answer(frame):
        if frame[12:14] != b"\x08\x06" or frame[20:22] != b"\x00\x01" or socket.inet_ntoa(frame[38:42]) not in addresses:
            return None
        return frame[6:12] + SERVER_MAC + frame[12:20] + b"\x00\x02" + SERVER_MAC + frame[38:42] + frame[22:32]
    return answer


def name_server(names, address="10.0.2.3"):
    """DNS for these names, {name: address}; others do not exist."""
    @answers_datagrams(DNS, address)
    def serve(question):
        labels, end = [], 12
        while question[end]:
            labels.append(question[end + 1:end + 1 + question[end]].decode())
            end += 1 + question[end]
        found = names.get(".".join(labels))
        flags = 0x8183 if found is None else 0x8180
        body = question[:2] + struct.pack(">5H", flags, 1, int(found is not None), 0, 0) + question[12:end + 5]
        return body if found is None else body + b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(found)
    return serve


class TimeOnWire:
    def __init__(self, address=HERE):
        self.asked = 0
        self.answer = answers_datagrams(TIME, address)(self._serve)

    def _serve(self, question):
        self.asked += 1
        return time_reply(question, time.time())


class Dhcp:
    """Gives `address`. options: {number: bytes} beside mask and server, told to who asks for them. says: what becomes of a
    request: ACK, NAK, or None for silence. heard: (kind, options, from, to) of each message."""

    normally = {DISCOVER: OFFER, REQUEST: ACK}.get

    def __init__(self, address="10.0.2.15", lease_s=86400, options=()):
        self.address, self.lease_s = address, lease_s
        self.options = {MASK: socket.inet_aton("255.255.255.0"), ROUTER: socket.inet_aton("10.0.2.2")} | dict(options)
        self.says = self.normally
        self.heard = []

    def of(self, kind):
        return [message for message in list(self.heard) if message[0] == kind]

    def answer(self, frame):
        if udp_ports(frame) != (DHCP_CLIENT, DHCP_SERVER):
            return None
        body = frame[42:]
        options = parse(body[240:])
        kind = options[KIND][0]
        self.heard.append((kind, options, *(socket.inet_ntoa(frame[at:at + 4]) for at in (26, 30))))
        says = self.says(kind)
        return b"" if says is None else self._message(says, body, options)

    def _message(self, says, question, asked):
        options = {KIND: bytes([says]), SERVER: socket.inet_aton(HERE)}
        address = bytes(4)
        if says != NAK:
            address = socket.inet_aton(self.address)
            options[LEASE_S] = struct.pack(">I", self.lease_s)
            options |= {number: value for number, value in self.options.items() if number in asked.get(WANTED, b"")}
        coded = b"".join(bytes([number, len(value)]) + value for number, value in options.items()) + b"\xff"
        body = b"\x02" + question[1:4] + question[4:8] + bytes(8) + address + bytes(8) + question[28:44] + bytes(192) + COOKIE
        return datagram(EVERYBODY, HERE, "255.255.255.255", DHCP_SERVER, DHCP_CLIENT, (body + coded).ljust(300, b"\0"))


def parse(coded):
    options, at = {}, 0
    while coded[at] != 0xff:
        if coded[at] == 0:
            at += 1
            continue
        options[coded[at]] = coded[at + 2:at + 2 + coded[at + 1]]
        at += 2 + coded[at + 1]
    return options
