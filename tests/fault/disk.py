# SPDX-License-Identifier: Apache-2.0
"""tests/fault/disk.py - a disk that fails when told to: fault_file.c put before earshotd, and its control file."""
import errno
import mmap
import struct

KINDS = ["read", "write", "sync", "open", "room", "clock"]
RULE = struct.Struct("=IIIi")
EVER = 0xffffffff
HALF = -1  # no failure, but only half is written


class Disk:
    """Faults on the files of one directory. Give `environment` to the program; calls can be told to fail while it runs."""

    def __init__(self, world, directory, library):
        path = world.path(world.unique("disk"))
        path.write_bytes(bytes(RULE.size * len(KINDS)))
        with open(path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), 0)
        self.environment = {"LD_PRELOAD": str(library), "EAR_FAULT_CONTROL": str(path),
                            "EAR_FAULT_DIRECTORY": str(directory)}

    def _get(self, kind):
        return RULE.unpack_from(self.bytes, KINDS.index(kind) * RULE.size)

    def calls(self, kind):
        return self._get(kind)[0]

    def fail(self, kind, error=errno.EIO, after=0, count=EVER):
        """Of the calls from now on, let `after` through and then `count` fail."""
        struct.pack_into("=IIi", self.bytes, KINDS.index(kind) * RULE.size + 4, self.calls(kind) + after, count, error)

    def heal(self, *kinds):
        for kind in kinds or KINDS:
            struct.pack_into("=IIi", self.bytes, KINDS.index(kind) * RULE.size + 4, 0, 0, 0)

    def forget(self):
        """Count from 0."""
        self.bytes[:] = bytes(len(self.bytes))
