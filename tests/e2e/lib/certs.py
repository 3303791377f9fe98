# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/certs.py - certificates of a test run, right ones and wrong ones, by the openssl command."""
import subprocess

# file stem: (signed by, subject, extension lines, days)
SERVER = "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth"
LEAVES = {
    "server": ("ca", "localhost", SERVER, 30),
    "server-expired": ("ca", "localhost", SERVER, -1),
    "server-elsewhere": ("ca", "broker.example", "subjectAltName=DNS:broker.example\nextendedKeyUsage=serverAuth", 30),
    "client": ("ca", "kiosk-1", "extendedKeyUsage=clientAuth", 30),
    "client-untrusted": ("other-ca", "kiosk-1", "extendedKeyUsage=clientAuth", 30),
    "client-expired": ("ca", "kiosk-1", "extendedKeyUsage=clientAuth", -1),
}


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _key(path):
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(path))
    path.chmod(0o600)


class Certs:
    """Paths: certs.ca, certs.crt("server"), certs.key("server")."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        for name in ("ca", "other-ca"):
            _key(self.key(name))
            _openssl("req", "-x509", "-new", "-key", str(self.key(name)), "-subj", f"/CN=Earshot test {name}",
                     "-days", "30", "-out", str(self.crt(name)))
        for name, (ca, subject, extensions, days) in LEAVES.items():
            self._leaf(name, ca, subject, extensions, days)

    def _leaf(self, name, ca, subject, extensions, days):
        request = self.directory / f"{name}.csr"
        lines = self.directory / f"{name}.ext"
        lines.write_text("basicConstraints=CA:FALSE\n" + extensions + "\n")
        _key(self.key(name))
        _openssl("req", "-new", "-key", str(self.key(name)), "-subj", f"/CN={subject}", "-out", str(request))
        _openssl("x509", "-req", "-in", str(request), "-CA", str(self.crt(ca)), "-CAkey", str(self.key(ca)),
                 "-CAcreateserial", "-days", str(days), "-extfile", str(lines), "-out", str(self.crt(name)))

    @property
    def ca(self):
        return self.crt("ca")

    def crt(self, name):
        return self.directory / f"{name}.crt"

    def key(self, name):
        return self.directory / f"{name}.key"
