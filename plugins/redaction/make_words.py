#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plugins/redaction/make_words.py - writes redaction_words.h: words around names and numbers.

Run from anywhere; with an argument it writes there instead.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import ear_words  # noqa: E402

PARTS = ["NONE", "STOP", "MY", "FULL", "NAME", "NAMES", "IS", "CALLED", "CALLED_EN", "CALL", "ME", "SELF", "THIS",
         "HERE", "PARTICLE", "PHONE", "AT", "ATSIGN", "DOT"]

WORDS = {
    # What comes after a name, or shows that none comes.
    "STOP": """
        and but i i'd i've i'll my from with on in for to of the a an not no was wrong misspelled mispelled
        misspelt spelled spelt incorrect correct incorrectly wrongly listed missing already also still please can could
        would how what who when where why because so or if that it its you your you're we they are have has had need
        want like looking trying just really very now then than too than there which their under by as do does did will
        different same used being been changed blank empty displayed shown printed written
        und aber ich aus nicht falsch auf im am an fur zu der die das ein eine war bitte kann konnte wie
        was wer wo wann warum weil oder wenn dass sie ihr wir haben hat hatte habe brauche mochte geschrieben steht
        richtig wohne komme nun jetzt auch noch
        y pero con no mal esta en por para el los un una fue favor puedo como que quien cuando donde porque si
        o lo quiero necesito tengo vivo llamaba escrito bien
        et mais je j'ai j'habite avec ne pas mal sur dans pour les une etait s'il peux comment qui quand ou parce il
        elle voudrais n'est ecrit
        ma con non sbagliato su per uno posso come che chi quando dove perche se ho vorrei abito scritto
        bad good fine sorry happy sad angry upset sure afraid interested waiting ready back later asap today tomorrow
        tonight when anytime again whatever crazy after before
        monday tuesday wednesday thursday friday saturday sunday""",
    "MY": "my mein meine meinem mi mon mio ma",
    "FULL": """
        full first last middle maiden real legal account voller ganzer vollstandiger completo completa primer primero
        familia famille complet complete completo intero user""",
    "NAME": """
        name names surname firstname lastname forename nachname vorname familienname nombre apellido apellidos nom
        prenom nome cognome""",
    "NAMES": "name's",
    # Also "it's" and the like: what stands between the announcement and the name.
    "IS": "is ist lautet spricht es est e son",
    "CALLED": "heisse heiss hei\u00dfe llamo m'appelle appelle chiamo",
    "CALLED_EN": "called",
    "CALL": "call",
    "ME": "me",
    "SELF": "i'm im am soy sono suis bin moi",
    "THIS": "this it's c'est",
    "HERE": "here hier speaking calling aqui qui ici parla",
    "PARTICLE": "van von der den de del della di da dos das du le la zu zum ter ten bin ibn al el y o' mc st",
    # A number near these is one to call.
    "PHONE": """
        phone telephone tel mobile cell cellphone cellular landline handy telefon telefonnummer handynummer rufnummer
        mobil mobilnummer telefono movil celular telefone portable fixe cellulare whatsapp fax sms text ring dial
        erreichbar anrufen zuruckrufen ruckruf llamame llamar llamen appelez appeler rappeler rappelez chiamare
        chiamatemi chiamami reach""",
    "AT": "at",
    "ATSIGN": "arroba arobase chiocciola chiocciolina klammeraffe",
    "DOT": "dot punkt punto point",
}

# Words that stand in two lists belong to the part that leads to a name; a name's own end is any part but NONE and
# PARTICLE.
for part in ("MY", "IS", "SELF", "THIS", "HERE", "PARTICLE"):
    taken = set(WORDS[part].split())
    WORDS["STOP"] = " ".join(w for w in WORDS["STOP"].split() if w not in taken)
for word in ("bin", "y", "ma"):
    WORDS["PARTICLE"] = " ".join(w for w in WORDS["PARTICLE"].split() if w != word)
WORDS["STOP"] += " y"


if __name__ == "__main__":
    ear_words.make_parts(__file__, "redaction_words", PARTS, WORDS,
                         "{} words around names and numbers.")
