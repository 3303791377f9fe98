#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""plugins/packs/incomplete_info/rows.py - labelled messages out of dialogues: did the bot have to ask for more?

  rows.py FILE.ndjson... > rows.tsv

A message of the user is `incomplete` if what the bot says next asks for data (an act of Request in MultiWOZ, an *_ask_*
action in STAR) and tells nothing, `complete` if it tells or does something and asks nothing. Others are left out, and so
are thanks and farewells. Standard library only."""
import json
import re
import sys

ASKS = re.compile(r"(?:^|\+)\w+-Request\b|_ask_|^ask_")
TELLS = re.compile(r"-(?:Inform|Recommend|Book|OfferBooked|OfferBook|Select|NoOffer|NoBook)\b|_inform_|_success|_provide_|_bye|"
                   r"_book_|_confirm")


def rows(dialogue):
    for message, answer in zip(dialogue["turns"], dialogue["turns"][1:]):
        if message["speaker"] != "user" or answer["speaker"] != "bot":
            continue
        label = answer.get("label", "")
        if "ask_confirm" in label or label.startswith("trivia_"):
            continue
        asks, tells = bool(ASKS.search(label)), bool(TELLS.search(label))
        if asks != tells:
            yield "incomplete" if asks else "complete", " ".join(message["text"].split())


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            for label, text in rows(json.loads(line)):
                if text:
                    print(label, text, sep="\t")
