/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/human_requested/human_requested.c - does the user ask for a person? See README.md.
 *
 * Each word is looked up once: what part can it have in an ask? Then each clause is read from left to right. A word for
 * a person of the house makes it an ask if the right words came shortly before it ("talk to", "give me", "is there a
 * real"), or if nearly nothing else is said ("operator please"). "Are you human?" and "am I chatting with a person?"
 * ask something else. */
#include <assert.h>
#include <string.h>

#include "core/judge/ear_plugin.h"
#include "plugins/human_requested/human_words.h"

#define BIT(part) (1u << (part))
static_assert(PART_COUNT <= 32, "a part is a bit of 32");
#define PEOPLE (BIT(HUMAN) | BIT(PERSON) | BIT(SOMEONE) | BIT(SERVICE) | BIT(DESK))
#define WORTH_A_LOOK (PEOPLE | BIT(BOT) | BIT(ESCALATE) | BIT(THROUGH) | BIT(REAL))

#define NEVER 0
#define MOST_TOKENS 64 /* an ask is not further on than this */

/* What was read of a clause. Places are counted in words that count, from 1; words that only fill have the place of the
 * one before them. */
struct clause {
    uint32_t seen;
    uint8_t last[PART_COUNT]; /* the place of the last word of each part, or NEVER */
    uint8_t now;              /* the place of the last word */
    uint8_t others;           /* words of no part */
    bool identity;            /* it asks, or says, who somebody is */
    bool unwanted;            /* "I do not want to ..." */
    bool offered;             /* "is there anyone ..." */
    bool to_bot;              /* "talking to a bot ..." */
};

static void begin(struct clause *clause)
{
    memset(clause, 0, sizeof(*clause));
    clause->now = 1;
}

static bool has(const struct clause *clause, uint32_t parts)
{
    return (clause->seen & parts) != 0;
}

static bool within(const struct clause *clause, enum part part, uint8_t words)
{
    return clause->last[part] != NEVER && clause->now - clause->last[part] <= words;
}

/* "talk to a real person", "connect me with your team", "help from a human" */
static bool talks_to(const struct clause *clause, enum part noun)
{
    uint8_t far = noun == HUMAN ? 2 : noun == PERSON ? 1 : noun == SERVICE && has(clause, BIT(CUSTOMER)) ? 1 : 0;
    if (within(clause, TALK, far) || within(clause, TALKING, far)) {
        return true;
    }
    if (within(clause, TRANSFER, far) && (has(clause, BIT(ME)) || (noun == HUMAN && within(clause, TRANSFER, 1)))) {
        return true;
    }
    bool person = noun == HUMAN || (noun == PERSON && has(clause, BIT(REAL)));
    if (person && within(clause, HELP, 1) && within(clause, BREAK, 0)) {
        return true;
    }
    if (noun != HUMAN && !has(clause, BIT(CUSTOMER))) {
        return false;
    }
    return within(clause, CALL, 0);
}

/* "get me an operator", "I need a real employee", "I want customer service" */
static bool wants(const struct clause *clause, enum part noun)
{
    if (noun == SOMEONE || !within(clause, WANT, has(clause, BIT(CUSTOMER)) ? 1 : 0)) {
        return false;
    }
    return noun == HUMAN || noun == DESK || noun == PERSON || has(clause, BIT(REAL) | BIT(CUSTOMER));
}

/* "is there a real person", "do you have a human" */
static bool looks_for(const struct clause *clause, enum part noun)
{
    if (!within(clause, THERE, 1) || clause->others > 1) {
        return false;
    }
    return (noun == HUMAN && within(clause, FILLER, 0)) || (has(clause, BIT(REAL)) && noun != SERVICE);
}

static bool asks_at(const struct clause *clause, enum part noun)
{
    if (clause->identity || clause->unwanted) {
        return false;
    }
    if (noun == SERVICE && within(clause, HUMAN, 0)) {
        return true; /* "human help" */
    }
    return talks_to(clause, noun) || wants(clause, noun) || looks_for(clause, noun);
}

/* A person was named, and then the talking: "is there anyone I can talk to", "mit einem Menschen sprechen" */
static bool talks_afterwards(const struct clause *clause)
{
    bool with = within(clause, WITH, 2) && !has(clause, BIT(AM)) &&
                (within(clause, PERSON, 0) || within(clause, HUMAN, 0) || within(clause, SOMEONE, 0));
    return !clause->identity && !clause->unwanted && ((clause->offered && clause->others <= 1) || with);
}

/* "talk to a machine"; a "chat bot" is none: there a word stands between */
static bool talks_to_bot(const struct clause *clause)
{
    return !clause->identity && (within(clause, TALK, 1) || within(clause, TALKING, 1)) && within(clause, FILLER, 1);
}

/* Nearly nothing else was said: "operator", "real person please", "customer service". */
static bool asks_alone(const struct clause *clause)
{
    const uint32_t more = BIT(BE) | BIT(AM) | BIT(BOT) | BIT(BREAK) | BIT(NOT) | BIT(BAD);
    if (clause->identity || clause->others != 0 || has(clause, more)) {
        return false;
    }
    if (has(clause, BIT(HUMAN) | BIT(DESK)) || (has(clause, BIT(REAL)) && has(clause, BIT(PERSON)))) {
        return true;
    }
    return (has(clause, BIT(SERVICE)) && has(clause, BIT(CUSTOMER) | BIT(TALK))) ||
           (has(clause, BIT(REAL)) && has(clause, BIT(TALK))); /* "live chat" */
}

static void pass(struct clause *clause, enum part part)
{
    bool counts = part != FILLER && part != REAL && part != ME && part != LIKE;
    clause->now = (uint8_t)(clause->now + counts);
    if (part == NONE) {
        clause->others++;
        return;
    }
    if (part == TALK || part == TALKING || part == THERE) {
        clause->last[FILLER] = NEVER; /* what fills comes after it */
    }
    if (part == BREAK || part == LIKE) {
        clause->last[TALK] = NEVER; /* "talk about a person", "talk like a human" */
        clause->last[TALKING] = NEVER;
    }
    clause->seen |= BIT(part);
    clause->last[part] = clause->now;
}

static bool take_people(struct clause *clause, enum part noun)
{
    bool asks = asks_at(clause, noun);
    clause->offered = clause->offered || (noun != SERVICE && within(clause, THERE, 1) && !has(clause, BIT(NOT)));
    return asks;
}

/* "no bots please", "I don't want a robot" */
static bool refuses_bot(const struct clause *clause)
{
    if (clause->others != 0 || has(clause, BIT(BE) | BIT(AM))) {
        return false;
    }
    return within(clause, NOT, 0) || (clause->unwanted && within(clause, WANT, 0));
}

static bool take_bot(struct clause *clause)
{
    if (refuses_bot(clause)) {
        return true;
    }
    clause->to_bot = clause->to_bot || talks_to_bot(clause);
    return clause->to_bot && has(clause, BIT(NOT) | BIT(BAD));
}

/* "is a human available", "can someone call me back" */
static bool offers(const struct clause *clause, enum part part)
{
    if (part == THERE) {
        return within(clause, HUMAN, 0) && has(clause, BIT(BE)) && clause->others == 0 && !clause->identity;
    }
    return within(clause, CALL, 0) && (within(clause, SOMEONE, 1) || within(clause, HUMAN, 1)) &&
           !has(clause, BIT(NOT));
}

static bool take_talk(struct clause *clause, enum part part)
{
    if (part == IDENTITY || (part == TALKING && within(clause, AM, 1))) {
        clause->identity = true; /* "am I talking to", "I'm speaking with" */
    }
    return talks_afterwards(clause);
}

/* Take one word of the clause in. True if the clause is an ask now. */
static bool take(struct clause *clause, enum part part)
{
    bool asks = false;
    if ((BIT(part) & PEOPLE) != 0) {
        asks = take_people(clause, part);
    } else if ((BIT(part) & (BIT(TALK) | BIT(TALKING) | BIT(IDENTITY) | BIT(AFTERWARDS))) != 0) {
        asks = take_talk(clause, part);
    } else if (part == THERE || part == ME) {
        asks = offers(clause, part);
    } else if (part == WORKER) {
        asks = within(clause, PERSON, 0) && (within(clause, TRANSFER, 1) || within(clause, WANT, 1));
    } else if (part == BOT) {
        asks = take_bot(clause);
    } else if (part == BAD) {
        asks = clause->to_bot; /* "chatting with this robot is a waste" */
    } else if (part == WANT && within(clause, NOT, 0)) {
        clause->unwanted = true;
    } else if (part == ESCALATE) {
        asks = true;
    } else if (part == THROUGH) {
        asks = within(clause, TRANSFER, 0) && has(clause, BIT(ME));
    }
    pass(clause, part);
    return asks;
}

static bool ends_clause(const struct ear_turn *turn, const struct ear_token *token)
{
    return EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK && turn->text[token->start] != ',';
}

static bool asks_for_human(const struct ear_turn *turn, const uint8_t *parts, uint16_t count)
{
    struct clause clause;
    struct clause tail; /* since the last comma: "this does not help, agent please" */
    begin(&clause);
    begin(&tail);
    for (uint16_t i = 0; i < count; i++) {
        if (EAR_TOKEN_KIND(turn->tokens[i]) != EAR_TOKEN_MARK) {
            pass(&tail, (enum part)parts[i]);
            if (take(&clause, (enum part)parts[i])) {
                return true;
            }
            continue;
        }
        clause.last[NOT] = NEVER; /* "no, I want ..." */
        if (ends_clause(turn, &turn->tokens[i])) {
            if (asks_alone(&clause) || (asks_alone(&tail) && !clause.identity)) {
                return true;
            }
            begin(&clause);
        }
        begin(&tail);
    }
    return asks_alone(&clause) || (asks_alone(&tail) && !clause.identity && !has(&clause, BIT(BOT)));
}

static int on_turn(const struct ear_plugin_call *call)
{
    const struct ear_turn *turn = call->turn;
    uint8_t parts[MOST_TOKENS];
    uint16_t count = turn->token_count < MOST_TOKENS ? turn->token_count : MOST_TOKENS;
    uint32_t seen = 0;
    for (uint16_t i = 0; i < count; i++) {
        parts[i] = (uint8_t)ear_words_find(&human_words, turn->tokens[i].hash);
        seen |= BIT(parts[i]);
    }
    bool yes = (seen & WORTH_A_LOOK) != 0 && asks_for_human(turn, parts, count);
    ear_verdict_add(call->verdicts, EAR_ASK_HUMAN_REQUESTED, yes ? 1 : 0, 900);
    return 0;
}

const struct ear_plugin ear_plugin_human_requested = {
    EAR_PLUGIN_HEADER,
    .name = "human_requested",
    .version = "1.0.0",
    .questions = EAR_ASK_BIT(EAR_ASK_HUMAN_REQUESTED),
    .hears = EAR_FROM_BIT(EAR_FROM_USER),
    .budget_us = 500,
    .on_turn = on_turn,
};
