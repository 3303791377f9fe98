# SPDX-License-Identifier: Apache-2.0
"""tests/oracle/dialogues.py - the dialogues of the shared data as streams, judged by the linked-in plugins. They are no part of the
project; they are read where EARSHOT_SHARED_DATA or ../shared/data has them."""
import json
import os
import pathlib

SIZE = 100  # dialogues to a stream
BEGIN_MS = 1774700000000
SPEAKERS = {"user": "user", "bot": "bot", "system": "bot", "assistant": "bot", "wizard": "bot", "agent": "agent"}
# What plugins have a say in.
JUDGED = {7, 10, 17, 30, 31}


def folder(root):
    path = pathlib.Path(os.environ.get("EARSHOT_SHARED_DATA", root.parent / "shared" / "data")) / "dialogues"
    return path if path.is_dir() else None


class Dialogues:
    """A stream of some dialogues."""

    disorder = duty = False
    plugins = "linked"

    def __init__(self, name, dialogues):
        self.seed = name
        self.settings = {"device.timezone": "<+0530>-5:30", "conversation.idle_close_s": 600, "funnels.view1": "all: @start > @end"}
        heard = [entry for number, dialogue in enumerate(dialogues) for entry in self.events_of(number, dialogue)]
        heard.sort(key=lambda entry: entry[:2])
        self.events = [event for _, _, event in heard]

    @staticmethod
    def events_of(number, dialogue):
        at = BEGIN_MS + number * 40000
        name = f"{number}:{dialogue['id']}"[:60]
        language = {"language": dialogue["lang"]} if len(dialogue.get("lang") or "") == 2 else {}
        yield at, number, {"kind": "start", "t": at, "conversation": name, "channel": dialogue["source"][:20],
                           "user": f"u{number % 17}", **language}
        for turn in dialogue["turns"]:
            at += 1000 + 37 * len(turn["text"])
            yield at, number, {"kind": "message", "t": at, "conversation": name, "from": SPEAKERS.get(turn["speaker"], "bot"),
                               "text": turn["text"]}
        if number % 3 == 0:
            yield at + 500, number, {"kind": "close", "t": at + 500, "conversation": name, "by": "user"}
        if number % 7 == 0:
            yield at + 400, number, {"kind": "handoff", "t": at + 400, "conversation": name}


def streams(path):
    for file in sorted(path.glob("*.ndjson")):
        with open(file, encoding="utf-8") as lines:
            batch = []
            for line in lines:
                batch.append(json.loads(line))
                if len(batch) == SIZE:
                    yield Dialogues(f"{file.name} before {len(batch)}", batch)
                    batch = []
            if batch:
                yield Dialogues(f"{file.name}, the last", batch)
