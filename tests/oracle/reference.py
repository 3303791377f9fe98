# SPDX-License-Identifier: Apache-2.0
"""tests/oracle/reference.py - every number of an event stream, counted naively from docs/meaning.md: all events are kept, nothing is
approximate. Conversations are recomputed from their events whenever one comes out of order.

Facts of a moment are counted when they are heard. Facts of a conversation (cohort numbers) are worked out when somebody asks: when
its window leaves its ring, when it leaves the table, and at the end."""
import collections
import heapq
import itertools

from zone import Zone

MINUTE, HOUR, DAY = range(3)
NEVER = 1 << 62
NO_TIME = -NEVER

# Keys of core/note/ear_catalogue.def.
(CONVERSATIONS, FLOWS, STATUS, CONTAINED, ESCALATED, BOT, REOPENED, ESCALATIONS, MESSAGES, ENGAGED, SENTIMENT, CSAT, ASSIGNMENTS,
 CONTACT_MESSAGES, CLICKS, DELIVERY, LATE, LANGUAGES, PER_MINUTE, UNIQUE, NEW, RETURNING, DURATION, WAIT, MISSED, CONTACT_USERS,
 CLOSING_REASONS, AGENTS, INTENTS, START_FLOWS, TAGS, TOPICS, PROCEDURES, SALES, FUNNEL, COST) = range(36)
AS_HEARD = {WAIT, MISSED, AGENTS, COST}  # what depends on the order of hearing: not compared where that is another than of time
TAKEN, TALK_MS, CONNECTED_MS = range(3)  # columns of AGENTS
OPEN, RESOLVED, ASSUMED_RESOLVED, ROUTED, CLOSED_OUT, ABANDONED = range(6)
FROM = {"user": 0, "bot": 1, "agent": 2}
REASONS = ("human_requested", "low_confidence", "repetition_loop", "incomplete_info", "other")
PRECEDENCE = (0, 2, 1, 3)
FEELINGS = {"neutral": 0, "positive": 1, "negative": 2}
CLICK = {"add_to_cart": 0, "link_click": 1, "product_click": 2}
DELIVERIES = ("sent", "delivered", "rejected", "expired", "undeliverable")
SPOKEN = (("#human", 0), ("#loop", 2), ("#low", 1), ("#vague", 3))
SPOKEN_FEELINGS = (("#so", 0), ("#good", 1), ("#bad", 2))
SLICE_FIELDS = ("channel", "sender", "automation", "automation_version")
BEGINS = {"start", "message", "handoff", "assign"}
REMEMBERED = {"close", "outcome", "tag", "topic", "procedure", "step"}
ACTS = {"start", "flow", "csat", "link_click", "product_click", "add_to_cart", "order"}  # and messages from the user
LABEL_OF = {"tag": TAGS, "topic": TOPICS, "procedure": PROCEDURES}
OTHER = None


class View:
    """A view of a funnel: "name [@automation]: step > step > ..."."""

    def __init__(self, text):
        name, _, steps = text.partition(":")
        self.name, _, automation = (part.strip() for part in name.partition("@"))
        self.automation = automation or None
        self.steps = [step.strip() for step in steps.split(">")]

    def depth(self, conversation, ended):
        """How many steps were reached, each with all before it."""
        if self.automation is not None and (conversation.slice or [None] * 4)[2] != self.automation:
            return 0
        reached = conversation.steps | {"@start"} | ({"@end"} if ended else set())
        return len(list(itertools.takewhile(reached.__contains__, self.steps)))


