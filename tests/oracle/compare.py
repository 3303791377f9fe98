# SPDX-License-Identifier: Apache-2.0
"""tests/oracle/compare.py - the same events through the agent and the reference; the first number that differs."""
import json
import subprocess

import reference
import summary

NAMES = ("conversations", "interactions_non_conversational", "status", "outcome.contained", "outcome.escalated", "bot", "reopened",
         "escalations", "messages", "users", "sentiment", "csat", "assignments", "contact_messages", "clicks", "delivery",
         "late_events", "languages", "messages_per_minute")
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
        return (f"{summary.RESOLUTIONS[resolution]} from {start} slice {labels}: {name}: expected {self.expected}, got {self.got}")

    def text(self, stream):
        lines = [self.line(), f"  settings {stream.settings} plugins {stream.plugins}"]
        return "\n".join(lines + ["  " + json.dumps(event) for event in stream.events])


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
    expected, got = dict(expected or {}), dict(got or {})
    if expected == got:
        return False
    if sum(expected.values()) != sum(got.values()) or "other" not in got:
        return True
    named = {label: count for label, count in got.items() if label != "other"}
    return any(count > expected.get(label, 0) for label, count in named.items()) or len(named) > size


class Program:
    """The agent as a program, and how its answers are compared."""

    sizes = (1, 2, 5, 20, 60, 100, 300)

    def __init__(self, path):
        self.path = path
        self.limits, self.keys = {}, set()
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
        settings = " ".join(f"{name}={value}" for name, value in stream.settings.items())
        yield f"!reset {stream.plugins} {settings}"
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
                difference = self.match(model, *next(marks))
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
        difference = self.match(model, *next(marks))
        if difference is None and store.seqs != set(range(1, len(store.seqs) + 1)):
            difference = Difference(None, "seq", "no gap", sorted(store.seqs))
        return difference, self.covered(model, len(refused), number)

    def match(self, model, held, health):
        expected = model.tell()
        for where in sorted(set(expected) | set(held), key=str):
            should = by_key(expected.get(where, {}))
            numbers = held[where][2] if where in held else {}
            for key in sorted(self.keys & (set(should) | set(numbers))):
                want, have = should.get(key, {}), as_members(numbers.get(key, {}))
                if where[0] == 0 and "NOMIN" in __import__("os").environ: continue
                if key == reference.PER_MINUTE and where[0] != reference.HOUR:
                    continue
                wrong = table_differs(want, have, self.limits["LANGUAGES"]) if key == reference.LANGUAGES else want != have
                if wrong:
                    return Difference(where, key, want, have)
            if where in held and where[0] == reference.DAY:
                length = model.zone.day(where[1])[2] - where[1]
                if held[where][1] != length:
                    return Difference(where, "length", length, held[where][1])
        return self.match_health(model, health)

    @staticmethod
    def match_health(model, health):
        for name, mine in (("conversations.evicted", "evicted"), ("windows.squeezed", "squeezed"), ("events.late", "late"),
                           ("events.early", "early")):
            if int(health[name]) != model.health[mine]:
                return Difference(None, name, model.health[mine], int(health[name]))
        for name in ("outbox.expired", "outbox.failed", "numbers.saturated"):
            if int(health[name]):
                return Difference(None, name, 0, health[name])
        return None

    @staticmethod
    def covered(model, refused, events):
        """How often each thing occurred, from what the days hold."""
        occurred = {"events": events, "refused": refused, **{"health " + name: count for name, count in model.health.items()},
                    **{"met " + name: count for name, count in model.seen_things.items()}}
        for (resolution, _, labels), counter in model.told.items():
            if resolution != reference.DAY:
                continue
            for (key, member), count in counter.items():
                if key < len(NAMES) and key != reference.PER_MINUTE and count:
                    name = f"{NAMES[key]}.{member}"
                    occurred[name] = occurred.get(name, 0) + count
            if labels is None:
                occurred["cells of slice other"] = occurred.get("cells of slice other", 0) + 1
        return occurred
