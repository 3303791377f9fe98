# SPDX-License-Identifier: Apache-2.0
"""earshot plugin: a plugin made by `new` passes its own test, is built, checked, tried and taken by a device."""
import os

from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import message
from lib.summaries import Server
from lib.world import LeftOut, check, equal


def earshot(world, *arguments, **options):
    return world.run(world.tool("earshot"), "plugin", *arguments, **options)


def made(world, name):
    """The folder of a new plugin, built and tested by its own Makefile."""
    done = earshot(world, "new", name, "--directory", world.directory)
    equal(done.returncode, 0, f"plugin new: {done.stderr}")
    folder = world.path(name)
    equal(sorted(os.listdir(folder)), sorted(["Makefile", "README.md", f"{name}.c", f"test_{name}.c"]), "files")
    done = world.run("make", "-C", folder, "CFLAGS=-O2 -Wall -Wextra -Werror", "test", "all")
    equal(done.returncode, 0, f"make test all: {done.stdout} {done.stderr}")
    check(f"{name}: all as it should be" in done.stdout, f"its test speaks: {done.stdout}")
    return folder


def test_new(world):
    """From nothing to a tag in the server's sums."""
    broker = Broker(world)
    server = Server(world, broker)
    folder = made(world, "returns")
    done = earshot(world, "check", folder / "returns.so")
    equal(done.returncode, 0, f"check: {done.stdout} {done.stderr}")
    for said in ("a device takes it", "returns 1.0.0", "refund, delivery", "answers    tag", "hears      user"):
        check(said in done.stdout, f"'{said}' in {done.stdout}")
    daemon = Daemon(world, broker, plugins__directory=folder)
    with daemon.client() as client:
        equal(client.play([message(0, "a", text="I want my money back"), message(2, "a", text="My MONEY!"),
                           message(4, "b", text="And where is the courier?"), message(6, "c", text="Nothing of this")]),
              [], "answers")
    server.wait_totals({"tags[refund]": 1, "tags[delivery]": 1, "messages.user": 4}, daemon.name)
    equal([row["state"] for row in daemon.status()["native"]], ["active"], "states")


def test_run(world):
    folder = made(world, "returns")
    lines = "Hello\nWhere is my PARCEL?\nthe parcel\n\nthe parcel\nbot: a refund?\n"
    talk = world.path("talk")
    talk.write_text(lines)
    with open(talk) as file:
        done = earshot(world, "run", folder / "returns.so", stdin=file)
    equal(done.returncode, 0, f"run: {done.stderr}")
    equal(done.stdout.splitlines(), ["-  | Hello", "tag delivery 1000  | Where is my PARCEL?", "-  | the parcel",
                                     "tag delivery 1000  | the parcel", "-  | bot: a refund?"], "verdicts")


def test_faults_are_named(world):
    """A plugin that is refused, one that fails at work, names and files that are none."""
    plugins = world.build / "tests/hostile/plugins"
    if not plugins.is_dir():
        raise LeftOut(f"no hostile plugins in {world.build}")
    for name, reason, meaning in (("says_old_abi", "abi_major", "another contract"),
                                  ("load_no_entry", "no_entry", "-DEAR_PLUGIN_LOADABLE"),
                                  ("load_missing_symbol", "unloadable", "nobody_has_this"),
                                  ("load_crashes", "signal: SIGSEGV", "constructors")):
        done = earshot(world, "check", plugins / f"{name}.so")
        equal(done.returncode, 1, f"check {name}: {done.stdout}")
        check("refused" in done.stdout and reason in done.stdout and meaning in done.stdout, f"{name}: {done.stdout}")
    talk = world.path("talk")
    talk.write_text("one\n" * 3)
    with open(talk) as file:
        done = earshot(world, "run", plugins / "call_forks.so", stdin=file)
    equal(done.returncode, 1, "run of one that forks")
    check("syscall: clone is not allowed" in done.stderr, done.stderr)
    done = earshot(world, "check", world.path("nothing.so"))
    check(done.returncode == 1 and "cannot be read: No such file" in done.stdout, f"no file: {done.stdout}")
    for name in ("Bad", "", "a" * 24, "../x", "9lives"):
        done = earshot(world, "new", name, "--directory", world.directory)
        equal(done.returncode, 2, f"new '{name}': {done.stderr}")
    made(world, "twice")
    done = earshot(world, "new", "twice", "--directory", world.directory)
    check(done.returncode == 1 and "File exists" in done.stderr, f"new over an old one: {done.stderr}")
