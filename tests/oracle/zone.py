# SPDX-License-Identifier: Apache-2.0
"""tests/oracle/zone.py - local days by a POSIX TZ rule (POSIX.1-2024 8.3), naively: every change of the clock is an instant, a day
begins at the first instant at which its date is read on a clock."""
import bisect
import calendar
import datetime
import re

DAY = 86400
NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)"
OFFSET = r"[+-]?\d+(?::\d+){0,2}"
RULE = re.compile(rf"({NAME})({OFFSET})(?:({NAME})({OFFSET})?,([^,]+),([^,]+))?$")
EPOCH = datetime.date(1970, 1, 1)


def seconds(text):
    """+h[:m[:s]] as seconds."""
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")] + [0, 0]
    return sign * (parts[0] * 3600 + parts[1] * 60 + parts[2])


def date_of(rule, year):
    """The day that M m.w.d, J n or n means in a year, in days since 1970."""
    new_year = (datetime.date(year, 1, 1) - EPOCH).days
    if rule[0] == "M":
        month, week, weekday = (int(part) for part in rule[1:].split("."))
        days = [day for day in range(1, calendar.monthrange(year, month)[1] + 1)
                if (datetime.date(year, month, day).isoweekday() % 7) == weekday]
        day = days[-1] if week == 5 else days[week - 1]
        return (datetime.date(year, month, day) - EPOCH).days
    if rule[0] == "J":
        after_february = calendar.isleap(year) and int(rule[1:]) >= 60
        return new_year + int(rule[1:]) - 1 + after_february
    return new_year + int(rule)


class Zone:
    """Times are seconds since 1970."""

    def __init__(self, rule):
        match = RULE.match(rule)
        if not match:
            raise ValueError(f"not a POSIX TZ rule: {rule}")
        self.standard = -seconds(match[2])
        self.changes = []  # (instant, offset from then on)
        self.starts = {}
        if match[3]:
            self.summer = -seconds(match[4]) if match[4] else self.standard + 3600
            for year in range(2000, 2041):
                for text, before, after in ((match[5], self.standard, self.summer), (match[6], self.summer, self.standard)):
                    date, _, at = text.partition("/")
                    self.changes.append((date_of(date, year) * DAY + seconds(at or "2") - before, after))
            self.changes.sort()
        self.instants = [instant for instant, _ in self.changes]

    def offset(self, at):
        place = bisect.bisect_right(self.instants, at)
        return self.changes[place - 1][1] if place else self.standard

    def start(self, day):
        """The first instant at which this date (days since 1970) or a later one is on the clock."""
        if day not in self.starts:
            nights = {day * DAY - offset for offset in {self.standard, *(offset for _, offset in self.changes)}}
            nights.update(instant for instant in self.instants if abs(instant - day * DAY) < 3 * DAY)
            self.starts[day] = min(at for at in nights if at + self.offset(at) >= day * DAY)
        return self.starts[day]

    def day(self, at):
        """(number, start, end) of the day that holds an instant."""
        day = (at + self.standard) // DAY
        while self.start(day) > at:
            day -= 1
        while self.start(day + 1) <= at:
            day += 1
        return day, self.start(day), self.start(day + 1)
