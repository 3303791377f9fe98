# SPDX-License-Identifier: Apache-2.0
"""Brokers that are reached and then say no in MQTT's own words: the daemon hears them, even if they hang up at once."""
import ssl

from lib.broker import Listener
from lib.daemon import Daemon
from lib.events import messages
from lib.world import check, equal, until

CONNECT, CONNACK, PUBLISH, PUBACK = 0x10, 0x20, 0x30, 0x40


def packet(connection):
    """The next MQTT packet: (type, body), or None at the end."""
    head = connection.recv(1)
    if not head:
        return None
    length, shift = 0, 0
    while True:
        byte = connection.recv(1)[0]
        length |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            break
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return head[0] & 0xf0, body


def mqtt_broker(world, answer):
    """Behaviour of a broker over mutual TLS. answer(version): its CONNACK, and whether the session then goes on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(world.certs.crt("server"), world.certs.key("server"))
    context.load_verify_locations(world.certs.crt("ca"))
    context.verify_mode = ssl.CERT_REQUIRED
    versions, topics = [], []

    def behave(raw):
        raw.settimeout(20)
        with context.wrap_socket(raw, server_side=True) as connection:
            kind, body = packet(connection)
            equal(kind, CONNECT, "the first packet")
            versions.append(body[6])
            connack, goes_on = answer(body[6])
            connection.sendall(connack)
            while goes_on:
                got = packet(connection)
                if got is None:
                    return
                kind, body = got
                if kind == PUBLISH:
                    end = 2 + int.from_bytes(body[:2], "big")
                    topics.append(body[2:end].decode())
                    connection.sendall(bytes([PUBACK, 2]) + body[end:end + 2])
    listener = Listener(world, behave)
    listener.versions, listener.topics = versions, topics
    return listener


def test_broker_that_only_speaks_3_1_1(world):
    """It refuses MQTT 5 the old way, with a CONNACK without properties; then it gets what it speaks."""
    broker = mqtt_broker(world, lambda version: (bytes([CONNACK, 2, 0, 1 if version > 4 else 0]), version == 4))
    daemon = Daemon(world, broker)
    daemon.wait_log("does not speak MQTT 5; next time 3.1.1 is tried")
    until(lambda: broker.topics, "a message over MQTT 3.1.1")
    equal(broker.versions, [5, 4], "versions of MQTT tried")
    with daemon.client() as client:
        equal(client.play(messages(40)), [], "answers other than ok")
    until(lambda: any("/summary/" in topic for topic in broker.topics), "a summary over MQTT 3.1.1")
    check("MQTT 3.1.1 over TLS" in daemon.status()["broker"]["session"], "the status page says so")


def test_not_authorized(world):
    """Reason code 0x87 and the end of the connection right behind it: the reason is not lost."""
    broker = mqtt_broker(world, lambda version: (bytes([CONNACK, 3, 0, 0x87, 0]), False))
    daemon = Daemon(world, broker)
    daemon.wait_log("refused the session: Not authorized")
    until(lambda: daemon.health("uplink.attempts") >= 2, "a second attempt")
    equal(set(broker.versions), {5}, "versions of MQTT tried: a refusal for another reason is no reason to go back")
    equal(daemon.health("uplink.connects"), 0, "sessions")
