# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/events.py - events of our own making whose sums are known."""
NOON_MS = 1_767_268_800_000  # 2026-01-01T12:00:00Z
HOUR_MS = 3_600_000


def message(n, conversation=None, at_ms=None, **more):
    """Message number n: every one has an id of its own, 20 of them to a conversation, half from the bot."""
    return {"kind": "message", "id": f"m{n}", "t": NOON_MS + n * 10 if at_ms is None else at_ms,
            "conversation": conversation or f"c{n // 20}", "from": "bot" if n % 2 else "user",
            "text": f"Where do I find the garden hoses, number {n}?", "channel": "web", **more}


def messages(count, first=0, **more):
    return [message(n, **more) for n in range(first, first + count)]


def sums(count, first=0):
    """What messages(count, first) add up to."""
    numbers = range(first, first + count)
    return {"conversations": len({n // 20 for n in numbers}), "messages.user": sum(1 for n in numbers if n % 2 == 0),
            "messages.bot": sum(1 for n in numbers if n % 2), "messages_per_minute": count}


def time(at_ms):
    return {"kind": "time", "t": at_ms}
