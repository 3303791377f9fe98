# SPDX-License-Identifier: Apache-2.0
"""tests/oracle/compare.py - the same events through the agent and the reference; the first number that differs."""
import bisect
import json
import subprocess

import dialogues
import reference
import summary

NAMES = ("conversations", "interactions_non_conversational", "status", "outcome.contained", "outcome.escalated", "bot", "reopened",
         "escalations", "messages", "users", "sentiment", "csat", "assignments", "contact_messages", "clicks", "delivery",
         "late_events", "languages", "messages_per_minute", "users.unique", "users.new", "users.returning", "duration", "wait",
         "missed", "contact_users", "closing_reasons", "agents", "intents", "start_flows", "tags", "topics", "procedures", "sales",
         "funnel", "cost")
MEMBERS = {
    2: ("open", "resolved", "assumed_resolved", "routed", "closed_out", "abandoned"),
    3: ("successful", "mixed", "unsuccessful"), 4: ("successful", "mixed", "unsuccessful"), 5: ("involved", "not_involved"),
    7: ("human_requested", "low_confidence", "repetition_loop", "incomplete_info", "other"), 8: ("user", "bot", "agent"),
    9: ("engaged", "not_engaged"), 10: ("neutral", "positive", "negative"), 11: ("1", "2", "3", "4", "5"),
    14: ("add_to_carts", "link_clicks", "product_clicks"), 15: ("sent", "delivered", "rejected", "expired", "undeliverable"),
    27: ("conversations", "talk_ms", "connected_ms"),
    31: ("conversations", "successful", "contained", "escalated", "positive", "negative", "csat_count", "csat_sum", "handle_ms"),
    32: ("conversations", "resolved", "escalated"), 33: ("orders", "amount"),
}
HEALTH = {"conversations.evicted": "evicted", "windows.squeezed": "squeezed", "labels.dropped": "labels dropped",
          "clicks.forgotten": "clicks forgotten", "duty.overflowed": "duty overflowed"}
BY_LABEL = ("labels dropped", "duty overflowed")  # not compared while the dictionary is full
MET = ("label other", "duplicate", "slice other", "earlier beginning", "refused event", "window of another length")
ENDS = [round(1000 * 604800 ** (i / 68)) for i in range(69)]  # upper ends of the buckets of a distribution, ms
LONGEST_MS = 30 * 86400000
SIZES = {26: "CLOSING_REASONS", 27: "AGENTS", 29: "START_FLOWS", 30: "TAGS", 31: "TOPICS", 32: "PROCEDURES", 33: "CURRENCIES",
         34: "FUNNELS"}
OTHERS = {"", "other"}  # what a row of all that found no room is called: labels, currencies
DICTIONARY_FULL = 2
NO_SUM = {27, 30, 31, 32}  # while the dictionary is full: who is called "" is one to all that is counted by conversation
LEAST_EXACT = {6: 11, 7: 22, 8: 43, 9: 86, 10: 170}  # people that a distinct count of a precision tells exactly
SUMMARY_TOPIC = "earshot/"


class Difference:
    """One number that is not as it should be."""

    def __init__(self, where, number, expected, got):
        self.where, self.number, self.expected, self.got = where, number, expected, got

    def line(self):
        if self.where is None:
            return f"{self.number}: expected {self.expected}, got {self.got}"
        resolution, start, labels = self.where
        name = NAMES[self.number] if isinstance(self.number, int) and self.number < len(NAMES) else self.number
        expected, got = self.expected, self.got
        if isinstance(got, dict) and isinstance(expected, dict):
            both = {member for member in expected if expected[member] == got.get(member)}
            expected = {member: n for member, n in expected.items() if member not in both}
            got = {member: n for member, n in got.items() if member not in both}
        return f"{summary.RESOLUTIONS[resolution]} from {start} slice {labels}: {name}: expected {expected}, got {got}"

    def text(self, stream):
        lines = [self.line(), f"  settings {stream.settings} plugins {stream.plugins}"]
        return "\n".join(lines + ["  " + json.dumps(event) for event in stream.events])


def name_of(key, member):
    """What a member of a number is called in the table of what occurred."""
    if key in summary.LABELS and isinstance(member, tuple):
        member = member[1]
    return f"{NAMES[key]}.{MEMBERS[key][member]}" if key in MEMBERS else NAMES[key]


def names():
    """All that must occur in a long run."""
    for key, name in enumerate(NAMES):
        yield from (f"{name}.{member}" for member in MEMBERS[key]) if key in MEMBERS else (name,)
    yield from (f"health {mine}" for mine in HEALTH.values())
    yield from (f"met {name}" for name in MET)


def by_key(counter):
    """{key: {member: count}} of what is not 0."""
    numbers = {}
    for (key, member), count in counter.items():
        if count:
            numbers.setdefault(key, {})[member] = count
    return numbers


def as_members(value):
    return value if isinstance(value, dict) else {0: value}


