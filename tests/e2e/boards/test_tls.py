# SPDX-License-Identifier: Apache-2.0
"""A board speaks mutually authenticated TLS with its broker, and nothing less; each refusal says why."""
import re
import ssl
import time

from device import Device, only
from lib.broker import Broker, Listener, Relay, tls_too_old
from lib.events import messages, sums
from lib.summaries import Server, check_encoding
from lib.world import check, equal, free_port, until

SERVER_SAYS_13 = bytes.fromhex("002b00020304")  # supported_versions in ServerHello: TLS 1.3 (RFC 8446 section 4.2.1)
LOST = "no session with the broker"


def arrives(world, version, **settings):
    broker = Broker(world)
    server, relay = Server(world, broker), Relay(world, broker.port)
    device = Device(world, relay, **settings)
    equal(device.line.hear_all(messages(200)), 0, "events that came again")
    server.wait_totals(sums(200), device.name, 60)
    check_encoding(server)
    said = device.status()
    check(re.match(f"up, {version}", said["broker"]), f"the version: {said['broker']}")
    equal(SERVER_SAYS_13 in relay.heard[:300], version == "TLSv1.3", "TLS 1.3 in the broker's hello")
    check(b"earshot" not in relay.heard and b"board" not in relay.said, "nothing can be read on the line")
    return server, device, relay


@only("mps2")
def test_over_tls_13(world):
    arrives(world, "TLSv1.3", broker__tls_min="1.3")


def test_over_tls_12(world):
    arrives(world, "TLSv1.2", broker__tls_max="1.2")


def refused(world, broker, reason, **more):
    """It says the true reason, tries again, gets nothing through, and goes on counting."""
    device = Device(world, broker, **more)
    device.wait_log(f"{LOST}[^\n]*(?:{reason})", 60)
    until(lambda: device.line.read(0.05) and device.line.text.count(LOST) >= 2, "a second attempt", 30)
    equal(device.line.hear_all(messages(40)), 0, "events that came again")
    said = device.status()
    equal(device.counted()[0], 40, "events counted without a broker")
    check(not said["broker"].startswith("up"), f"no session: {said['broker']}")
    check(re.search(reason, said["last error"]), f"the status says so too: {said['last error']}")
    check("connected to the broker" not in device.line.text, "there was no session")
    said, last = device.type("test")
    check(re.search(f"broker: FAILED: .*(?:{reason})", said) and last.startswith("error:"), f"`test` says so too: {said} {last}")
    return device


def test_wrong_ca(world):
    refused(world, Broker(world), "wrong CA", ca="otherca")


def test_server_of_another_ca(world):
    refused(world, Broker(world, cert="stranger"), "wrong CA")


def test_wrong_name(world):
    refused(world, Broker(world, cert="othername"), "for another name than 127.0.0.1")


def test_wrong_server_name_setting(world):
    refused(world, Broker(world), "for another name than broker.example", broker__server_name="broker.example")


def test_expired_server(world):
    """Once the clock is set; and mended, all that was counted meanwhile arrives."""
    broker = Broker(world)
    server = Server(world, broker)
    broker.serve("expired")
    device = refused(world, broker, "has expired")
    broker.serve("server")
    server.wait_totals(sums(40), device.name, 60)


def test_server_of_the_future(world):
    refused(world, Broker(world, cert="future"), "not valid yet")


def test_not_valid_until_the_time_is_known(world):
    """The server's certificate is younger than the image: what is not known cannot be believed."""
    device = refused(world, broker := Broker(world), "not valid yet", clock=False)
    server = Server(world, broker)
    device.clock.start()
    device.wait_log("time from the network", 90)
    device.wait_up()
    server.wait_totals(sums(40), device.name, 60)


@only("mps2")
def test_time_told_at_the_shell(world):
    """Where there is no time server, a person can tell the time."""
    device = refused(world, Broker(world), "not valid yet", clock=False)
    device.told(time.strftime("time %Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    device.wait_up()


def test_untrusted_client_certificate(world):
    for version in ("1.2", "1.3") if world.board == "mps2" else ("1.2",):
        refused(world, Broker(world), "refused our certificate: unknown CA", cert="untrusted", broker__tls_max=version,
                broker__tls_min=version)


def test_missing_client_certificate(world):
    """It does not even try: what is missing is said."""
    broker = Broker(world)
    device = Device(world, broker, cert=None)
    said = device.status()
    check(re.match("not tried: .*(identity|key|certificate)", said["broker"]), f"broker: {said['broker']}")
    equal(device.line.hear_all(messages(20)), 0, "events that came again")
    equal(device.counted()[0], 20, "events counted")
    check(" as t:s:" not in broker.text() and "not tried" in device.status()["broker"], "nobody came to the broker")


def test_plain_text_broker(world):
    broker = Broker(world, plain=True)
    refused(world, broker, "does not speak TLS|plain-text port")
    check(" as t:s:" not in broker.text(), "no MQTT in the clear")


def test_something_that_is_no_broker(world):
    def http(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()
    refused(world, Listener(world, http), "does not speak TLS")


def test_tls_too_old(world):
    """What an image that has TLS 1.2 alone hears of such a broker is only that nothing fits."""
    refused(world, Listener(world, tls_too_old(world.certs)), "no TLS version that is allowed|no (?:cipher or )?TLS version")


def behaves(world, after, newest=None):
    """A server with our certificates: what it does after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(world.certs.crt("server"), world.certs.key("server"))
    context.load_verify_locations(world.certs.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = newest or ssl.TLSVersion.MAXIMUM_SUPPORTED

    def behave(connection):
        connection.settimeout(5)
        try:
            after(context.wrap_socket(connection, server_side=True))
        except (ssl.SSLError, OSError):
            connection.close()
    return Listener(world, behave)


@only("mps2")
def test_broker_below_our_minimum(world):
    refused(world, behaves(world, lambda tls: tls.close(), ssl.TLSVersion.TLSv1_2), "no TLS version that is allowed",
            broker__tls_min="1.3")


def test_closes_at_once(world):
    refused(world, Listener(world, lambda connection: connection.close()), "closed the connection")


def test_closes_after_the_handshake(world):
    def after(tls):
        tls.recv(1000)
        tls.close()
    refused(world, behaves(world, after), "closed the connection")


def test_nobody_listens(world):
    class Nobody:
        port = free_port()
    refused(world, Nobody(), "cannot reach 10.0.2.2: refused")
