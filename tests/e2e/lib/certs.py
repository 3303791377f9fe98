# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/certs.py - certificates of a test run, right ones and wrong ones, made by tests/support/make_certs."""
import pathlib
import subprocess

MAKE = pathlib.Path(__file__).resolve().parents[2] / "support" / "make_certs"


class Certs:
    """Paths: certs.ca, certs.crt("server"), certs.key("server"). The names are those of make_certs --help."""

    def __init__(self, directory):
        self.directory = directory
        subprocess.run([MAKE, "--bad", directory], check=True)

    @property
    def ca(self):
        return self.crt("ca")

    def crt(self, name):
        return self.directory / f"{name}.crt"

    def key(self, name):
        return self.directory / f"{name}.key"
