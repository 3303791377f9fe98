# SPDX-License-Identifier: Apache-2.0
"""Summaries go out over mutually authenticated TLS, and over nothing less."""
import re

from lib.broker import Broker, Listener, Relay, tls_too_old
from lib.daemon import Daemon
from lib.events import messages, sums
from lib.summaries import Server, check_encoding
from lib.world import check, equal, free_port, until

SERVER_SAYS_13 = bytes.fromhex("002b00020304")  # supported_versions in ServerHello: TLS 1.3 (RFC 8446 section 4.2.1)
SERVER_HELLO_12 = bytes.fromhex("0303")


def arrives(world, version, **settings):
    broker = Broker(world)
    server = Server(world, broker)
    relay = Relay(world, broker.port)
    daemon = Daemon(world, relay, **settings)
    with daemon.client() as client:
        equal(client.play(messages(400)), [], "answers other than ok")
    server.wait_totals(sums(400), daemon.name)
    check_encoding(server)
    check(version in daemon.status()["broker"]["session"], f"the status page says {version}: {daemon.status()['broker']}")
    hello = relay.heard[:200]
    check(hello[0:1] == b"\x16" and SERVER_HELLO_12 in hello[:12], f"a TLS handshake: {hello[:16].hex()}")
    equal(SERVER_SAYS_13 in hello, version == "TLSv1.3", "TLS 1.3 in the broker's hello")
    check(b"earshot" not in relay.heard and b"kiosk" not in relay.heard, "nothing can be read on the line")


def test_over_tls_13(world):
    arrives(world, "TLSv1.3", broker__tls_min="1.3")


def test_over_tls_12(world):
    arrives(world, "TLSv1.2", broker__tls_max="1.2")


def test_sessions_are_resumed(world):
    """The second handshake is a short one, in both versions."""
    for version in ("1.2", "1.3"):
        broker = Broker(world)
        relay = Relay(world, broker.port)
        daemon = Daemon(world, relay, broker__tls_min=version, broker__tls_max=version)
        daemon.wait_up()
        first = len(relay.heard)
        relay.cut()
        until(lambda: daemon.health("uplink.connects") == 2, "connected again")
        page = daemon.status()["broker"]
        equal((page["handshakes"], page["resumed"]), (2, 1), f"handshakes and resumed ones, TLS {version}")
        world.note(f"TLS {version}: the broker's first session took {first} bytes, the resumed one "
                   f"{len(relay.heard) - first}")


def refused(world, broker, reason, log=r"", **settings):
    """The daemon says the true reason, more than once (it tries again), gets nothing through, and goes on counting."""
    daemon = Daemon(world, broker, **settings)
    daemon.wait_log(log + reason)
    until(lambda: daemon.health("uplink.attempts") >= 2, "a second attempt")
    with daemon.client() as client:
        equal(client.play(messages(40)), [], "answers other than ok")
    page = daemon.status()
    equal(page["health"]["events.accepted"], 40, "events accepted without a broker")
    equal(page["health"]["uplink.connects"], 0, "sessions")
    check(re.search(reason, page["broker"]["last_error"]), f"the status page says so too: {page['broker']}")
    return daemon


def test_refuses_wrong_ca(world):
    refused(world, Broker(world), "wrong CA", broker__ca_file=world.certs.crt("otherca"))


def test_refuses_server_of_another_ca(world):
    refused(world, Broker(world, cert="stranger"), "wrong CA")


def test_refuses_wrong_host_name(world):
    refused(world, Broker(world, cert="othername"), "for another name than 127.0.0.1")


def test_refuses_wrong_server_name_setting(world):
    refused(world, Broker(world), "for another name than broker.example", broker__server_name="broker.example")


def test_takes_server_name_setting(world):
    """A broker known by another name than the address it is reached at."""
    daemon = Daemon(world, Broker(world, cert="othername"), broker__server_name="broker.elsewhere.example")
    daemon.wait_up()


def test_refuses_expired_server_certificate(world):
    refused(world, Broker(world, cert="expired"), "has expired")


def test_refuses_server_certificate_of_the_future(world):
    refused(world, Broker(world, cert="future"), "not valid yet")


def test_missing_client_certificate(world):
    for version in ("1.2", "1.3"):
        refused(world, Broker(world), "asks? for a client certificate|may ask for a client certificate",
                broker__cert_file="", broker__key_file="", broker__tls_min=version, broker__tls_max=version)


def test_untrusted_client_certificate(world):
    for version in ("1.2", "1.3"):
        refused(world, Broker(world), "refused our certificate: unknown CA", broker__tls_min=version,
                broker__tls_max=version, broker__cert_file=world.certs.crt("untrusted"),
                broker__key_file=world.certs.key("untrusted"))


