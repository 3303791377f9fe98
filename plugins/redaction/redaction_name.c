/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/redaction/redaction_name.c - names after "my name is" and its like, in English, German, Spanish, French and
 * Italian. Names that nothing announces are not found. */
#include "plugins/redaction/redaction.h"
#include "plugins/redaction/redaction_words.h"

#define MOST_WORDS 4       /* of a name */
#define MOST_SMALL_WORDS 3 /* of one that is written without capitals */
#define MOST_LETTERS 24    /* of one that is spelled */
#define MY_IS_NEAR 4       /* words from "my" to "name": "my full legal name" */

/* ---- words ---- */

static bool is_word(const struct ear_turn *turn, uint32_t i)
{
    return i < turn->token_count && EAR_TOKEN_KIND(turn->tokens[i]) == EAR_TOKEN_WORD;
}

static enum part part_at(const struct ear_turn *turn, uint32_t i)
{
    return i < turn->token_count ? (enum part)redaction_part(turn, i) : NONE;
}

static bool is_mark(const struct ear_turn *turn, uint32_t i, char mark)
{
    return i < turn->token_count && EAR_TOKEN_KIND(turn->tokens[i]) == EAR_TOKEN_MARK &&
           turn->text[turn->tokens[i].start] == mark;
}

/* A capital letter of Latin, Greek or Cyrillic, as far as two bytes of UTF-8 show it. */
static bool is_capital(const struct ear_turn *turn, uint32_t i)
{
    const uint8_t *bytes = (const uint8_t *)turn->text + turn->tokens[i].start;
    if (bytes[0] < 0x80) {
        return bytes[0] >= 'A' && bytes[0] <= 'Z';
    }
    switch (bytes[0]) {
    case 0xC3:
        return bytes[1] <= 0x9E;
    case 0xC4:
    case 0xC5:
        return bytes[1] % 2 == 0;
    case 0xCE:
        return bytes[1] >= 0x86 && bytes[1] <= 0xAB;
    case 0xD0:
        return bytes[1] <= 0xAF;
    default:
        return false;
    }
}

/* One character long: an initial, or a letter of a name that is spelled. */
static bool is_letter(const struct ear_turn *turn, uint32_t i)
{
    const struct ear_token *token = &turn->tokens[i];
    return token->length == 1 || (token->length == 2 && (uint8_t)turn->text[token->start] >= 0xC3);
}

/* Token i follows its neighbour on the same line. */
static bool follows(const struct ear_turn *turn, uint32_t i)
{
    for (uint32_t at = redaction_token_end(&turn->tokens[i - 1]); at < turn->tokens[i].start; at++) {
        if (turn->text[at] == '\n' || turn->text[at] == '(') {
            return false;
        }
    }
    return true;
}

/* ---- how far a name goes ---- */

struct name {
    uint32_t first, end; /* tokens */
    unsigned words;      /* particles not counted */
    bool capitals;
};

/* A full stop after an initial, "J. Smith", with a word behind it. */
static bool is_point_of_initial(const struct ear_turn *turn, uint32_t i)
{
    return is_mark(turn, i, '.') && turn->tokens[i].length == 1 && is_word(turn, i - 1) && is_letter(turn, i - 1) &&
           is_word(turn, i + 1) && is_capital(turn, i + 1);
}

/* "von der Heide": particles are of the name if it goes on after them. */
static bool goes_on(const struct ear_turn *turn, uint32_t i)
{
    while (part_at(turn, i) == PARTICLE) {
        i++;
    }
    return is_word(turn, i) && is_capital(turn, i);
}

/* Word i may be of a name that began before it: also "An" and "Do", where it is not all capitals anyway. */
static bool may_continue(const struct ear_turn *turn, uint32_t i, bool capitals)
{
    const enum part part = part_at(turn, i);
    if (part == PARTICLE) {
        return goes_on(turn, i);
    }
    if (part == NONE) {
        return !capitals || is_capital(turn, i);
    }
    return part == STOP && capitals && is_capital(turn, i) && !is_letter(turn, i) &&
           (turn->tokens[i].kind & EAR_TOKEN_SHOUT) == 0;
}

