/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_phrases.h - what is said around a handoff, by language. The simulator's own words. */
#ifndef EARSHOT_SIM_PHRASES_H
#define EARSHOT_SIM_PHRASES_H

enum { SIM_AGENT_LINES = 4 };

struct sim_phrases {
    char language[3];
    const char *ask_human;   /* user */
    const char *not_clear;   /* bot's fallback answer */
    const char *handing;     /* bot, before it gives up */
    const char *closing_out; /* bot: nobody is there */
    const char *back_again;  /* user, after the end */
    const char *glad;        /* bot, after that */
    const char *agent[SIM_AGENT_LINES];
    const char *user[SIM_AGENT_LINES]; /* between the agent's lines */
};

static const struct sim_phrases sim_phrases[] = {
    {.language = "en",
     .ask_human = "Can I talk to a real person about this, please?",
     .not_clear = "Sorry, I did not get that. Could you put it another way?",
     .handing = "One moment, I am getting a colleague for you.",
     .closing_out = "I cannot help with this here. Please come to the service desk between nine and five.",
     .back_again = "One more thing, if you are still there.",
     .glad = "Of course. You will find that on the second shelf next to the entrance.",
     .agent = {"Hello, this is the service desk. I have read what you wrote.", "Let me look that up in our system.",
               "Done, you will find the change on your receipt.", "Goodbye, and have a good day."},
     .user = {"Great, thank you for stepping in.", "Yes, the number is on the slip.", "That works for me.", "Bye!"}},
    {.language = "de",
     .ask_human = "Kann ich bitte mit einem Mitarbeiter sprechen?",
     .not_clear = "Das habe ich leider nicht verstanden. Können Sie es anders sagen?",
     .handing = "Einen Moment, ich hole eine Kollegin dazu.",
     .closing_out = "Dabei kann ich hier nicht helfen. Bitte kommen Sie von neun bis fünf an den Schalter.",
     .back_again = "Eine Frage habe ich noch.",
     .glad = "Gern. Das steht im zweiten Regal neben dem Eingang.",
     .agent = {"Guten Tag, hier ist der Service. Ich habe alles gelesen.", "Ich schaue das kurz nach.",
               "Erledigt, Sie sehen die Änderung auf dem Beleg.", "Auf Wiedersehen und einen schönen Tag."},
     .user = {"Prima, danke.", "Ja, die Nummer steht auf dem Zettel.", "Das passt mir gut.", "Tschüss!"}},
    {.language = "fr",
     .ask_human = "Est-ce que je peux parler à un conseiller, s'il vous plaît ?",
     .not_clear = "Désolé, je n'ai pas compris. Pouvez-vous le dire autrement ?",
     .handing = "Un instant, j'appelle une collègue.",
     .closing_out = "Je ne peux pas vous aider ici. Passez à l'accueil entre neuf et dix-sept heures.",
     .back_again = "Encore une petite question.",
     .glad = "Bien sûr. C'est sur la deuxième étagère à côté de l'entrée.",
     .agent = {"Bonjour, ici l'accueil. J'ai lu votre échange.", "Je regarde dans notre système.",
               "C'est fait, le changement figure sur le ticket.", "Au revoir et bonne journée."},
     .user = {"Parfait, merci.", "Oui, le numéro est sur le papier.", "Ça me convient.", "Au revoir !"}},
    {.language = "es",
     .ask_human = "¿Puedo hablar con una persona, por favor?",
     .not_clear = "Perdón, no lo he entendido. ¿Puede decirlo de otra manera?",
     .handing = "Un momento, aviso a una compañera.",
     .closing_out = "Aquí no puedo ayudarle. Pase por el mostrador entre las nueve y las cinco.",
     .back_again = "Tengo otra pregunta.",
     .glad = "Claro. Está en el segundo estante, junto a la entrada.",
     .agent = {"Hola, le atiende el mostrador. He leído su mensaje.", "Lo miro en el sistema.",
               "Listo, verá el cambio en el recibo.", "Adiós y que tenga buen día."},
     .user = {"Estupendo, gracias.", "Sí, el número está en el papel.", "Me viene bien.", "¡Hasta luego!"}},
    {.language = "it",
     .ask_human = "Posso parlare con un operatore, per favore?",
     .not_clear = "Mi dispiace, non ho capito. Può dirlo in un altro modo?",
     .handing = "Un attimo, chiamo una collega.",
     .closing_out = "Qui non posso aiutarla. Venga allo sportello dalle nove alle cinque.",
     .back_again = "Avrei ancora una domanda.",
     .glad = "Certo. Lo trova sul secondo scaffale vicino all'ingresso.",
     .agent = {"Buongiorno, qui è lo sportello. Ho letto tutto.", "Controllo nel sistema.",
               "Fatto, vede la modifica sullo scontrino.", "Arrivederci e buona giornata."},
     .user = {"Perfetto, grazie.", "Sì, il numero è sul foglietto.", "Per me va bene.", "A presto!"}},
};

#endif
