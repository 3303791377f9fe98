# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/broker.py - mosquitto on a free port of 127.0.0.1, with mutual TLS unless told otherwise."""
import re
import socket
import ssl

from lib.world import Program, check, free_port, until


class Broker:
    def __init__(self, world, cert="server", ca="ca", plain=False, client_certificate=True, tls_version=None,
                 lines=(), start=True):
        self.world = world
        self.port = free_port()
        self.plain = plain
        self.program = None
        self.directory = world.path(world.unique("broker"))
        self.directory.mkdir()
        self.directory.chmod(0o777)  # mosquitto gives up root
        config = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "set_tcp_nodelay true",
                  "persistence true", f"persistence_location {self.directory}/", "max_queued_messages 0",
                  "log_type all", "user root"]
        if not plain:
            certs = world.certs
            config += [f"cafile {certs.crt(ca)}", f"certfile {certs.crt(cert)}", f"keyfile {certs.key(cert)}",
                       f"require_certificate {'true' if client_certificate else 'false'}"]
            config += [f"tls_version {tls_version}"] if tls_version else []
        self.config = self.directory / "mosquitto.conf"
        self.config.write_text("\n".join([*config, *lines]) + "\n")
        if start:
            self.start()

    def start(self):
        log = self.directory / "mosquitto.log"
        self.program = Program("mosquitto", ["mosquitto", "-c", self.config], log)
        self.world.stack.callback(self.program.end)
        until(self.listens, lambda: f"mosquitto listens; its log: {self.program.text()[-500:]}")

    def listens(self):
        check(self.program.running(), f"mosquitto ended: {self.program.text()[-500:]}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def running(self):
        return self.program is not None and self.program.running()

    def serve(self, name):
        """With another certificate from now on."""
        certs, text = self.world.certs, self.config.read_text()
        text = re.sub("^certfile .*$", f"certfile {certs.crt(name)}", text, flags=re.M)
        self.config.write_text(re.sub("^keyfile .*$", f"keyfile {certs.key(name)}", text, flags=re.M))
        self.restart()

    def restart(self):
        self.program.stop()
        self.start()

    def stop(self, *arguments):
        return self.program.stop(*arguments)

    def text(self):
        return self.program.text()


class Listener:
    """Something on a port that is no broker: accepts, and does `behave(connection)` with each connection."""

    def __init__(self, world, behave):
        import threading
        self.behave = behave
        self.count = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        world.stack.callback(self.close)

    def _serve(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.count += 1
            try:
                self.behave(connection)
            except OSError:
                connection.close()

    def close(self):
        # close alone does not wake accept
        try:
            self.server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.close()
        self.thread.join(2)


def tls_too_old(certs):
    """Behaviour of a broker whose newest TLS is 1.1, as one that answers with protocol_version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(certs.crt("server"), certs.key("server"))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1

    def behave(connection):
        connection.settimeout(2)
        try:
            context.wrap_socket(connection, server_side=True).close()
        except (ssl.SSLError, OSError):
            pass
        connection.close()

    return behave


class Relay:
    """Between daemon and broker: passes bytes on, keeps what either said, can cut the line or go silent."""

    def __init__(self, world, port):
        import threading
        self.to = port
        self.heard = b""      # from the broker, all connections together
        self.said = b""       # by the daemon
        self.connections = 0
        self.silent = False   # bytes are swallowed, both ways
        self.pairs = []
        self.thread_of = lambda function, *a: threading.Thread(target=function, args=a, daemon=True).start()
        self.listener = Listener(world, self._behave)
        self.port = self.listener.port
        world.stack.callback(self.cut)

    def _behave(self, connection):
        self.connections += 1
        far = socket.create_connection(("127.0.0.1", self.to), 2)
        far.settimeout(None)
        for end in (connection, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pairs.append((connection, far))
        self.thread_of(self._pump, connection, far, False)
        self.thread_of(self._pump, far, connection, True)

    def _pump(self, source, sink, keep):
        try:
            while data := source.recv(65536):
                if keep:
                    self.heard += data
                else:
                    self.said += data
                if not self.silent:
                    sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        for pair in self.pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()
        self.pairs.clear()