/* The name that begins with token i; words is 0 if none does. */
static struct name read_name(const struct ear_turn *turn, uint32_t i)
{
    struct name name = {.first = i, .end = i};
    unsigned letters = 0;
    const bool initial = is_word(turn, i) && i + 1 < turn->token_count && is_point_of_initial(turn, i + 1);
    if (!is_word(turn, i) || (part_at(turn, i) != NONE && part_at(turn, i) != PARTICLE && !initial)) {
        return name;
    }
    name.capitals = is_capital(turn, i) || (part_at(turn, i) == PARTICLE && goes_on(turn, i));
    const unsigned most = name.capitals ? MOST_WORDS : MOST_SMALL_WORDS;
    for (; i < turn->token_count && name.words < most && letters < MOST_LETTERS; i++) {
        if (i > name.first && is_point_of_initial(turn, i)) {
            continue;
        }
        if (!is_word(turn, i) || (i > name.first && (!follows(turn, i) || !may_continue(turn, i, name.capitals)))) {
            break;
        }
        letters += is_letter(turn, i);
        name.words += part_at(turn, i) != PARTICLE && !is_letter(turn, i);
        name.end = i + 1;
    }
    name.words += letters > 0 || (name.words == 0 && name.capitals); /* "Al" is a particle too */
    return name;
}

static bool mark_name(struct search *search, const struct name *name)
{
    const struct ear_turn *turn = search->turn;
    if (name->words == 0) {
        return false;
    }
    redaction_mark(search, EAR_PERSONAL_NAME, turn->tokens[name->first].start,
                   redaction_token_end(&turn->tokens[name->end - 1]));
    return true;
}

/* ---- what announces one ---- */

/* "my name", "mein voller Name", "my first and last name": is `my` close before token i? */
static bool is_mine(const struct ear_turn *turn, uint32_t i)
{
    for (uint32_t back = 1; back <= MY_IS_NEAR && back <= i; back++) {
        if (part_at(turn, i - back) == MY) {
            return true;
        }
    }
    return false;
}

/* After "name": "is", ":", nothing, and perhaps "de famille" before that. The token at which the name itself begins. */
static uint32_t after_announcement(const struct ear_turn *turn, uint32_t i, bool *said)
{
    while (i < turn->token_count && (part_at(turn, i) == FULL || part_at(turn, i) == PARTICLE) &&
           part_at(turn, i + 1) != NONE) {
        i++; /* "de famille" */
    }
    *said = false;
    if (part_at(turn, i) == IS || part_at(turn, i) == THIS) { /* "mon nom c'est" */
        *said = true;
        i++;
    }
    if (is_mark(turn, i, ':')) {
        *said = true;
        i++;
    }
    return i;
}

static bool take_after_name(struct search *search, uint32_t i)
{
    const struct ear_turn *turn = search->turn;
    bool said = false;
    const bool mine = is_mine(turn, i);
    const uint32_t first = after_announcement(turn, i + 1, &said);
    const struct name name = read_name(turn, first);
    if (!said && !mine) {
        return false;
    }
    return ((said && mine) || name.capitals) && mark_name(search, &name);
}

/* "I'm Jane Doe", "this is Jane Doe": two capitals, or one and "here" or where the rest leaves no doubt. */
static bool take_after_self(struct search *search, uint32_t i, bool sure)
{
    const struct ear_turn *turn = search->turn;
    const struct name name = read_name(turn, i);
    sure = sure || (name.words == 1 && part_at(turn, name.end) == HERE);
    return name.capitals && (name.words >= 2 || sure) && mark_name(search, &name);
}

/* Whatever token i announces. */
static void take(struct search *search, uint32_t i)
{
    const struct ear_turn *turn = search->turn;
    struct name name;
    switch (part_at(turn, i)) {
    case NAME:
        (void)take_after_name(search, i);
        break;
    case NAMES: /* "my name's Jane" */
    case CALLED:
        name = read_name(turn, i + 1);
        (void)mark_name(search, &name);
        break;
    case CALLED_EN: /* "I am called Jane", but not "the movie is called" */
        name = read_name(turn, i + 1);
        (void)(i > 0 && part_at(turn, i - 1) == SELF && mark_name(search, &name));
        break;
    case ME: /* "call me Jane" */
        name = read_name(turn, i + 1);
        (void)(i > 0 && part_at(turn, i - 1) == CALL && name.capitals && mark_name(search, &name));
        break;
    case SELF:
        (void)take_after_self(search, i + 1, false);
        break;
    case THIS: /* "moi c'est Jean" */
    case HERE:
        (void)take_after_self(search, part_at(turn, i + 1) == IS ? i + 2 : i + 1,
                              i > 0 && part_at(turn, i - 1) == SELF);
        break;
    default:
        break;
    }
}

void redaction_find_names(struct search *search)
{
    for (uint32_t i = 0; i < search->turn->token_count; i++) {
        take(search, i);
    }
}
