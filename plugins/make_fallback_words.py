#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plugins/make_fallback_words.py - writes ear_fallback_words.h: the words of "sorry, I did not understand".

Run from anywhere; with an argument it writes there instead.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ear_words  # noqa: E402

PARTS = ["NONE", "NOT", "GRASP", "REPHRASE", "SAY", "AGAIN", "SURE", "MEAN", "ANSWER", "HAVE", "GET", "THAT",
         "YOU", "UNSURE"]
WORDS = {
    "NOT": """not no don't dont didn't didnt can't cant cannot couldn't couldnt unable haven't isn't wasn't never
        nicht kein keine ne n'ai pas no non""",
    # "I did not <catch> that"
    "GRASP": """understand understood follow recognize recognise comprehend grasp interpret
        verstanden verstehe verstehen entendido entiendo entendi comprendo entender comprendido
        compris comprends comprendre capito capisco compreso capire""",
    # "I did not <get> that" says so only if nothing comes after
    "GET": "get got catch caught hear heard",
    "THAT": "that it this",
    "YOU": "you",
    "REPHRASE": """rephrase reword reformulate rephrasing
        umformulieren reformuler reformulez reformular riformulare reformules""",
    "SAY": """say repeat tell ask put phrase word express write explain
        sagen wiederholen repetir decir repeter dire ripetere""",
    "AGAIN": "again differently way words anders nochmal otra otras autrement altre altro",
    "SURE": "know sure certain clear sicher seguro sur sicuro",
    "MEAN": "mean meant meinst meinen quieres decir voulez dire intendi",
    "ANSWER": "answer idea clue antwort respuesta reponse risposta",
    "HAVE": "have find habe weiss tengo se trouve ho trovo",
}


if __name__ == "__main__":
    ear_words.make_parts(__file__, "ear_fallback_words", PARTS, WORDS,
                         "{} words of \"sorry, I did not understand\".")
