# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/boards/images.py - the images under test, and what a fresh device's flash is made of."""
import os
import shutil
import subprocess

from lib.world import ROOT, Failed

PRESETS = {"mps2": "mps2", "lm3s6965": "lm3s6965-test"}  # what is shipped; lm3s6965 needs the emulator's randomness
TARGETS = {"mps2": ["earshot-boot", "earshot-slot_a-image", "earshot-slot_b"], "lm3s6965": ["earshot-alone"]}
NAMES = {"a": 0, "b": 1}


class Images:
    """Of one board. directory: its build; twin: a build for this machine with the board's configuration."""

    def __init__(self, board, host, directory=None, twin=None):
        self.board = board
        self.host = host
        self.directory = directory or ROOT / "build" / PRESETS[board]
        self.twin = twin or (host if board == "mps2" else ROOT / "build/board-twin")
        self.firmware = self.directory / "platform/firmware"
        self.shipped = self.directory.parent / self.directory.name.removesuffix("-test")
        self.key = self.directory / "development.key.pem"
        self.earshot = host / "tools/earshot/earshot"

    def build(self):
        more = [f"-DEAR_EARSHOT={self.earshot}"]
        self._make(PRESETS[self.board], self.directory, more, TARGETS[self.board])
        if self.shipped != self.directory:
            self._make(self.board, self.shipped, more, TARGETS[self.board])
        if self.twin != self.host:
            extra = self._cached(self.directory, "EAR_CONFIG_EXTRA").replace(";SEMIHOSTING=y", "")
            self._make("dev", self.twin, ["-DEAR_CONFIG=tiny", f"-DEAR_CONFIG_EXTRA={extra}"], ["replay"])
        else:
            self._make("release", self.host, [], ["replay"])
        return self

    @staticmethod
    def _cached(directory, name):
        for line in (directory / "CMakeCache.txt").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return line.partition("=")[2]
        raise Failed(f"{name} is not in the cache of {directory}")

    @staticmethod
    def _make(preset, directory, more, targets):
        commands = [["cmake", "--preset", preset, "-B", directory, *more],
                    ["cmake", "--build", directory, "--target", *targets, "-j", str(os.cpu_count() or 2)]]
        for command in commands:
            done = subprocess.run([str(c) for c in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, check=False)
            if done.returncode != 0:
                raise Failed(f"`{' '.join(map(str, command))}` fails: {done.stdout[-3000:]}")

    def elf(self, shipped=False):
        """What QEMU starts. shipped: of lm3s6965 the image that has no randomness of its own."""
        firmware = self.shipped / "platform/firmware" if shipped else self.firmware
        return firmware / ("boot/earshot-boot.elf" if self.board == "mps2" else "earshot-alone.elf")

    def sign(self, world, slot, version, counter=1, key=None, bend=None):
        """mps2: the image for a slot, as this version; its path. bend: what to do to its bytes at the end."""
        body, image = world.path(f"slot_{slot}.bin"), world.path(world.unique(f"image-{slot}-{version}-{counter}"))
        if not body.exists():
            tool = shutil.which("arm-none-eabi-objcopy")
            subprocess.run([tool, "-O", "binary", self.firmware / f"earshot-slot_{slot}.elf", body], check=True)
        subprocess.run([self.earshot, "image", "sign", "--slot", slot, "--version", version, "--counter", str(counter), "--key",
                        key or self.key, body, image], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if bend:
            image.write_bytes(bend(image.read_bytes()))
        return image