def table_differs(expected, got, size):
    """A table keeps the labels that came first, as many as fit; exact while all fit."""
    if expected == got:
        return False
    if sum(expected.values()) != sum(got.values()) or "other" not in got:
        return True
    named = {label: count for label, count in got.items() if label != "other"}
    return any(count > expected.get(label, 0) for label, count in named.items()) or len(named) > size


def rows_differ(expected, got, size, columns_of_other, loose):
    """The same for rows of several columns. loose: the dictionary of labels was full, or a label's row was taken by one that was
    counted here and then moved."""
    if expected == got:
        return False
    if loose == DICTIONARY_FULL and columns_of_other == 0:
        return len({label for label, _ in got}) > size + 1
    labels = {label for label, _ in expected}
    held = {label for label, _ in got} - OTHERS
    if len(held) > size or not held <= labels or len(labels) <= size and not loose:
        return True
    if any(n > expected.get(place, 0) for place, n in got.items() if place[0] not in OTHERS):
        return True
    for column in range(columns_of_other):
        if sum(n for (_, c), n in expected.items() if c == column) != sum(n for (_, c), n in got.items() if c == column):
            return True
    return False


def heavy_differs(expected, got, size, loose):
    """Space-Saving: exact while all labels fit, else within its bounds. loose: the dictionary was full, some labels count as ""."""
    if not expected:
        return bool(got)
    entries = got.get("entries", {})
    if got.get("total") != sum(expected.values()) or len(entries) > size:
        return True
    if loose:
        return False
    if len(expected) <= size:
        return {label: count for label, (count, error) in entries.items() if not error} != expected or got["missed"] != 0
    if got["missed"] * size > got["total"]:
        return True
    return (any(not count - error <= expected.get(label, 0) <= count for label, (count, error) in entries.items())
            or any(count > got["missed"] for label, count in expected.items() if label not in entries))


def distribution_of(values):
    """What a distribution says of {value in ms: how often}."""
    said = {"count": sum(values.values()), "sum": sum(min(value, LONGEST_MS) * n for value, n in values.items())}
    for value, n in values.items():
        bucket = bisect.bisect_right(ENDS, value)
        said[bucket] = said.get(bucket, 0) + n
    return said if values else {}


def distinct_differs(expected, got, precision, errors):
    """Exact while few; else within five standard errors. Errors are collected in units of the stated one."""
    count = len(expected)
    if "exact" in got or not got:
        return got.get("exact", 0) != count
    error = (got["about"] - count) / count / (1.04 / (1 << got["p"]) ** 0.5) if count else 99
    errors.append(error)
    return count <= LEAST_EXACT[precision] or got["p"] != precision or abs(error) > 5


