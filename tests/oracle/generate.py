# SPDX-License-Identifier: Apache-2.0
"""tests/oracle/generate.py - streams of events that try to make the agent miscount. A stream is what one device hears: settings,
plugins and events in the order of hearing. Everything follows from a seed."""
import random

SECOND, MINUTE, HOUR, DAY = 1000, 60000, 3600000, 86400000

# Zones with the moment of a change of the clock (s since 1970): half-hour zones, changes by half an hour, at midnight, far south.
ZONES = (
    ("UTC0", 1767225600),
    ("CET-1CEST,M3.5.0,M10.5.0/3", 1774746000),
    ("CET-1CEST,M3.5.0,M10.5.0/3", 1792890000),
    ("EST5EDT,M3.2.0,M11.1.0", 1772953200),
    ("<+0530>-5:30", 1772953200),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1775314800),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1791041400),
    ("NST3:30NDT,M3.2.0,M11.1.0", 1793511000),
    ("<-04>4<-03>,M9.1.6/24,M4.1.6/24", 1775358000),
    ("<+02>-2<+03>,M3.5.0/0,M10.5.0/0", 1774735200),
    ("<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45", 1775311200),
)
IDLES = (172800, 172800, 86400, 3600, 600, 60)
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "sv", "pt", "ja")
REASONS = ("human_requested", "low_confidence", "repetition_loop", "incomplete_info", "other")
FEELINGS = ("neutral", "positive", "negative")
BY = ("user", "bot", "agent", "idle", "left")
AGENTS = ("ann", "bob", "cy", "dee", "eve", "flo", "gus", "hal", "ida", "jo", "kim", "lou")
LABELS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi")
CURRENCIES = ("EUR", "USD", "CHF", "GBP", "JPY", "SEK")
WORDS = ("#human", "#loop", "#low", "#vague", "#so", "#good", "#bad", "hello", "", "")
STEPS = ("seen", "chosen", "paid", "extra")
SETTINGS = (
    {},
    {"funnels.view1": "buy: @start > seen > chosen > paid > @end", "cost.bot_message_micro": 1234},
    {"funnels.view1": "guided @guide: seen > chosen", "funnels.view2": "end: @end > extra", "cost.agent_minute_micro": 654321,
     "cost.interaction_micro": 7},
    {"sales.attribution_s": 3600, "sales.attribution_channels": "channel-0=86400, channel-1=60", "cost.bot_message_micro": 4000000000,
     "cost.agent_minute_micro": 1, "cost.interaction_micro": 4000000000},
)
BAD = (
    {"kind": "message", "conversation": "bad", "from": "customer", "text": "x"},
    {"kind": "csat", "score": 7},
    {"kind": "close", "conversation": "bad"},
    {"kind": "order", "user": "u", "amount": -1, "currency": "EUR"},
    {"kind": "message", "conversation": "bad", "text": "x"},
    {"kind": "flow", "label": "a label that is far longer than any label of any configuration may be"},
    {"kind": "start", "conversation": "bad", "v": 2},
    {"kind": "time", "t": 5},
)


