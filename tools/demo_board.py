#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/demo_board.py - lets programs that speak to earshotd's socket speak to a board's serial port.

  tools/demo_board.py SERIAL SOCKET EARSHOT     SERIAL: the Unix socket of QEMU's serial port; SOCKET: the one that is made

Tells the board what time it is, then gives each connection to `earshot send --serial`, whose answers are earshotd's.
"""
import os
import socket
import subprocess
import sys
import time

SECONDS = 20


def tell_time(path):
    """The demo has no time server, and the broker's certificate is younger than the image."""
    end, said = time.monotonic() + SECONDS, b""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        line.settimeout(1)
        line.sendall(time.strftime("\rtime %Y-%m-%dT%H:%M:%SZ\r", time.gmtime()).encode())
        while b"\nok" not in said:
            if time.monotonic() > end:
                sys.exit(f"the board does not take the time: {said.decode(errors='replace')}")
            try:
                said += line.recv(4096)
            except TimeoutError:
                continue


def main():
    serial, path, earshot = sys.argv[1:]
    tell_time(serial)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path + ".new")
        server.listen(8)
        os.rename(path + ".new", path)  # it is there once it can be connected to
        while True:
            connection, _ = server.accept()
            with connection:  # one at a time: there is one serial port
                subprocess.run([earshot, "send", "--serial", f"unix:{serial}", "-v"], stdin=connection, stdout=connection,
                               check=False)


if __name__ == "__main__":
    main()