class Program:
    """The agent as a program, and how its answers are compared."""

    sizes = (1, 2, 5, 20, 60, 100, 300)

    def __init__(self, path):
        self.path = path
        self.limits, self.keys = {}, set()
        self.errors = []  # of distinct counts, in standard errors
        first = self.talk([])[0].split()
        for word in first[1:]:
            name, _, value = word.partition("=")
            if name == "KEYS":
                self.keys = {int(key) for key in value.split(",")}
            else:
                self.limits[name] = int(value)

    def talk(self, lines):
        done = subprocess.run([self.path], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, check=False)
        answers = done.stdout.splitlines()
        if done.returncode != 0:
            answers.append(f"!died {done.returncode}")
        return answers

    def script(self, stream):
        yield "\t".join([f"!reset {stream.plugins}", *(f"{name}={value}" for name, value in stream.settings.items())])
        for event in stream.events:
            yield "!tell" if event["kind"] == "!tell" else json.dumps(event)
        yield "!tell"

    def compare(self, streams):
        """For each stream: it, its first difference or None, what was covered."""
        lines = [line for stream in streams for line in self.script(stream)]
        answers = iter(self.talk(lines)[1:])
        for stream in streams:
            yield (stream, *self.compare_one(stream, answers))

    def compare_one(self, stream, answers):
        marks = 1 + sum(event["kind"] == "!tell" for event in stream.events)
        store, refused, told = summary.Store(), set(), []
        for _ in range(marks):
            for answer in answers:
                if answer.startswith(SUMMARY_TOPIC):
                    store.take(bytes.fromhex(answer.split()[1]))
                elif answer.startswith("!refused"):
                    refused.add(int(answer.split()[1]))
                elif answer.startswith("!told"):
                    health = dict(word.split("=") for word in answer.split()[1:])
                    told.append((dict(store.held), health))
                    break
                else:
                    return Difference(None, "the program", "to go on", answer), {}
        if len(told) < marks:
            return Difference(None, "the program", "an answer", "its end"), {}
        return self.check(stream, told, refused, store)

    def check(self, stream, told, refused, store):
        model = reference.Reference(self.limits, stream.settings, stream.plugins)
        marks = iter(told)
        number = 0
        for event in stream.events:
            if event["kind"] == "!tell":
                difference = self.match(stream, model, *next(marks))
                if difference:
                    return difference, {}
                continue
            number += 1
            if number in refused:
                if "id" in event and "_bad" not in event and isinstance(stream.seed, int):
                    return Difference(None, f"event {number}", "taken", "refused"), {}
                continue
            if "_bad" in event:
                return Difference(None, f"event {number}", "refused", "taken"), {}
            model.hear(event)
        difference = self.match(stream, model, *next(marks))
        if difference is None:
            difference = self.match_ledgers(store, told[-1][1], number)
        return difference, self.covered(model, len(refused), number)

    def match(self, stream, model, held, health):
        expected = model.tell()
        loose = DICTIONARY_FULL if int(health["labels.overflowed"]) else bool(stream.disorder)
        model.seen_things["label other"] = int(health["labels.overflowed"])
        for where in sorted(set(expected) | set(held), key=str):
            should = by_key(expected.get(where, {}))
            numbers = held[where][2] if where in held else {}
            for key in sorted(self.keys & (set(should) | set(numbers))):
                want, have = should.get(key, {}), as_members(numbers.get(key, {}))
                if self.leave_out(where, key, stream) or not self.differs(loose, key, want, have):
                    continue
                return Difference(where, key, want, have)
            if where in held and where[0] == reference.DAY:
                length = model.zone.day(where[1])[2] - where[1]
                if held[where][1] != length:
                    return Difference(where, "length", length, held[where][1])
        return self.match_health(stream, model, health)

    @staticmethod
    def leave_out(where, key, stream):
        """What this stream, or a window of this length, does not tell."""
        if stream.plugins == "linked" and key in dialogues.JUDGED or stream.disorder and key in reference.AS_HEARD:
            return True
        if where[0] == reference.MINUTE:  # has counts and groups only; time on duty moves its ring whenever summaries are told
            return stream.duty or key not in summary.COUNTS and key not in summary.GROUPS
        return key == reference.PER_MINUTE and where[0] != reference.HOUR

    def differs(self, loose, key, want, have):
        if key == reference.LANGUAGES:
            return table_differs(want, have, self.limits["LANGUAGES"])
        if key == reference.COST and loose == DICTIONARY_FULL:
            return False  # a transfer from one who is called "" to another is none
        if key in summary.DISTRIBUTIONS:
            return distribution_of(want) != have
        if key in summary.DISTINCT:
            return distinct_differs(want, have, self.limits["DISTINCT_PRECISION"], self.errors)
        if key == reference.INTENTS:
            return heavy_differs(want, have, self.limits["INTENTS"], loose)
        if key in summary.LABELS:
            columns = 1 if key == reference.SALES else summary.LABELS[key]
            if loose == DICTIONARY_FULL and key in NO_SUM:
                columns = 0
            return rows_differ(want, have, self.limits[SIZES[key]], columns, loose)
        return want != have

    @staticmethod
    def match_health(stream, model, health):
        for name, mine in HEALTH.items():
            if int(health[name]) != model.health[mine] and not (
                    stream.duty and mine == "squeezed" or model.seen_things["label other"] and mine in BY_LABEL):
                return Difference(None, name, model.health[mine], int(health[name]))
        for name in ("outbox.expired", "outbox.failed", "numbers.saturated"):
            if int(health[name]):
                return Difference(None, name, 0, health[name])
        return None

    @staticmethod
    def match_ledgers(store, health, events):
        """What each summary says of the device's account."""
        accepted = 0
        for seq, ledger in store.ledgers:
            produced, acked, superseded, expired = ledger[2:]
            if produced != seq or acked + superseded + expired > produced or sum(ledger[:2]) > events or ledger[0] < accepted:
                return Difference(None, "ledger", f"an account of {events} events and {seq} summaries", ledger)
            accepted = ledger[0]
        seqs = {seq for seq, _ in store.ledgers}
        if seqs != set(range(1, len(seqs) + 1)) or int(health["summaries.produced"]) != len(seqs):
            return Difference(None, "seq", f"1 to {health['summaries.produced']}", sorted(seqs))
        return None

    @staticmethod
    def covered(model, refused, events):
        """How often each thing occurred; numbers as the days hold them."""
        occurred = {"events": events, "met refused event": refused,
                    **{f"health {name}": count for name, count in model.health.items()},
                    **{f"met {name}": count for name, count in model.seen_things.items()}}
        for (resolution, start, _), counter in model.told.items():
            if resolution == reference.MINUTE:
                occurred["late_events"] = occurred.get("late_events", 0) + counter[reference.LATE, 0]
                continue
            if resolution == reference.DAY:
                usual = model.zone.day(start)[2] - start == 86400
                occurred["met window of another length"] = occurred.get("met window of another length", 0) + (not usual)
            for (key, member), count in counter.items():
                if count and key != reference.LATE and (resolution == reference.DAY) != (key == reference.PER_MINUTE):
                    name = name_of(key, member)
                    occurred[name] = occurred.get(name, 0) + count
        return occurred
