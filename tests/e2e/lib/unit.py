#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/unit.py - a command under what earshotd.service says of system calls, users and capabilities, where no
systemd runs. Not mounts and not the user namespace.

usage: unit.py UNIT [--without CALL] -- COMMAND...      --without: one system call less than the unit allows
"""
import ctypes
import os
import resource
import signal
import subprocess
import sys

EPERM, ENOSYS = 1, 38
ALLOW, ERRNO = 0x7fff0000, 0x00050000
EQUAL, MASKED_EQUAL = 4, 7
PROT_WRITE, PROT_EXEC = 2, 4
NAMESPACES = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
NO_NEW_PRIVS, DROP_BOUND = 38, 24
NOBODY = 65534


class Compare(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def service(path):
    """[(name, value)] of the section [Service]."""
    lines = open(path).read().split("[Service]")[1].split("[Install]")[0].splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


def members(word):
    """System calls of a group, whatever groups it is made of."""
    if not word.startswith("@"):
        return {word}
    said = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", word], capture_output=True, text=True, check=True)
    words = [line.strip() for line in said.stdout.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return set().union(*[members(word) for word in words])


def allowed(unit):
    calls = members("@default")
    for name, value in unit:
        if name == "SystemCallFilter":
            taken = value.startswith("~")
            for word in value.lstrip("~").split():
                calls = calls - members(word) if taken else calls | members(word)
    return calls


def load(unit, calls):
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    settings = dict(unit)

    def rule(filter_, action, name, *compares):
        number = lib.seccomp_syscall_resolve_name(name.encode())
        array = (Compare * max(1, len(compares)))(*compares)
        if number != -1 and lib.seccomp_rule_add_array(ctypes.c_void_p(filter_), action, number, len(compares), array) != 0:
            sys.exit(f"{name}: the rule cannot be added")

    listed = lib.seccomp_init(ERRNO | EPERM)
    for name in calls:
        rule(listed, ALLOW, name)
    more = lib.seccomp_init(ALLOW)
    if settings["MemoryDenyWriteExecute"] == "yes":
        both = PROT_WRITE | PROT_EXEC
        rule(more, ERRNO | EPERM, "mmap", Compare(2, MASKED_EQUAL, both, both))
        rule(more, ERRNO | EPERM, "mprotect", Compare(2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC))
        rule(more, ERRNO | EPERM, "pkey_mprotect", Compare(2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC))
    if settings["RestrictNamespaces"] == "yes":
        rule(more, ERRNO | ENOSYS, "clone3")
        rule(more, ERRNO | EPERM, "setns")
        for flag in NAMESPACES:
            rule(more, ERRNO | EPERM, "clone", Compare(0, MASKED_EQUAL, flag, flag))
            rule(more, ERRNO | EPERM, "unshare", Compare(0, MASKED_EQUAL, flag, flag))
    families = [FAMILIES[name] for name in settings["RestrictAddressFamilies"].split()]
    for family in set(range(46)) - set(families):
        rule(more, ERRNO | EPERM, "socket", Compare(0, EQUAL, family, 0))
    # The list comes last: behind it, loading another may not be allowed.
    for filter_ in (more, listed):
        if lib.seccomp_load(ctypes.c_void_p(filter_)) != 0:
            sys.exit("the filter cannot be loaded")


def main():
    split = sys.argv.index("--")
    path, command = sys.argv[1], sys.argv[split + 1:]
    without = sys.argv[3] if split > 2 else None
    unit = service(path)
    settings, calls = dict(unit), allowed(unit) - {without}
    for name, limit in (("LimitNOFILE", resource.RLIMIT_NOFILE), ("LimitCORE", resource.RLIMIT_CORE)):
        resource.setrlimit(limit, (int(settings[name]), int(settings[name])))
    libc = ctypes.CDLL(None)
    if os.geteuid() == 0:
        for capability in range(64):
            libc.prctl(DROP_BOUND, capability, 0, 0, 0)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    os.umask(int(settings["UMask"], 8))
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    load(unit, calls)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