class Stream:
    """One device's events."""

    def __init__(self, seed, conversations, limits):
        self.random = random.Random(seed)
        self.seed = seed
        self.limits = limits
        self.settings = {}
        self.plugins = "none"
        self.events = []
        self.heard = []  # (time of hearing, event)
        self.serial = 0
        self.make(conversations)

    # Choosing

    def chance(self, probability):
        return self.random.random() < probability

    def gap(self):
        """Between two events of a conversation."""
        roll = self.random.random()
        if roll < 0.04:
            return 0
        if roll < 0.9:
            return int(self.random.expovariate(1 / 20000)) + 1
        if roll < 0.96:
            return self.random.randrange(20 * MINUTE)
        if roll < 0.985:
            return self.random.randrange(5 * HOUR)
        if self.untidy:  # an event that is heard before a silence that it ends tells nobody of that silence
            return self.random.randrange(HOUR)
        return self.idle_ms + self.random.choice((-1, 0, 1, self.random.randrange(HOUR), -self.random.randrange(MINUTE)))

    def delay(self):
        """Until an event is heard."""
        if not self.untidy or not self.chance(self.disorder):
            return 0
        return self.random.choice((self.random.randrange(5 * SECOND), self.random.randrange(2 * MINUTE),
                                   self.random.randrange(30 * MINUTE), self.random.randrange(6 * HOUR),
                                   self.random.randrange(self.longest_delay)))

    # Making

    def make(self, conversations):
        choose = self.random
        zone, turning = choose.choice(ZONES)
        self.settings["device.timezone"] = zone
        # What is heard late and what overflows is hard apart; together it is a matter of which came first within an event.
        small = conversations <= self.limits["CONVERSATIONS"] - 20
        self.disorder = choose.choice((0, 0, 0.05, 0.4)) if small else 0
        self.duty = not self.disorder and self.chance(0.3)
        idle_s = choose.choice(IDLES[3:] if self.duty else IDLES[:3] if self.disorder else IDLES)
        self.settings["conversation.idle_close_s"] = idle_s
        self.idle_ms = idle_s * 1000
        self.plugins = choose.choice(("none", "spoken"))
        self.longest_delay = choose.choice((HOUR, 3 * DAY, 12 * DAY))
        span = choose.choice((20 * MINUTE, 3 * HOUR, 30 * HOUR) if self.disorder else (20 * MINUTE, 3 * HOUR, 30 * HOUR, 5 * DAY))
        self.settings.update(choose.choice(SETTINGS))
        self.begin = turning * 1000 - choose.randrange(span) - choose.choice((0, 0, 2 * DAY))
        self.slices = [self.slice_fields(i) for i in
                       range(1 if self.duty else choose.choice((1, 2) if self.disorder else (1, 2, 3, self.limits["SLICES"] + 3)))]
        self.people = [f"p{i}" for i in range(choose.choice((3, 40, 4000)))]
        self.labels = LABELS if self.chance(0.9) else tuple(f"label-{number}" for number in range(3 * self.limits["LABELS"]))
        self.agents = AGENTS if self.chance(0.8) else tuple(f"agent-{number}" for number in range(2 * self.limits["DUTY"]))
        self.shop = self.chance(0.15)
        self.languages = choose.choice((LANGUAGES[:1], LANGUAGES[:3], LANGUAGES))
        times = sorted(self.begin + choose.randrange(span) for _ in range(conversations))
        for number, at in enumerate(times):
            self.conversation(f"c{number}", at)
        self.untidy = self.disorder > 0
        for _ in range(conversations // 3):
            self.aside(self.begin + choose.randrange(span))
        if self.duty:
            self.duties(span)
        self.bring_into_order()

    def slice_fields(self, number):
        fields = {"channel": f"channel-{number % 4}", "sender": f"door-{number}", "automation": "guide",
                  "automation_version": f"{number % 3}.0"}
        for field in list(fields):
            if self.chance(0.1):
                del fields[field]
        return fields

    def say(self, at, kind, **fields):
        event = {"kind": kind, "t": at, **fields}
        self.serial += 1
        if self.chance(0.9):
            event["id"] = f"e{self.serial}"
        heard_at = at + self.delay()
        self.heard.append((heard_at, self.serial, event))
        if "id" in event and self.chance(0.02):
            again = heard_at + self.random.choice((0, self.random.randrange(MINUTE), self.random.randrange(DAY)))
            self.heard.append((again, self.serial, event))

    def conversation(self, name, at):
        choose = self.random
        self.at, self.name = at, name
        self.untidy = self.disorder > 0 and self.chance(0.7)  # heard out of order; then closed once at most, and not re-opened
        self.user = choose.choice(self.people) if self.chance(0.8) else None
        self.first = dict(choose.choice(self.slices))
        if self.user:
            self.first["user"] = self.user
        if self.chance(0.8):
            self.first["language"] = choose.choice(self.languages)
        if self.chance(0.03) and not self.untidy:
            self.early_word()
        if self.chance(0.7):
            self.tell("start", **({"label": choose.choice(self.labels)} if self.chance(0.7) else {}))
        self.with_agent = None
        for _ in range(choose.choice((0, 1, 2, 2, 3, 4, 5, 8, 14))):
            self.turn()
        self.ending()
        while not self.untidy and self.chance(0.12):
            self.at += self.gap()
            self.turn()
            if self.chance(0.6):
                self.ending()

    def tell(self, kind, **fields):
        """An event of this conversation; its first bears the slice and the user."""
        fields = {"conversation": self.name, **self.first, **fields}
        if self.first and self.chance(0.95):
            self.first = {}
        elif self.chance(0.05):
            fields["user"] = self.random.choice(self.people)
        self.say(self.at, kind, **fields)

    def early_word(self):
        """A closing or an outcome of what has not begun."""
        if self.chance(0.5):
            self.tell("close", by=self.random.choice(BY), **({"resolved": self.chance(0.5)} if self.chance(0.5) else {}))
        else:
            self.tell("outcome", resolved=self.chance(0.5))
        self.at += self.gap()

    def message(self, sender):
        choose = self.random
        fields = {"from": sender, "text": " ".join(choose.choices(WORDS, k=choose.randrange(3)))}
        if sender == "user":
            if self.chance(0.4):
                fields["sentiment"] = choose.choice(FEELINGS)
            if self.chance(0.3):
                fields["intent"] = choose.choice(self.labels)
            if self.chance(0.1):
                fields["topic"] = choose.choice(self.labels)
            if self.chance(0.05):
                fields["language"] = choose.choice(self.languages)
        if sender == "bot" and self.chance(0.2):
            fields["confidence"] = choose.randrange(1001) / 1000
        if sender == "agent" and self.with_agent and self.chance(0.9):
            fields["agent"] = self.with_agent
        self.tell("message", **fields)

    def turn(self):
        choose = self.random
        roll = 0.95 if self.shop and self.chance(0.6) else choose.random()
        if roll < 0.75:
            for sender in choose.choice((("user", "bot"), ("user", "bot"), ("user",), ("bot",), ("bot", "user"))):
                if self.with_agent and sender == "bot" and self.chance(0.7):
                    sender = "agent"
                self.message(sender)
                self.at += self.gap()
        elif roll < 0.82:
            self.tell("handoff", **({"reason": choose.choice(REASONS)} if self.chance(0.3) else {}),
                      **({"mode": choose.choice(("routed", "closed_out"))} if self.chance(0.6) else {}))
        elif roll < 0.88:
            self.with_agent = choose.choice(self.agents[:choose.choice((3, len(self.agents)))])
            self.tell("assign", **({"agent": self.with_agent} if self.chance(0.9) else {}))
        elif roll < 0.91:
            self.message("agent")
        else:
            for _ in range(choose.choice((1, 1, 1, 12))):
                self.remark()
                self.at += 1
        self.at += self.gap() if self.chance(0.5) else 0

    def remark(self):
        choose = self.random
        kind = choose.choice(("product_click",) if self.shop and self.chance(0.5) else
                             ("tag", "topic", "procedure", "step", "step", "link_click", "product_click", "add_to_cart"))
        if kind == "step":
            self.tell(kind, label=choose.choice(STEPS))
        elif kind in ("product_click", "add_to_cart"):
            self.tell(kind, product=f"thing-{choose.randrange(9)}", **({"user": self.user} if self.user else {}))
            if kind == "product_click" and self.user and self.chance(0.5):
                self.order()
        else:
            self.tell(kind, label=choose.choice(self.labels))

    def order(self):
        """Around the time within which it is the bot's."""
        choose = self.random
        later = choose.choice((choose.randrange(HOUR), DAY - 1, DAY, DAY + 1, DAY - choose.randrange(MINUTE),
                               DAY + choose.randrange(MINUTE)))
        self.say(self.at + later, "order", user=self.user, amount=choose.randrange(100000), currency=choose.choice(CURRENCIES))

    def ending(self):
        choose = self.random
        for _ in range(choose.choice((0, 0, 0, 1, 1, 2, 3))):
            self.tell("outcome", resolved=self.chance(0.6), **({"topic": choose.choice(self.labels)} if self.chance(0.3) else {}))
        if self.chance(0.7):
            self.at += 1
            for _ in range(1 if self.untidy else choose.choice((1, 1, 1, 1, 2))):
                self.tell("close", by=choose.choice(BY), **({"label": choose.choice(self.labels)} if self.chance(0.5) else {}),
                          **({"resolved": self.chance(0.5)} if self.chance(0.4) else {}))
                self.at += choose.choice((0, 1, choose.randrange(MINUTE)))
        if self.chance(0.3):
            self.at += choose.choice((0, choose.randrange(HOUR)))
            self.tell("csat", score=choose.randrange(1, 6))

    def aside(self, at):
        """What belongs to no conversation, or to one that nobody knows."""
        choose = self.random
        fields = choose.choice(self.slices)
        kind = choose.choice(("flow", "flow", "csat", "delivery", "delivery", "order", "time", "bad", "stray"))
        person = {"user": choose.choice(self.people)} if self.chance(0.7) else {}
        if kind == "flow":
            self.say(at, kind, label=choose.choice(self.labels), **fields, **person)
        elif kind == "csat":
            self.say(at, kind, score=choose.randrange(1, 6), **fields, **person)
        elif kind == "delivery":
            self.say(at, kind, delivery=choose.choice(("sent", "delivered", "rejected", "expired", "undeliverable")), **fields,
                     **({"count": choose.randrange(100)} if self.chance(0.5) else {}))
        elif kind == "order":
            self.say(at, kind, user=choose.choice(self.people), amount=choose.randrange(2**32), currency="EUR", **fields)
        elif kind == "time":
            self.say(at, kind)
        elif kind == "bad":
            self.say(at, **{**choose.choice(BAD), "_bad": True})
        elif self.chance(0.5):
            self.say(at, choose.choice(("link_click", "product_click", "add_to_cart")), conversation="nobody", **fields, **person)

    def drop_forgotten(self):
        """A repetition of what the device has forgotten is a new event, late: not what is meant here."""
        places, kept = {}, []
        for entry in self.heard:
            event_id = entry[2].get("id")
            if event_id is None or event_id not in places or len(kept) - places[event_id] < self.limits["SEEN_IDS"]:
                if event_id is not None:
                    places.setdefault(event_id, len(kept))
                kept.append(entry)
        self.heard = kept

    def duties(self, span):
        for agent in self.agents[:self.random.choice((2, 5, len(self.agents)))]:
            at = self.begin + self.random.randrange(span)
            for _ in range(self.random.choice((1, 2, 3, 6))):
                self.say(at, self.random.choice(("agent_login", "agent_login", "agent_logout")), agent=agent,
                         **self.random.choice(self.slices))
                at += self.random.choice((self.random.randrange(HOUR), self.random.randrange(span)))

    def bring_into_order(self):
        self.heard.sort(key=lambda entry: entry[:2])
        self.drop_forgotten()
        steady = self.duty or self.chance(0.6)
        now, timed = None, False
        for heard_at, _, event in self.heard:
            while steady and now is not None and heard_at - now > 30 * MINUTE:
                now += 30 * MINUTE
                self.events.append({"kind": "time", "t": now})
            alone = event["kind"] != "time" and "id" not in event and "conversation" not in event
            if event["t"] == heard_at and alone and timed and self.chance(0.1):
                event = {key: value for key, value in event.items() if key != "t"}
            now = max(now or 0, heard_at)
            timed = timed or "_bad" not in event
            self.events.append(event)
            if self.chance(0.0005):
                self.events.append({"kind": "!tell"})
