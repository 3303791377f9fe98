#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plugins/incomplete_info/make_words.py - writes incomplete_words.h: words that carry nothing to act on.

Run from anywhere; with an argument it writes there instead.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import ear_words  # noqa: E402

PARTS = ["NONE", "GREETING", "EMPTY", "VAGUE", "ANSWER"]
WORDS = {
    "GREETING": """hi hello hey heya hiya yo howdy greetings morning evening afternoon day good there sup
        hallo guten tag morgen abend moin servus gruss gott hola buenos buenas dias tardes noches
        bonjour bonsoir salut coucou ciao buongiorno buonasera salve 你 好 您 嗨 喂 こ ん に ち は""",
    "EMPTY": """a an the i i'm im i'd i've i'll me my we us our you your u to of for in on at with about and but or so
        um uh umm uhm hmm hm er ah oh well like just please pls can could would will do does did have has had am is are
        was be need want wanna get some any anything what's whats hear listen anyone anybody here sir madam bot robot
        assistant excuse um ehm
        ich habe bitte kann konnen konnten mir eine einen ein mal ist da jemand du sie
        yo tengo una un necesito quiero puede puedes por favor me
        je j'ai un une besoin de vous pouvez m' moi est-ce que
        ho un una bisogno di puoi puo mi per favore""",
    "VAGUE": """help helped question questions problem problems issue issues something thing things stuff trouble info
        information support assistance assist wrong matter inquiry enquiry query request
        hilfe helfen frage fragen problem probleme etwas ayuda ayudar ayudarme pregunta problema algo duda
        aide aider aidez question probleme chose aiuto aiutare aiutarmi domanda problema qualcosa""",
    # A whole answer to what the bot asked, or the end of the talk.
    "ANSWER": """yes yeah yep yup ya ok okay k sure no nope nah not don't thanks thank thx ty cheers bye goodbye cya fine
        great perfect correct right exactly cool alright cancel stop quit exit back again that it this one first second
        third last same both none either now later today tomorrow how who when where why which what done all nothing
        else never next more me-too wow sorry really
        ja nein danke genau richtig gut passt tschuss nicht si no gracias vale claro adios eso
        oui non merci d'accord voila parfait grazie va bene certo perfetto
        是 的 对 不 谢 行 可 以 はい""",
}


if __name__ == "__main__":
    ear_words.make_parts(__file__, "incomplete_words", PARTS, WORDS,
                         "{} words that carry nothing to act on.")
