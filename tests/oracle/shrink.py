# SPDX-License-Identifier: Apache-2.0
"""tests/oracle/shrink.py - makes a failing stream small: first whole conversations are left out, then events, then fields (delta
debugging, Zeller and Hildebrandt 2002)."""
import copy

MOST_TRIES = 1500


class Shrinker:
    def __init__(self, program, stream, difference):
        self.program, self.stream, self.difference = program, stream, difference
        self.tries = 0

    def fails(self, events):
        """Whether it still fails in the same number. Without a time at its beginning it would be another matter."""
        if "t" not in events[0]:
            return False
        self.tries += 1
        candidate = copy.copy(self.stream)
        candidate.events = events
        for _, difference, _ in self.program.compare([candidate]):
            if difference is not None and difference.number == self.difference.number:
                self.found = difference
                return True
        return False

    def reduce(self, groups):
        """The fewest groups of events (lists of places) that still fail."""
        size = max(1, len(groups) // 2)
        while self.tries < MOST_TRIES:
            at, shorter = 0, False
            while at < len(groups) and self.tries < MOST_TRIES:
                rest = groups[:at] + groups[at + size:]
                if rest and self.try_places(sorted(place for group in rest for place in group)):
                    groups, shorter = rest, True
                else:
                    at += size
            if size == 1 and not shorter:
                break
            size = max(1, size // 2)
        return groups

    def try_places(self, places):
        events = [self.base[place] for place in places]
        if not self.fails(events):
            return False
        self.stream.events, self.difference = events, self.found
        return True

    def by_conversation(self):
        groups = {}
        for place, event in enumerate(self.base):
            groups.setdefault(event.get("conversation") or f"#{place}", []).append(place)
        return list(groups.values())

    def without_fields(self):
        """Leave out fields that do not matter."""
        for place, event in enumerate(self.stream.events):
            for field in [name for name in event if name not in ("kind", "t", "conversation", "from", "text")]:
                events = list(self.stream.events)
                events[place] = {name: value for name, value in events[place].items() if name != field}
                if self.tries < MOST_TRIES and self.fails(events):
                    self.stream.events, self.difference = events, self.found


def shrink(program, stream, difference):
    shrinker = Shrinker(program, copy.copy(stream), difference)
    shrinker.base = shrinker.stream.events
    shrinker.reduce(shrinker.by_conversation())
    shrinker.base = shrinker.stream.events
    shrinker.reduce([[place] for place in range(len(shrinker.base))])
    shrinker.without_fields()
    return shrinker.stream, shrinker.difference