def test_plain_text_broker(world):
    """It is neither spoken to in the clear nor left without its name in the log."""
    broker = Broker(world, plain=True)
    refused(world, broker, "does not speak TLS|plain-text port")
    check("CONNECT from" not in broker.text() and "as kiosk" not in broker.text(), "no MQTT in the clear")


def test_something_that_is_no_broker(world):
    def http(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()
    refused(world, Listener(world, http), "does not speak TLS")


def test_tls_too_old(world):
    refused(world, Listener(world, tls_too_old(world.certs)), "no TLS version that is allowed")


def test_broker_below_our_minimum(world):
    """We want 1.3 at least, the other end has 1.2 at most."""
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(world.certs.crt("server"), world.certs.key("server"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def behave(connection):
        connection.settimeout(2)
        try:
            context.wrap_socket(connection, server_side=True).close()
        except (ssl.SSLError, OSError):
            connection.close()
    refused(world, Listener(world, behave), "no TLS version that is allowed", broker__tls_min="1.3")


def test_closes_at_once(world):
    refused(world, Listener(world, lambda connection: connection.close()), "closed the connection")


def test_closes_after_the_handshake(world):
    """TLS is fine, MQTT is not spoken."""
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(world.certs.crt("server"), world.certs.key("server"))
    context.load_verify_locations(world.certs.ca)
    context.verify_mode = ssl.CERT_REQUIRED

    def behave(connection):
        connection.settimeout(2)
        try:
            tls = context.wrap_socket(connection, server_side=True)
            tls.recv(1000)
            tls.close()
        except (ssl.SSLError, OSError):
            connection.close()
    refused(world, Listener(world, behave), "closed the connection")


def test_accepts_and_says_nothing(world):
    """A hung broker is given up after a while; the socket stays served all the time."""
    kept = []
    listener = Listener(world, kept.append)
    daemon = Daemon(world, listener, broker__keepalive_s=5)
    until(lambda: daemon.health("uplink.attempts") >= 1, "a first attempt")
    until(lambda: daemon.status()["broker"]["last_error"], "given up", seconds=40, pause=0.2)
    world.note(f"given up with: {daemon.status()['broker']['last_error']}")
    with daemon.client() as client:
        equal(client.play(messages(10)), [], "answers other than ok")


def test_nobody_listens(world):
    port = free_port()

    class Nobody:
        pass
    nobody = Nobody()
    nobody.port = port
    refused(world, nobody, "cannot reach 127.0.0.1 port .*[Rr]efused")


def test_name_that_does_not_resolve(world):
    daemon = Daemon(world, None, broker__host="broker.invalid")
    daemon.wait_log("broker.invalid cannot be resolved")
    with daemon.client() as client:
        equal(client.play(messages(10)), [], "answers other than ok")


def test_connects_by_itself_once_the_fault_is_mended(world):
    """The broker gets a certificate that is not expired; what was counted meanwhile arrives."""
    broker = Broker(world)
    server = Server(world, broker)
    broker.serve("expired")
    daemon = refused(world, broker, "has expired")
    broker.serve("server")
    server.wait_totals(sums(40), daemon.name)


def test_no_openssl_in_the_process(world):
    linked = world.run("ldd", world.tool("earshotd")).stdout
    check("libc.so" in linked and not re.search("ssl|crypto|gnutls|mbed", linked), f"only libc: {linked}")
    broker = Broker(world)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    with open(f"/proc/{daemon.program.pid}/maps", encoding="ascii", errors="replace") as maps:
        libraries = {line.split()[-1] for line in maps if ".so" in line}
    check(not [name for name in libraries if re.search("ssl|crypto", name)], f"libraries: {libraries}")
    world.note("libraries in the process: " + " ".join(sorted(name.rsplit("/", 1)[1] for name in libraries)))


def test_nobody_listens_on_tcp(world):
    """The tunnel between paho and TLS is no port that another user could use."""
    daemon = Daemon(world, Broker(world))
    daemon.wait_up()
    inodes = set()
    import os
    for entry in os.listdir(f"/proc/{daemon.program.pid}/fd"):
        try:
            target = os.readlink(f"/proc/{daemon.program.pid}/fd/{entry}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    listening = []
    for table in ("tcp", "tcp6", "udp"):
        with open(f"/proc/net/{table}") as file:
            for line in file.read().splitlines()[1:]:
                cells = line.split()
                if cells[9] in inodes and (cells[3] == "0A" or table == "udp"):
                    listening.append(line)
    equal(listening, [], "listening TCP and UDP sockets")
