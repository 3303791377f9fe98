# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/summaries.py - the central server of a test: subscribes with mosquitto_sub, decodes with python3-cbor2,
upserts by key and revision, adds up. Shares no code with the project but the catalogue of names."""
import json
import subprocess
import sys
import time

import cbor2

from lib.world import ROOT, Program, check, equal, until

RESOLUTIONS = ["minute", "hour", "day"]
LEDGER = ["accepted", "refused", "produced", "acked", "superseded", "expired"]


def leb128(data):
    """The numbers in some bytes, seven bits to a byte, lowest first."""
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0


class Catalogue:
    """Wire key -> how to flatten a number into names, from `earshot catalogue --json`."""

    def __init__(self, world):
        out = subprocess.run([world.tool("earshot"), "catalogue", "--json"], check=True, capture_output=True)
        self.numbers = {line["key"]: line for line in json.loads(out.stdout)}

    def flat(self, numbers):
        """What adds up, by name: "status.open", "escalations" (all of a group), "tags" and "topics.successful" (all rows),
        "tags[vip]" and "topics[prices].successful" (one), "funnel[view].2", "duration.count"."""
        flat = {}

        def add(name, value):
            flat[name] = flat.get(name, 0) + value

        for key, value in numbers.items():
            line = self.numbers[key]
            names, shape, columns = line["names"], line["shape"], line["columns"]
            name = names[0]
            if shape in ("count", "wide"):
                add(name, value)
            elif shape == "group":
                check(len(value) <= len(names), f"members of key {key}: {value} for {names}")
                flat.update(zip(names, value))
                if "." in name:
                    add(name.rpartition(".")[0], sum(value))
            elif shape == "series":
                add(name, sum(value))
            elif shape == "heavy":
                add(name, value[0])
                for label, count in value[2].items():
                    add(f"{name}[{label}]", count if isinstance(count, int) else count[0])
            elif shape == "distribution":
                count, total = list(leb128(value[1:]))[:2]
                add(f"{name}.count", count)
                add(f"{name}.sum_ms", total)
            elif shape != "distinct":
                for label, row in value.items():
                    if isinstance(row, int) and not columns:
                        add(name, row)
                        add(f"{name}[{label}]", row)
                        continue
                    for i, one in enumerate([row] if isinstance(row, int) else row):
                        column = columns[i] if columns else str(i + 1)
                        add(f"{name}.{column}", one)
                        add(f"{name}[{label}].{column}", one)
        return flat

    def people(self, numbers):
        """Sets of people by name; None where they are too many to be known one by one."""
        found = {}
        for key, value in numbers.items():
            if self.numbers[key]["shape"] == "distinct":
                exact = value[0] == 0x10
                found[self.numbers[key]["names"][0]] = (
                    {value[i:i + 4] for i in range(2, len(value), 4)} if exact else None)
        return found


class Summary:
    """A decoded payload. Map keys as core/tell/SPEC.md lists them."""

    def __init__(self, topic, payload):
        self.topic = topic
        self.payload = payload
        self.device = topic.split("/")[4]
        body = cbor2.loads(payload)
        equal(body[0], 1, "version of a summary")
        self.body = body
        self.resolution = RESOLUTIONS[body[1]]
        equal(topic.split("/")[5:], ["summary", self.resolution], "topic of a summary")
        self.start, self.revision, self.boot, self.seq, self.clock = body[2], body[4], body[5], body[6], body[7]
        self.slice = None if body[8] is None else tuple(body[8])
        self.numbers = body[9]
        self.ledger = dict(zip(LEDGER, body[10]))

    def state(self):
        """All but the ledger, which is of the moment of the message."""
        return {key: value for key, value in self.body.items() if key != 10}

    @property
    def key(self):
        return self.device, self.resolution, self.start, self.slice, self.body.get(11, 1)


class Server:
    """Keeps its session over restarts of the broker, as a server that wants everything would. Of a broker that does not run
    yet it becomes a subscriber first, and leaves it stopped: what is told once it starts is all heard."""

    def __init__(self, world, broker, topic="earshot/1/#", tls_version=None):
        self.catalogue = Catalogue(world)
        self.log = world.path(world.unique("server") + ".messages")
        certs = world.certs
        arguments = ["mosquitto_sub", "-h", "127.0.0.1", "-p", broker.port, "-i", "server", "-c", "-q", "1",
                     "-t", topic, "-F", "%t %r %X"]
        if not broker.plain:
            arguments += ["--cafile", certs.ca, "--cert", certs.crt("client"), "--key", certs.key("client")]
        arguments += ["--tls-version", tls_version] if tls_version else []
        self.arguments = arguments
        self.world = world
        absent = not broker.running()
        if absent:
            broker.start()
        self._subscribe()
        self.offset = 0
        self.messages = []   # (topic, retained, payload), as they came
        self.summaries = []  # as they came
        self.held = {}       # key -> newest Summary
        until(lambda: "Sending SUBACK to server" in broker.text(), "mosquitto_sub has subscribed")
        if absent:
            broker.stop()

    def _subscribe(self):
        self.program = Program("mosquitto_sub", self.arguments, self.log)
        self.begun = time.monotonic()
        self.world.stack.callback(self.program.end)

    def read(self):
        """Take in what has come since."""
        if not self.program.running() and time.monotonic() - self.begun > 0.3:
            self._subscribe()  # mosquitto_sub gives up when TLS ends without a word; its session goes on
        with open(self.log, "rb") as file:
            file.seek(self.offset)
            data = file.read()
        for line in data[:data.rfind(b"\n") + 1].splitlines():
            self.offset += len(line) + 1
            topic, retained, payload = (line.decode().split(" ") + [""])[:3]
            if not topic.startswith("earshot/"):
                continue  # what mosquitto_sub says itself
            payload = bytes.fromhex(payload)
            self.messages.append((topic, retained == "1", payload))
            if "/summary/" in topic:
                self._upsert(Summary(topic, payload))
        return self

    def _upsert(self, summary):
        self.summaries.append(summary)
        held = self.held.get(summary.key)
        if held is not None and held.revision == summary.revision:
            equal(summary.state(), held.state(), f"the same revision of {summary.key} said twice")
        if held is None or held.revision < summary.revision:
            self.held[summary.key] = summary

    def totals(self, device=None, resolution="hour"):
        """All windows and slices of the newest states, added up by the catalogue's names; people are united, and are
        left out where they are too many to be known one by one."""
        self.read()
        totals, people = {}, {}
        for summary in self.held.values():
            if summary.resolution == resolution and device in (None, summary.device):
                for name, value in self.catalogue.flat(summary.numbers).items():
                    totals[name] = totals.get(name, 0) + value
                for name, some in self.catalogue.people(summary.numbers).items():
                    known = people.setdefault(name, set())
                    people[name] = None if known is None or some is None else known | some
        totals.update({name: len(some) for name, some in people.items() if some is not None})
        self.uncounted = {name for name, some in people.items() if some is None}
        return totals

    def total(self, name, device=None, resolution="hour"):
        return self.totals(device, resolution).get(name, 0)

    def status(self, device):
        """Newest message on the device's topic status, decoded; None if there was none."""
        self.read()
        for topic, _, payload in reversed(self.messages):
            if topic.split("/")[4:] == [device, "status"]:
                return cbor2.loads(payload)
        return None

    def wait_total(self, name, value, device=None, seconds=60, resolution="hour"):
        until(lambda: self.total(name, device, resolution) == value,
              lambda: f"{name} of {device or 'all'} adds up to {value}, is {self.total(name, device, resolution)}",
              seconds)

    def wait_totals(self, wanted, device=None, seconds=60, resolution="hour"):
        """Every name in `wanted` has its value; then also that nothing is missing in the sequence."""
        def differing():
            totals = self.totals(device, resolution)
            return {n: (totals.get(n, 0), v) for n, v in wanted.items()
                    if totals.get(n, 0) != v and n not in self.uncounted}
        until(lambda: not differing(), lambda: f"totals of {device or 'all'}: (is, should be) {differing()}", seconds)


def check_encoding(server):
    """Every message so far satisfies the CDDL, and is deterministic: a strict encoder that is not ours gives the same
    bytes."""
    sys.path.append(str(ROOT / "tests/support"))
    import cddl_check
    rules = {"summary": cddl_check.load(ROOT / "core/tell/summary.cddl"),
             "status": cddl_check.load(ROOT / "core/tell/status.cddl")}
    check(server.read().messages, "there are messages to check")
    for topic, _, payload in server.messages:
        rule = topic.split("/")[5]
        body = cbor2.loads(payload)
        check(rules[rule].matches(rule, body), f"{topic} does not satisfy {rule}.cddl: {payload.hex()}")
        again = cbor2.dumps(body, canonical=True)
        check(again == payload, f"{topic} is not deterministic: {payload.hex()} against {again.hex()}")
