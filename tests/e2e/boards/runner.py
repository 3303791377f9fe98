# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/boards/runner.py - runs tests and says how they went."""
import concurrent.futures
import time
import traceback

from lib.world import Failed


def run_one(full, function, make_world, verbose):
    """Verdict, what it says, notes."""
    world = make_world(full)
    failed = True
    begun = time.monotonic()
    try:
        function(world)
        failed = False
        return "ok", f"{time.monotonic() - begun:.1f} s", world.notes
    except Failed as reason:
        return "FAILED", f"{reason}{chr(10) + traceback.format_exc() if verbose else ''}", world.notes
    except Exception:
        return "FAILED", traceback.format_exc(), world.notes
    finally:
        world.close(failed and verbose)


def run_all(pool, tests, make_world, verbose):
    """Exit status."""
    count = {"ok": 0, "FAILED": 0}
    running = {pool.submit(run_one, full, function, make_world, verbose): full for full, function in tests}
    for done in concurrent.futures.as_completed(running):
        verdict, says, notes = done.result()
        count[verdict] += 1
        print(f"{verdict:8} {running[done]}: {says}", flush=True)
        for note in notes:
            print(f"         {note}", flush=True)
    print(f"{count['ok']} passed, {count['FAILED']} failed")
    return 1 if count["FAILED"] or not count["ok"] else 0
