# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/canary.py - words that nobody says, said in every way there is, and looked for everywhere: files, the
line before and after TLS, the memory of processes."""
import contextlib
import ctypes
import os
import re
import socket
import ssl
import sys
import threading

from lib.broker import Listener
from lib.events import NOON_MS
from lib.world import LeftOut, check

# In texts: plain, in German and in Russian, and where text goes on long after the judging has ended.
PLAIN = ["Quixolument", "brandelfisch"]
FOREIGN = ["Zuckerwürmelgruß", "Йожикоградец"]
LONG = "Plonkfeatherstone"
# Where they must be hashed, or forgotten.
IDS = {"id": "event-Trundlehack", "conversation": "talk-Wopplegast", "user": "person-Ogglevine", "product": "thing-Snibberlog"}
SAID = PLAIN + FOREIGN + [LONG]
WORDS = SAID + list(IDS.values())

SENTENCE = f"My name is {PLAIN[0]} {FOREIGN[0]}, {FOREIGN[1]}, my mail is {PLAIN[1]}@example.org, my voucher 4111 1111 1111 1111"
LONG_TEXT = " ".join([LONG] * 400)  # some 7 KB: more than is judged, nearly all that an event can hold


def forms(word):
    """As it is, in lower case, both in wide characters either way round, and in hex as a log would print it."""
    for one in (word, word.lower()):
        yield one.encode()
        yield one.encode("utf-16-le")
        yield one.encode("utf-16-be")
        yield one.encode().hex().encode()
        yield one.encode().hex().upper().encode()
        yield one.encode("unicode_escape")


def pattern(words=None):
    found = {re.escape(form) for word in words or WORDS for form in forms(word)}
    return re.compile(b"|".join(sorted(found, key=len, reverse=True)))


def text_hash(word):
    """ear_text_hash, as core/judge/ear_text.h describes it."""
    folded, number = word.lower().encode(), 0
    for at in range(0, len(folded), 8):
        number ^= int.from_bytes(folded[at:at + 8].ljust(8, b"\0"), "little")
        number ^= number >> 32
        number = number * 0x9E3779B97F4A7C15 % 2**64
        number ^= number >> 29
    return (number ^ number >> 32) % 2**32


def token_pattern():
    """The words as struct ear_token: hash, start, length. A hash without a key can be guessed."""
    plain = [word for word in SAID if word.isascii()]
    return re.compile(b"|".join(re.escape(text_hash(word).to_bytes(4, sys.byteorder)) + b".." + re.escape(bytes([len(word)]))
                                for word in plain), re.S)


def check_absent(places, words=None, looked_for=None):
    """None of the words in any of (name, bytes); how many bytes there were."""
    looked_for, count, found = looked_for or pattern(words), 0, []
    for name, data in places:
        count += len(data)
        found += [f"{match.group()!r} in {name} at {match.start()}" for match in list(looked_for.finditer(data))[:2]]
    check(not found, f"{len(found)} finds: " + "; ".join(found[:12]))
    return count


def files(directory, without=()):
    for file in sorted(directory.rglob("*")):
        if file.is_file() and file not in without:
            yield str(file.relative_to(directory)), file.read_bytes()


def kinds(conversation, user, n=0):
    """An event of every kind, each with a canary wherever it takes an id or a text; `text` also where it means nothing."""
    at = {"conversation": conversation, "user": user, "text": SENTENCE}
    more = {
        "start": {"label": "door"}, "message": {"from": "user"}, "handoff": {}, "assign": {"agent": "ann"},
        "close": {"by": "agent"}, "outcome": {"resolved": True}, "csat": {"score": 4}, "flow": {"label": "f"}, "tag": {"label": "vip"},
        "topic": {"label": "parcels"}, "procedure": {"label": "p", "resolved": True}, "step": {"label": "s"},
        "link_click": {"label": "l"}, "product_click": {"product": IDS["product"]},
        "add_to_cart": {"product": IDS["product"]},
        "order": {"amount": 100, "currency": "EUR", "product": IDS["product"]}, "delivery": {"delivery": "sent"},
        "agent_login": {"agent": "ann"}, "agent_logout": {"agent": "ann"}, "time": {},
    }
    for place, (kind, fields) in enumerate(more.items()):
        yield {"kind": kind, "id": f"{IDS['id']}-{n}-{place}", "t": NOON_MS + 1000 * place, **at, **fields}


# --- memory ---

def memory(pid):
    """(place, bytes) of all that a process can read and that does not lie in a file: what a core would hold."""
    try:
        maps = open(f"/proc/{pid}/maps").read().splitlines()
        image = open(f"/proc/{pid}/mem", "rb", buffering=0)
    except PermissionError:
        raise LeftOut("reading another process's memory needs root") from None
    with image:
        for line in maps:
            span, rights, _, _, _, *name = line.split(None, 5)
            name = name[0] if name else "anonymous"
            if rights[0] != "r" or name.startswith(("[vvar", "[vsyscall", "[vdso")):
                continue
            first, last = (int(end, 16) for end in span.split("-"))
            with contextlib.suppress(OSError):
                image.seek(first)
                yield f"memory of {pid}, {name} {rights} {span}", read_all(image, last - first)


def read_all(image, length):
    parts = []
    while length > 0:
        part = image.read(length)
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


SEIZE, DETACH, TRACE_EXIT = 0x4206, 17, 0x40  # of ptrace(2)
AT_EXIT = 6 << 8 | 5                          # PTRACE_EVENT_EXIT, SIGTRAP


def memory_at_exit(pid, end):
    """All its memory at the moment in which a process exits, after end() made it. A list, as of memory()."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(SEIZE, pid, None, TRACE_EXIT) != 0:
        raise LeftOut(f"a process cannot be traced here: {os.strerror(ctypes.get_errno())}")
    end()
    _, status = os.waitpid(pid, 0x40000000)  # __WALL
    check(status >> 8 == AT_EXIT, f"it stops where it exits: {status:#x}")
    found = list(memory(pid))
    libc.ptrace(DETACH, pid, None, None)
    return found


# --- the line ---

class Eavesdropper:
    """Ends the device's TLS as the broker would, keeps all that is said in both directions, and passes it on."""

    def __init__(self, world, port):
        certs = world.certs
        self.to = port
        self.heard = b""
        self.inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.inside.load_cert_chain(certs.crt("server"), certs.key("server"))
        self.outside = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.outside.check_hostname = False
        self.outside.load_verify_locations(certs.ca)
        self.outside.load_cert_chain(certs.crt("client"), certs.key("client"))
        self.listener = Listener(world, self._behave)
        self.port = self.listener.port

    def _behave(self, connection):
        threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        import select
        with contextlib.suppress(OSError, ssl.SSLError):
            near = self.inside.wrap_socket(connection, server_side=True)
            far = self.outside.wrap_socket(socket.create_connection(("127.0.0.1", self.to), 5))
            while True:
                ready = [s for s in (near, far) if s.pending()] or select.select([near, far], [], [])[0]
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        near.close()
                        far.close()
                        return
                    self.heard += data
                    (far if source is near else near).sendall(data)


def become(user):
    """For preexec_fn: another user, without its groups."""
    def change():
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    return change
