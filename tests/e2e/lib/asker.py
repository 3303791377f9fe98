# SPDX-License-Identifier: Apache-2.0
"""Whoever asks a device over its broker, and looks that requests and answers are as query.cddl says."""
import subprocess
import sys

import cbor2

from .world import ROOT, Program, check, equal, until

sys.path.append(str(ROOT / "tests/support"))
import cddl_check  # noqa: E402


class Asker:
    """Someone at the broker with nothing but mosquitto's programs and cbor2."""

    def __init__(self, world, broker, daemon):
        self.world, self.broker = world, broker
        self.topic = f"earshot/1/t/s/{daemon.name}"
        certs = world.certs
        self.how = ["-h", "127.0.0.1", "-p", str(broker.port), "--cafile", certs.ca, "--cert", certs.crt("client"),
                    "--key", certs.key("client"), "-q", "1"]
        self.log = world.path(world.unique("replies"))
        program = Program("mosquitto_sub", ["mosquitto_sub", *self.how, "-i", "asker", "-t", f"{self.topic}/reply", "-F",
                                            "%X"], self.log)
        world.stack.callback(program.end)
        until(lambda: "Sending SUBACK to asker" in broker.text(), "mosquitto_sub has subscribed")
        self.rules = cddl_check.load(ROOT / "core/tell/query.cddl")

    def publish(self, payload, *more):
        subprocess.run([str(a) for a in ["mosquitto_pub", *self.how, "-t", f"{self.topic}/cmd", "-s" if payload else "-n", *more]],
                       input=payload, check=True, timeout=120)

    def replies(self):
        found = []
        for line in self.log.read_text().splitlines():
            payload = bytes.fromhex(line)
            body = cbor2.loads(payload)
            check(self.rules.matches("reply", body), f"a reply does not satisfy query.cddl: {body}")
            equal(cbor2.dumps(body, canonical=True), payload, "a reply in deterministic form")
            found.append(body)
        return found

    def ask(self, request, *more, rule="request"):
        if isinstance(request, dict):
            check(self.rules.matches(rule, request), f"a request does not satisfy query.cddl: {request}")
            request = cbor2.dumps(request)
        before = len(self.replies())
        self.publish(request, *more)
        return until(lambda: self.replies()[before:], "a reply")[0]