class Conversation:
    """What was heard of one conversation, and where that leaves it."""

    def __init__(self, slice_key, idle_ms):
        self.slice = slice_key
        self.idle_ms = idle_ms
        self.begun = False
        self.log = []  # (t, order of hearing, kind, detail): all events
        self.begin_ms = None  # as counted: see Reference.begin
        self.heard_late = False  # so that it began where it was heard
        self.homes = [None] * 3  # windows in which its facts are still worked out
        self.handed = set()  # modes of handoffs
        self.outcomes = []
        self.feelings = [0, 0, 0]
        self.language = None
        self.language_at = (-NEVER, 0)
        self.with_human = False
        self.person = None
        self.interaction_counted = False
        self.labels = []  # (number, label), each once
        self.steps = set()
        self.surveys = []
        self.waiting_ms = None  # time of the assignment that no agent has answered
        self.has_it = None  # the agent who took it
        self.talking = False  # and counted up to talked_to_ms
        self.talked_to_ms = None
        self.views = ()
        self.signals = []  # (turn, reason)
        self.turns = 0
        self.rewind()

    def rewind(self):
        """To before its first event."""
        self.ended_ms = None
        self.ended_by = None
        self.closed_at_end = False  # a closing came in the moment of its silence
        self.agent_resolved_ms = -NEVER  # newest closing by an agent with a resolving reason
        self.latest_ms = None  # last event up to its end
        self.newest_ms = -NEVER  # event of any kind
        self.first_ms = NEVER
        self.last_from = None
        self.wrote = [False] * 3
        self.bot_first_ms = None
        self.engaged = False
        self.message_ms = -NEVER  # the last

    def hear(self, t, order, kind, detail):
        self.log.append((t, order, kind, detail))
        if t < self.newest_ms:
            self.log.sort(key=lambda entry: entry[:2])
            self.rewind()
            for entry in self.log:
                self.step(*entry)
        else:
            self.step(t, order, kind, detail)

    def step(self, t, _order, kind, detail):
        """The next event in the order of time."""
        if self.ended_ms is None and self.latest_ms is not None and t >= self.latest_ms + self.idle_ms:
            self.ended_ms, self.ended_by = self.latest_ms + self.idle_ms, "silence"
        if kind == "message":
            self.message(t, detail)
        elif kind == "close":
            if self.ended_ms is None:
                self.ended_ms, self.ended_by = t, detail[0]
                self.latest_ms = t
            elif self.ended_ms == t:
                self.closed_at_end = True
            if detail == ("agent", True):
                self.agent_resolved_ms = t
        if self.ended_ms is None:
            self.latest_ms = t
        self.newest_ms = t
        self.first_ms = min(self.first_ms, t)

    def message(self, t, sender):
        if self.ended_ms is not None:
            self.ended_ms = self.ended_by = None
            self.closed_at_end = False
        self.last_from = sender
        self.message_ms = t
        self.wrote[sender] = True
        if sender == FROM["bot"] and self.bot_first_ms is None:
            self.bot_first_ms = t
        if sender == FROM["user"] and self.bot_first_ms is not None and t > self.bot_first_ms:
            self.engaged = True

    def ended(self, now):
        """(when, by) or None."""
        if self.ended_ms is not None:
            return self.ended_ms, self.ended_by
        if now >= self.latest_ms + self.idle_ms:
            return self.latest_ms + self.idle_ms, "silence"
        return None

    def duration(self):
        return (self.ended_ms if self.closed_at_end else self.latest_ms) - self.first_ms

    def status(self, end):
        user, bot, agent = range(3)
        if "routed" in self.handed:
            return ROUTED
        if "closed_out" in self.handed:
            return CLOSED_OUT
        if end is None:
            return OPEN
        by = end[1]
        if by == "left":
            return ABANDONED
        if self.last_from == bot and by in ("user", "bot", "idle", "silence"):
            return RESOLVED
        if by == "agent" and self.wrote[bot] and not self.wrote[agent]:
            return ASSUMED_RESOLVED
        if self.wrote[agent] and (self.last_from == agent or by == "agent"):
            return ROUTED
        return ABANDONED

    def outcome(self, status):
        """0 successful, 1 mixed, 2 unsuccessful."""
        agent_resolved = self.agent_resolved_ms > NO_TIME and self.agent_resolved_ms >= self.message_ms
        inquiries = self.outcomes or [status in (RESOLVED, ASSUMED_RESOLVED) or agent_resolved]
        return 0 if all(inquiries) else 1 if any(inquiries) else 2

    def facts(self, now):
        """Yields (key, member), n of all cohort numbers that it counts in."""
        end = self.ended(now)
        status = self.status(end)
        yield (CONVERSATIONS, 0), 1
        yield (STATUS, status), 1
        outcome = self.outcome(status) if end is not None else None
        if end is not None:
            yield (ESCALATED if self.wrote[2] else CONTAINED, outcome), 1
            yield (DURATION, self.duration()), 1
        yield (BOT, 0 if self.wrote[1] else 1), 1
        yield (ENGAGED, 0 if self.engaged else 1), 1
        sign = None
        if any(self.feelings):
            balance = self.feelings[1] - self.feelings[2]
            sign = 1 if balance > 0 else 2 if balance < 0 else 0
            yield (SENTIMENT, sign), 1
        if self.language is not None:
            yield (LANGUAGES, self.language), 1
        for number, label in self.labels:
            yield from self.label_facts(number, label, end, status, outcome, sign)
        for view in self.views:
            for step in range(view.depth(self, end is not None)):
                yield (FUNNEL, (view.name, step)), 1

    def label_facts(self, number, label, end, status, outcome, sign):
        columns = [1]
        if number == TOPICS:
            ended = end is not None
            escalated = self.wrote[2]
            columns += [ended and outcome == 0, ended and not escalated, ended and escalated, sign == 1, sign == 2,
                        len(self.surveys), sum(self.surveys), self.duration() if ended else 0]
        elif number == PROCEDURES:
            columns += [status in (RESOLVED, ASSUMED_RESOLVED), status == ROUTED]
        for column, n in enumerate(columns):
            if n:
                yield (number, (label, column)), int(n)


