#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plugins/human_requested/make_words.py - writes human_words.h: the words that matter, and their part in an ask.

Run from anywhere; with an argument it writes there instead.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import ear_words  # noqa: E402

PARTS = ["NONE", "FILLER", "HUMAN", "PERSON", "SOMEONE", "SERVICE", "REAL", "TALK", "TALKING", "CALL", "WANT", "NOT",
         "BAD", "BOT", "THERE", "BE", "AM", "BREAK", "HELP", "CUSTOMER", "ESCALATE", "ME", "THROUGH", "DESK",
         "WITH", "TRANSFER", "LIKE", "IDENTITY", "AFTERWARDS", "WORKER"]

WORDS = {
    # Words that say nothing here. They stand between the others without making a distance.
    "FILLER": """
        a an the to with of your my some any please pls plz just now directly immediately kindly i i'll ill can
        could may might will hi hello hey ok okay thanks thank yes yeah well so really actually being fucking damn
        bloody freaking goddamn instead also still here over somehow right away asap today another other us our let's
        und ein eine einen einem einer eines der die das dem den mich mir bitte jetzt ich gern gerne mal doch hallo nur
        un une le la les au aux du des de je j'ai s'il plait te vous plaît maintenant bonjour juste bien
        una el los las al del por favor ahora hola yo solo con
        uno il lo gli alla al allo per piacere adesso ciao io subito con
        à avec
        我 一 个 正 的 类 可 以 交 吗 什 么 请 务 系 您 你 谈谈""",
    # Whoever answers to these is a person of the house.
    "HUMAN": """
        human humans humanbeing agent agents representative representatives rep reps csr operator operators advisor
        adviser advisors advisers consultant receptionist clerk cashier employee employees colleague colleagues staff
        salesperson specialist technician attendant
        mensch menschen mitarbeiter mitarbeiterin mitarbeitern berater beraterin kundenberater kundenbetreuer
        ansprechpartner sachbearbeiter kollegen kollege menschlich menschliche menschlichen menschlicher
        humain humains humaine humaines conseiller conseillere conseillers operateur interlocuteur
        humano humanos humana humanas agente agentes operador operadora representante asesor asesora empleado
        umano umani umana umane operatore operatrice addetto consulente rappresentante incaricato""",
    "PERSON": "person persons people personen personne personnes persona personas persone gente 人",
    "SOMEONE": """
        someone somebody anyone anybody somone jemand jemanden jemandem quelqu'un alguien qualcuno nessuno""",
    # Said of people only where somebody wants to be put through to them.
    "SERVICE": """
        assistant assistants asistant assistent support service services care team manager managers supervisor
        supervisors boss management 服
        kundendienst kundenservice kundensupport hotline vorgesetzten chef service-team
        soporte servicio apoyo encargado gerente supervisor equipo asistente
        assistenza servizio supporto sostegno responsabile
        superieur responsable equipe""",
    "DESK": "helpdesk callcenter servicedesk kundenservice kundendienst",
    "CUSTOMER": "customer costumer client clients clienti cliente clientes clientele kunden 客",
    "REAL": """
        real live actual proper genuine living breathing physical manual flesh true human-being
        echt echte echten echter echtem richtigen wirklichen lebenden
        vrai vraie reel reelle veritable
        real reales verdadero verdadera manual
        reale vero vera proprio fisica fisico 真 实""",
    "TALK": """
        talk speak chat contact reach connect connected message discuss converse
        sprechen reden verbinden kontaktieren verbinde durchstellen weiterleiten unterhalten chatten
        parler discuter contacter joindre
        hablar hable contactar comunicar comunicarme conectar chatear
        parlare contattare comunicare chattare 联""",
    # Verbs that follow their person.
    "AFTERWARDS": "谈 聊 话",
    # 工, which makes a person of the house out of a person (人工).
    "WORKER": "工",
    # Asks for a person only with "me" or straight to a person's name: money is transferred too.
    "TRANSFER": """
        transfer transferred transferring forward redirect direct refer route put patch hand switch pass
        transferer passer mettre transferir paseme transfieran trasferire mettermi passami passez passe 转""",
    "LIKE": "like",
    "TALKING": """
        talking speaking chatting contacting conversing
        hablando parlando""",
    # "spreche ich mit einem Menschen?"
    "IDENTITY": "rede spreche parle hablo parlo",
    "CALL": "call phone ring",
    "WANT": """
        want wants wanna need needs give gimme get getting require demand prefer rather wish would i'd id
        looking
        mochte will brauche brauchen wunsche geben gib hatte benotige
        veux voudrais besoin souhaite aimerais donnez-moi veut
        quiero quisiera necesito deme dame gustaria deseo
        voglio vorrei bisogno dammi desidero 想 要 找""",
    "NOT": """
        not no don't dont didn't do'nt never without nor neither
        nicht kein keinen keine non pas sans nunca sin senza ne 没""",
    "BAD": """
        hate tired sick stupid useless dumb stop annoying annoyed fed enough waste ridiculous pointless refuse dislike
        can't cant cannot worthless""",
    "BOT": """
        bot bots robot robots chatbot chatbots machine machines computer computers automated ai roboter maschine
        maquina ordinateur macchina automat""",
    "THERE": "there have has where available gibt hay c'e 有""",
    "BE": """
        are you're youre ur is it's its that's was were be become you u
        bist du sie sind es-tu tu es etes eres sei siete 是""",
    "AM": "am i'm im who estoy sto 在""",
    "BREAK": """
        about as than if when because for from that this which who's whose virtual google
        uber sur sobre su google""",
    "HELP": "help helped assist assistance hilfe aide ayuda aiuto",
    "ESCALATE": "escalate escalation handoff handover hand-off",
    "ME": "me mich moi me mi",
    "THROUGH": "through",
    "WITH": "mit 和 跟",
}


if __name__ == "__main__":
    ear_words.make_parts(__file__, "human_words", PARTS, WORDS,
                         "{} words and their part in an ask for a person.")
