#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/stages.py - the stages of tools/test, in order. Call tools/test, which installs what is missing first.

A stage is a list of commands. Its tests are counted where its output tells them: ctest's own tests, split into cmocka's
where a program says so; a script's last line 'N passed, M failed'. A command that tells nothing is one test: its exit
code. A script that is not there is a failed test. Exit code 77 says that something which is not part of the project is
absent (see the script): that is neither passed nor failed, and the summary says so.
"""
import os
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(ROOT, "build", "test")
JOBS = str(os.cpu_count() or 2)
STAGE_SECONDS = 900
LEFT_OUT = 77
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$")
FAULT = re.compile(r"\bFAILED\b|\*\*\*(Failed|Timeout|Exception|Not Run)|\[  ERROR|\berror: |^not done after| is missing$")
BEFORE, AFTER, LAST, MOST = 3, 14, 15, 200  # lines shown around a fault, at a log's end, and of a log at all


def build(preset, *more):
    """Configure and build a preset in its own directory, or only the targets named."""
    targets = ["--target", *more] if more else []
    return [["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset, "-j", JOBS, *targets]]


def ctest(preset, label):
    """Run what carries a label. All output goes into the report, where the tests of a program are counted."""
    whole = ["--test-output-size-passed", "1000000", "--test-output-size-failed", "1000000"]
    return [["ctest", "--test-dir", f"build/{preset}", "-L", f"^{label}$", "-j", JOBS, "--output-on-failure",
             "--no-tests=error", *whole, "--output-junit", f"{LOGS}/{preset}-{label}.xml"]]


def lint_board(preset):
    """Configure a board's build, and look at those of our sources that only it compiles."""
    return [["cmake", "--preset", preset, "-B", f"build/lint-{preset}"],
            *(["tests/gates/lint", linter, f"build/lint-{preset}", "build/dev"] for linter in ("tidy", "cppcheck"))]


STAGES = {
    "unit": ("unit tests, native", build("dev") + ctest("dev", "unit")),
    "gates": ("gates on symbols, floating point, layout, Kconfig", build("dev") + ctest("dev", "gate")),
    "lint": ("clang-format, clang-tidy, cppcheck, shellcheck; of firmware too",
             build("dev") + ctest("dev", "lint") + lint_board("mps2") + lint_board("lm3s6965")),
    "asan": ("unit tests under AddressSanitizer and UBSan", build("asan", "unit_tests") + ctest("asan", "unit")),
    "tiny": ("unit tests with the smallest configuration", build("tiny", "unit_tests") + ctest("tiny", "unit")),
    "small": ("unit tests with the switches of the small board", build("small", "unit_tests") + ctest("small", "unit")),
    "hub": ("unit tests with the largest configuration", build("hub", "unit_tests") + ctest("hub", "unit")),
    "arm": ("unit tests and symbols on Cortex-M4 in QEMU", build("arm") + ctest("arm", "unit") + ctest("arm", "gate")),
    "s390x": ("unit tests on big-endian s390x", build("s390x") + ctest("s390x", "unit")),
    "golden": ("the same events give the same bytes on all three", [["tests/golden/run"]]),
    "oracle": ("the agent's numbers against an independent reference",
               build("release", "agent_lines") + [["tests/oracle/run", "--conversations", "100000"]]),
    "docs": ("generated pages are fresh, links lead somewhere, examples are true",
             [["tests/docs/run"], ["tests/docs/links"], ["tests/docs/examples"]]),
    "coverage": ("branches of the core that tests take", [["tests/coverage/run"]]),
    "fuzz": ("fuzzing, briefly", [["tests/fuzz/run", "--seconds", "4"]]),
    "proof": ("what CBMC proves of the core, the quick ones", [["tests/proof/run", "--quick"]]),
    "accuracy": ("what the classifiers get right", build("release", "earshot") + [["tests/accuracy/run"]]),
    "e2e": ("end to end against mosquitto with TLS", build("release") + [["tests/e2e/run"]]),
    "fault": ("kill -9 under load; brokers, disks and clocks that fail; power cuts",
              build("release", "earshotd", "earshot", "fault_file") + [["tests/fault/kill", "--times", "60"],
                                                                       ["tests/fault/outage"],
                                                                       ["tests/fault/powercut", "--seconds", "6"],
                                                                       ["tests/fault/update", "--depth", "1"]]),
    "board": ("firmware: sizes, stack, faults, updates; end to end against mosquitto with TLS, in QEMU",
              build("release", "earshotd", "earshot") +
              [["tools/firmware", "mps2", "--all"], ["tools/firmware", "lm3s6965", "--all"], ["tests/board/sizes"],
               ["tests/board/faults", "mps2"], ["tests/board/faults", "lm3s6965"], ["tests/sandbox/run"],
               ["tests/update/run", "--cuts", "12"], ["tests/e2e/board", "mps2", "--quick"],
               ["tests/e2e/board", "lm3s6965", "--quick"]]),
    "bench": ("the benchmarks run", build("release") + [["tests/bench/run", "--quick"]]),
    "demo": ("the demo adds up; a classifier in ten minutes works as printed",
             [["tools/demo", "--once", "--board"], ["tests/docs/walks"]]),
}
QUICK = ["unit"]