class Ring:
    """The windows of one resolution that can still be counted in."""

    def __init__(self, windows, cells):
        self.size, self.pool = windows, cells
        self.newest = None
        self.floor = -NEVER
        self.held = {}  # window index: {slice: Counter}


class Reference:
    """Hear events, then read self.told: {(resolution, start in s, slice): {key: {member: count}}}."""

    def __init__(self, limits, settings, plugins="none"):
        self.limits = limits
        self.spoken = plugins == "spoken"
        self.zone = Zone(settings.get("device.timezone", "UTC0"))
        self.idle_ms = int(settings.get("conversation.idle_close_s", 172800)) * 1000
        self.rings = [Ring(limits[name + "_WINDOWS"], limits[name + "_CELLS"]) for name in ("MINUTE", "HOUR", "DAY")]
        self.now = self.moment = -NEVER  # moment: up to which silence has been looked at
        self.closing = None  # whose silence is being looked at
        self.order = 0
        self.seen = collections.OrderedDict()
        self.conversations = {}
        self.residents = [collections.defaultdict(dict) for _ in range(3)]  # window: {id(conversation): conversation}
        self.slices = set()
        self.views = [View(settings[name]) for name in sorted(settings) if name.startswith("funnels.") and settings[name]]
        self.prices = [int(settings.get(f"cost.{name}_micro", 0)) for name in ("bot_message", "agent_minute", "interaction")]
        self.reach_ms = collections.defaultdict(lambda: int(settings.get("sales.attribution_s", 86400)) * 1000)
        for pair in filter(None, settings.get("sales.attribution_channels", "").split(",")):
            channel, _, reach_s = pair.strip().partition("=")
            self.reach_ms[channel] = int(reach_s) * 1000
        self.known = set()  # people
        self.interactions = collections.Counter()  # by (resolution, window, person)
        self.clicks = {}  # (person, slice): (newest time, order of hearing)
        self.duty = {}  # agent: (slice, counted to)
        self.due = []  # (end by silence, order, conversation) of those with an assignment that waits
        self.told = {}
        self.lengths = {}
        self.health = collections.Counter()
        self.seen_things = collections.Counter()  # what occurred, for the table of what was covered

    # Windows

    def index(self, resolution, t):
        if resolution == DAY:
            return self.zone.day(t // 1000)[0]
        return t // (60000, 3600000)[resolution]

    def start(self, resolution, index):
        return self.zone.start(index) if resolution == DAY else index * (60, 3600)[resolution]

    def find(self, resolution, t, slice_key):
        """The counter of a moment's window; (None, ...) and True where that has left."""
        ring = self.rings[resolution]
        index = self.index(resolution, t)
        if index < ring.floor:
            return None, True
        window = ring.held.get(index)
        if window is None or slice_key not in window:
            if not self.make_room(resolution, index):
                return None, True
            window = ring.held.setdefault(index, {})
            window[slice_key] = collections.Counter()
        return window[slice_key], False

    def make_room(self, resolution, index):
        """Let windows leave for a new cell in window `index`. False if it would itself have to."""
        ring = self.rings[resolution]
        if ring.newest is None or index > ring.newest:
            ring.newest = index
            for old in sorted(held for held in ring.held if held <= index - ring.size):
                self.leave(resolution, old)
            ring.floor = max(ring.floor, index - ring.size + 1)
        while sum(map(len, ring.held.values())) >= ring.pool:
            oldest = min(ring.held)
            if oldest > index:
                return False
            self.leave(resolution, oldest)
            self.health["squeezed"] += 1
            if oldest == index:
                return False
        return True

    def leave(self, resolution, index):
        """A window leaves its ring: what it holds is final."""
        ring = self.rings[resolution]
        self.tell_window(resolution, index)
        for conversation in self.residents[resolution].pop(index, {}).values():
            conversation.homes[resolution] = None
        del ring.held[index]
        ring.floor = max(ring.floor, index + 1)

    def tell_window(self, resolution, index):
        window = {key: collections.Counter(counter) for key, counter in self.rings[resolution].held[index].items()}
        for conversation in self.residents[resolution].get(index, {}).values():
            counter = window[conversation.slice]
            for fact, n in conversation.facts(NO_TIME if conversation is self.closing else self.moment):
                counter[fact] += n
        start = self.start(resolution, index)
        for key, counter in window.items():
            counter[COST, 0] = self.cost(counter)
            self.told[resolution, start, key] = counter

    def cost(self, counter):
        bot_message, agent_minute, interaction = self.prices
        if not any(self.prices):
            return 0
        talk_ms = sum(n for (key, member), n in counter.items() if key == AGENTS and member[1] == TALK_MS)
        return (counter[MESSAGES, 1] * bot_message + (counter[CONVERSATIONS, 0] + counter[FLOWS, 0]) * interaction
                + talk_ms * agent_minute // 60000)

    def place(self, t, slice_key):
        """The three counters of a moment; where its window has left, the oldest held."""
        counters = []
        for resolution in range(3):
            counter, late = self.find(resolution, t, slice_key)
            if late:
                self.health["late"] += resolution == HOUR
                counter = self.oldest(resolution, slice_key)
                counter[LATE, 0] += 1
            counters.append(counter)
        return counters

    def oldest(self, resolution, slice_key):
        ring = self.rings[resolution]
        while True:
            oldest = min(ring.held)
            window = ring.held[oldest]
            if slice_key in window:
                return window[slice_key]
            if self.make_room(resolution, oldest):
                return window.setdefault(slice_key, collections.Counter())

    @staticmethod
    def count(counters, key, member=0, n=1):
        for counter in counters:
            counter[key, member] += n

    # Slices

    def slice_of(self, event):
        key = tuple(event.get(field) or "" for field in SLICE_FIELDS)
        if key in self.slices:
            return key
        if len(self.slices) >= self.limits["SLICES"] - 1:
            used = {conversation.slice for conversation in self.conversations.values()}
            used.update(key for ring in self.rings for window in ring.held.values() for key in window)
            if not self.slices - used:
                self.seen_things["slice other"] += 1
                return OTHER
            self.slices &= used
        self.slices.add(key)
        return key

    # Hearing

    def hear(self, event):
        """One event that the agent accepted."""
        t = event.get("t")
        if t is None:
            t = self.now
        self.now = max(self.now, t)
        kind = event["kind"]
        self.pass_time()
        if kind == "time":
            return
        self.order += 1
        if self.again(event.get("id")):
            return
        name = event.get("conversation")
        conversation = self.conversations.get(name) if name is not None else None
        if conversation is None and (kind in BEGINS or kind in REMEMBERED):
            conversation = self.meet(name, event)
        slice_key = conversation.slice if conversation else self.slice_of(event)
        counters = self.place(t, slice_key)
        if conversation is not None and conversation.person is None:
            conversation.person = event.get("user")
        if kind == "message":
            self.note_before(conversation, event)
        if conversation is not None:
            if self.reopens(conversation, t, kind):
                self.count(counters, REOPENED)
            self.with_people(conversation, counters, t, kind, event)
        self.count_person(conversation, counters, kind, event)
        handler = getattr(self, "on_" + kind, None)
        if handler:
            handler(counters, t, event, conversation)
        if conversation is not None:
            self.in_conversation(conversation, t, kind, event)
        self.count_interaction(conversation, counters, t, event)

    def again(self, event_id):
        if event_id is None:
            return False
        if event_id in self.seen:
            self.seen_things["duplicate"] += 1
            return True
        self.seen[event_id] = True
        if len(self.seen) > self.limits["SEEN_IDS"]:
            self.seen.popitem(last=False)
        return False

    def meet(self, name, event):
        if len(self.conversations) >= self.limits["CONVERSATIONS"]:
            self.evict()
        conversation = Conversation(self.slice_of(event), self.idle_ms)
        conversation.views = self.views
        self.conversations[name] = conversation
        return conversation

    def evict(self):
        """The one that has been silent longest, ended ones first; what was open ends as if by silence."""
        def rank(name):
            conversation = self.conversations[name]
            return conversation.ended(self.now) is None, conversation.latest_ms
        name = min(self.conversations, key=rank)
        conversation = self.conversations[name]
        if conversation.ended(self.now) is None:
            self.health["evicted"] += 1
            if conversation.waiting_ms is not None:
                self.count(self.place(self.now, conversation.slice), MISSED)
        conversation.waiting_ms = None
        del self.conversations[name]
        for resolution, home in enumerate(conversation.homes):
            if home is not None:
                del self.residents[resolution][home][id(conversation)]
                counter = self.rings[resolution].held[home][conversation.slice]
                for fact, n in conversation.facts(NEVER):  # as if by silence
                    counter[fact] += n

    def in_conversation(self, conversation, t, kind, event):
        detail = None
        if kind == "message":
            detail = FROM[event["from"]]
        elif kind == "close":
            detail = (event["by"], bool(event.get("resolved")))
        elif kind == "outcome":
            conversation.outcomes.append(bool(event["resolved"]))
        elif kind == "handoff":
            conversation.handed.add(event.get("mode") or "routed")
        elif kind == "step":
            conversation.steps.add(event["label"])
        elif kind == "csat":
            conversation.surveys.append(event["score"])
        if kind in LABEL_OF:
            self.bear(conversation, LABEL_OF[kind], event["label"])
        elif kind in ("message", "outcome") and event.get("topic"):
            self.bear(conversation, TOPICS, event["topic"])
        if event.get("language"):
            conversation.language_at, conversation.language = max(
                (conversation.language_at, conversation.language), ((t, self.order), event["language"]))
        conversation.hear(t, self.order, kind, detail)
        if conversation.begin_ms is None:
            conversation.begin_ms = self.countable(t)
            conversation.heard_late = conversation.begin_ms != t
        elif not conversation.begun and t // 3600000 >= self.rings[HOUR].floor:
            conversation.begin_ms = min(t, conversation.begin_ms)
        if conversation.begun:
            self.settle(conversation, t)
        elif kind in BEGINS:
            self.begin(conversation)

    @staticmethod
    def reopens(conversation, t, kind):
        """As heard: a message at or after the end that stands, or a closing that a message follows."""
        if kind == "message" and conversation.log:
            end = conversation.ended(t)
            return end is not None and t >= end[0]
        return kind == "close" and t < conversation.message_ms

    def bear(self, conversation, number, label):
        if (number, label) in conversation.labels:
            return
        if len(conversation.labels) >= self.limits["CONVERSATION_LABELS"]:
            self.health["labels dropped"] += 1
            return
        conversation.labels.append((number, label))

    def count_person(self, conversation, counters, kind, event):
        """Who acted, who is new, whom humans served."""
        person = event.get("user") or (conversation.person if conversation else None)
        if person is not None and (kind in ACTS or kind == "message" and event["from"] == "user"):
            for counter in counters:
                counter[UNIQUE, person] = 1
                counter[NEW, 0] += person not in self.known
            self.known.add(person)
        if kind == "message" and event["from"] == "agent" and person is not None:
            for counter in counters:
                counter[CONTACT_USERS, person] = 1

    def count_interaction(self, conversation, counters, t, event):
        """A flow, or a conversation of which both the beginning and the person are known now."""
        if event["kind"] == "flow" and event.get("user") is not None:
            self.interact(event["user"], counters, t)
        elif conversation and conversation.begun and conversation.person is not None and not conversation.interaction_counted:
            conversation.interaction_counted = True
            self.interact(conversation.person, counters, t)

    def interact(self, person, counters, t):
        for resolution in (HOUR, DAY):
            ring = self.rings[resolution]
            index = self.index(resolution, t)
            index = index if index >= ring.floor else min(ring.held)
            self.interactions[resolution, index, person] += 1
            if self.interactions[resolution, index, person] >= 2:
                counters[resolution][RETURNING, person] = 1

    # Human colleagues

    def with_people(self, conversation, counters, t, kind, event):
        """Assignments that wait, who has the conversation, how long they talk. Called before the event is in the conversation."""
        end = conversation.ended(t) if conversation.log else None
        if conversation.talking and end is not None:
            conversation.talking = False
        if conversation.talking and t > conversation.talked_to_ms:
            self.count(counters, AGENTS, (conversation.has_it, TALK_MS), t - conversation.talked_to_ms)
            conversation.talked_to_ms = t
        agent = event.get("agent")
        if kind == "assign":
            if conversation.waiting_ms is not None:
                self.count(counters, MISSED)
            conversation.waiting_ms = t
        elif kind == "message" and event["from"] == "agent":
            if conversation.waiting_ms is not None and t >= conversation.waiting_ms:
                self.count(counters, WAIT, t - conversation.waiting_ms)
                conversation.waiting_ms = None
        elif kind == "close":
            if conversation.waiting_ms is not None and end is None and t >= max(conversation.waiting_ms, conversation.message_ms):
                self.count(self.place(t, conversation.slice), MISSED)
                conversation.waiting_ms = None
        if kind == "assign" or kind == "message" and event["from"] == "agent":
            if agent is not None and agent != conversation.has_it:
                conversation.has_it = agent
                conversation.talking = False
                self.count(counters, AGENTS, (agent, TAKEN))
            if kind == "message" and conversation.has_it is not None and not conversation.talking:
                conversation.talking, conversation.talked_to_ms = True, t
        if kind == "close":
            conversation.talking = False
        if conversation.waiting_ms is not None:
            heapq.heappush(self.due, (max(t, conversation.latest_ms or t) + self.idle_ms, self.order, conversation))

    def pass_time(self):
        """Assignments that still wait when their conversation falls silent; people who are on duty."""
        while self.due and self.due[0][0] <= self.now:
            at, _, conversation = heapq.heappop(self.due)
            if conversation.waiting_ms is not None and conversation.ended_ms is None and conversation.latest_ms + self.idle_ms == at:
                self.moment, self.closing = max(self.moment, at - 1), conversation
                self.count(self.place(at, conversation.slice), MISSED)
                self.closing = None
                conversation.waiting_ms = None
        self.moment = self.now
        for agent, (slice_key, since) in self.duty.items():
            self.connect(agent, slice_key, since, self.now)
            self.duty[agent] = (slice_key, max(since, self.now))

    def connect(self, agent, slice_key, since, until):
        """Time on duty, cut at the bounds of windows."""
        while since < until:
            day_end = self.zone.day(since // 1000)[2] * 1000
            end = min(until, (since // 3600000 + 1) * 3600000, day_end)
            for counter in self.place(since, slice_key):
                counter[AGENTS, (agent, CONNECTED_MS)] += end - since
            since = end

    def on_agent_login(self, _counters, t, event, _conversation):
        agent = event["agent"]
        if agent in self.duty:
            return
        if len(self.duty) >= self.limits["DUTY"]:
            self.health["duty overflowed"] += 1
            return
        self.duty[agent] = (self.slice_of(event), t)
        self.pass_time()

    def on_agent_logout(self, _counters, t, event, _conversation):
        if event["agent"] in self.duty:
            del self.duty[event["agent"]]

    # Sales

    def on_order(self, _counters, t, event, _conversation):
        """The newest click of this person within reach decides, in its slice."""
        clicks = {click: slice_key for (person, slice_key), click in self.clicks.items()
                  if person == event["user"] and 0 <= t - click[0] <= self.reach_ms[(slice_key or ("",))[0]]}
        if not clicks:
            return
        slice_key = clicks[max(clicks)]
        for counter in self.place(t, slice_key):
            counter[SALES, (event["currency"], 0)] += 1
            counter[SALES, (event["currency"], 1)] += event["amount"]

    def remember_click(self, person, slice_key, t):
        key = (person, slice_key)
        if key not in self.clicks and len(self.clicks) >= self.limits["CLICKS"]:
            oldest = min(self.clicks, key=self.clicks.get)
            self.health["clicks forgotten"] += 1
            if self.clicks[oldest][0] > t:
                return
            del self.clicks[oldest]
        self.clicks[key] = max((t, self.order), self.clicks.get(key, (t, 0)))

    def begin(self, conversation):
        """It is counted from now on, where it started; where that window has left, in the oldest, once for good."""
        conversation.begun = True
        countable_ms = self.countable(conversation.begin_ms)
        conversation.heard_late |= countable_ms != conversation.begin_ms
        conversation.begin_ms = countable_ms
        for resolution in range(3):
            counter, left = self.find(resolution, conversation.begin_ms, conversation.slice)
            if left:
                self.count_for_good(conversation, resolution)[LATE, 0] += 1
            else:
                self.reside(conversation, resolution, conversation.begin_ms)

    def count_for_good(self, conversation, resolution):
        """In the oldest window, as it is now, for good."""
        counter = self.oldest(resolution, conversation.slice)
        for fact, n in conversation.facts(NO_TIME):
            counter[fact] += n
        return counter

    def countable(self, t):
        """Where its hour has left: the beginning of the oldest hour held, in which the event is counted, so that all facts of a
        conversation stay together."""
        ring = self.rings[HOUR]
        return t if t // 3600000 >= ring.floor or not ring.held else max(t, min(ring.held) * 3600000)

    def reside(self, conversation, resolution, t):
        home = self.index(resolution, t)
        conversation.homes[resolution] = home
        self.residents[resolution][home][id(conversation)] = conversation

    def settle(self, conversation, t):
        """Its beginning may turn out to be earlier. Where only the day of that is still held, only the day changes."""
        if t >= conversation.begin_ms:
            return
        self.seen_things["earlier beginning"] += 1
        if t // 3600000 < self.rings[HOUR].floor:
            if not conversation.heard_late and self.index(DAY, t) >= self.rings[DAY].floor:
                self.move(conversation, DAY, t)
            return
        conversation.begin_ms = t
        for resolution in range(3):
            self.move(conversation, resolution, t)

    def move(self, conversation, resolution, t):
        home = conversation.homes[resolution]
        if home is None or home <= self.index(resolution, t):
            return
        _, left = self.find(resolution, t, conversation.slice)
        home = conversation.homes[resolution]
        if home is not None:
            del self.residents[resolution][home][id(conversation)]
            conversation.homes[resolution] = None
            if left:
                self.count_for_good(conversation, resolution)
            else:
                self.reside(conversation, resolution, t)

    # Facts of a moment

    def note_before(self, conversation, event):
        """What plugins and source say of a message."""
        sender = event["from"]
        conversation.turns += 1
        text = event.get("text") or ""
        if self.spoken and sender in ("user", "bot"):
            conversation.signals += [(conversation.turns, reason) for word, reason in SPOKEN if word in text]
        if sender == "user":
            feeling = event.get("sentiment")
            if feeling is not None:
                conversation.feelings[FEELINGS[feeling]] += 1
            elif self.spoken:
                said = [label for word, label in SPOKEN_FEELINGS if word in text]
                if said:
                    conversation.feelings[said[0]] += 1

    def on_message(self, counters, t, event, conversation):
        if event["from"] == "agent":
            conversation.with_human = True
        for counter in counters:
            counter[MESSAGES, FROM[event["from"]]] += 1
            if conversation.with_human:
                counter[CONTACT_MESSAGES, 0] += 1
        counters[HOUR][PER_MINUTE, t // 60000 % 60] += 1
        if event["from"] == "user" and event.get("intent"):
            self.count(counters, INTENTS, event["intent"])

    def on_start(self, counters, _t, event, _conversation):
        if event.get("label"):
            self.count(counters, START_FLOWS, (event["label"], 0))

    def on_close(self, counters, _t, event, _conversation):
        if event.get("label"):
            self.count(counters, CLOSING_REASONS, (event["label"], 0))

    def on_handoff(self, counters, _t, event, conversation):
        if event.get("mode") in (None, "routed"):
            conversation.with_human = True
        reason = REASONS.index(event["reason"]) if event.get("reason") else self.reason(conversation)
        conversation.signals = []
        self.count(counters, ESCALATIONS, reason)

    def reason(self, conversation):
        heard = {reason for turn, reason in conversation.signals if turn > conversation.turns - self.limits["REASON_TURNS"]}
        return next((reason for reason in PRECEDENCE if reason in heard), 4)

    def on_assign(self, counters, _t, _event, conversation):
        conversation.with_human = True
        self.count(counters, ASSIGNMENTS)

    def on_csat(self, counters, _t, event, _conversation):
        self.count(counters, CSAT, event["score"] - 1)

    def on_flow(self, counters, _t, _event, _conversation):
        self.count(counters, FLOWS)

    def on_link_click(self, counters, _t, event, _conversation):
        self.count(counters, CLICKS, CLICK[event["kind"]])

    on_add_to_cart = on_link_click

    def on_product_click(self, counters, t, event, conversation):
        self.count(counters, CLICKS, CLICK[event["kind"]])
        person = event.get("user") or (conversation.person if conversation else None)
        if person is not None:
            self.remember_click(person, conversation.slice if conversation else self.slice_of(event), t)

    def on_delivery(self, counters, _t, event, _conversation):
        self.count(counters, DELIVERY, DELIVERIES.index(event["delivery"]), event.get("count", 1))

    # Reading

    def tell(self):
        self.pass_time()
        for resolution, ring in enumerate(self.rings):
            for index in ring.held:
                self.tell_window(resolution, index)
        return self.told