# Two lanes run side by side: one keeps the processors busy, the other mostly waits for brokers, clocks and emulated boards.
# No build directory is in both. What measures time, or reads what both have built, comes after them, alone.
WAITING = ("board", "oracle", "accuracy", "e2e", "fault", "demo")
ALONE = ("golden", "docs", "bench")


def run(command, log):
    """Run one command with its output in the log; its exit code."""
    if "/" in command[0] and not os.path.exists(os.path.join(ROOT, command[0])):
        log.write(f"{command[0]} is missing\n")
        return 127
    log.write(f"$ {' '.join(command)}\n")
    log.flush()
    try:
        return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                              timeout=STAGE_SECONDS).returncode
    except subprocess.TimeoutExpired:
        log.write(f"\nnot done after {STAGE_SECONDS} s\n")
        return 124


def last_line(output):
    return (output.strip().splitlines() or [""])[-1]


def count_junit(path):
    """Passed and failed of a ctest run: cmocka's numbers where a program printed them, else the program itself."""
    passed = failed = 0
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        text = case.findtext("system-out") or ""
        good = sum(map(int, re.findall(r"^\[  PASSED  \] (\d+) test", text, re.M)))
        bad = sum(map(int, re.findall(r"^\[  FAILED  \] \S+ (\d+) test", text, re.M)))
        if case.get("status") == "run":
            passed += good or 1
        else:
            passed += good
            failed += bad or 1
    return passed, failed


def count(command, code, output):
    """Passed and failed of one command."""
    if "--output-junit" in command and os.path.exists(command[-1]):
        passed, failed = count_junit(command[-1])
        return passed, failed or int(code != 0)
    if command[0] == "cmake":
        return 0, int(code != 0)
    last = COUNTS.match(last_line(output))
    if last:
        return int(last[1]), int(last[2]) or int(code != 0)
    return int(code == 0), int(code != 0)


def faults_of(lines):
    """What a log says of failures: each line that names one with those around it, the rest left out, and the end."""
    shown = set(range(max(0, len(lines) - LAST), len(lines)))
    for i, line in enumerate(lines):
        if FAULT.search(line) and len(shown) < MOST:
            shown.update(range(max(0, i - BEFORE), min(len(lines), i + AFTER)))
    out = []
    for i in sorted(shown):
        if i and i - 1 not in shown:
            out.append("...\n")
        out.append(lines[i])
    return out


def run_stage(name, commands):
    """Run a stage's commands until a build fails. (passed, failed, seconds, what was left out)."""
    passed, failed, left_out = 0, 0, ""
    start = time.monotonic()
    path = os.path.join(LOGS, f"{name}.log")
    with open(path, "w+", encoding="utf-8", errors="replace") as log:
        for command in commands:
            if "--output-junit" in command and os.path.exists(command[-1]):
                os.remove(command[-1])
            begin = log.seek(0, os.SEEK_END)
            code = run(command, log)
            log.seek(begin)
            output = log.read()
            if code == LEFT_OUT:
                left_out = f"left out: {last_line(output)}"
                continue
            good, bad = count(command, code, output)
            passed, failed = passed + good, failed + bad
            if bad and command[0] == "cmake":
                break
        if failed:
            log.seek(0)
            print("".join(f"    {line}" for line in faults_of(log.readlines())), f"    (all of it: {path})", flush=True)
    return passed, failed, time.monotonic() - start, left_out


def run_lane(names, results):
    """Run stages one after the other."""
    for name in names:
        what, commands = STAGES[name]
        print(f"== {name}: {what} ==", flush=True)
        results[name] = run_stage(name, commands)
        passed, failed, seconds, left_out = results[name]
        print(f"   {name}: {passed} passed, {failed} failed, {seconds:.0f} s {left_out}", flush=True)


def main():
    arguments = sys.argv[1:]
    if arguments and arguments[0] in ("--list", "--help", "-h"):
        print("\n".join(f"{name:10}{what}" for name, (what, _) in STAGES.items()))
        return 0
    names = QUICK if arguments == ["--quick"] else arguments or list(STAGES)
    unknown = [name for name in names if name not in STAGES]
    if unknown:
        print(f"tools/test: no stage {', '.join(unknown)}; there are: {', '.join(STAGES)}", file=sys.stderr)
        return 2
    os.makedirs(LOGS, exist_ok=True)
    results = {}
    last = [name for name in names if name in ALONE]
    waiting = [name for name in WAITING if name in names]
    busy = [name for name in names if name not in last + waiting]
    lanes = [threading.Thread(target=run_lane, args=(lane, results)) for lane in (busy, waiting)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    run_lane(last, results)
    results = {name: results.get(name, (0, 1, 0, "did not come to its end")) for name in names}
    print(f"\n{'stage':12}{'passed':>8}{'failed':>8}{'seconds':>9}")
    for name, (passed, failed, seconds, left_out) in results.items():
        print(f"{name:12}{passed:8}{failed:8}{seconds:9.0f}  {left_out}")
    passed, failed = (sum(result[i] for result in results.values()) for i in (0, 1))
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
