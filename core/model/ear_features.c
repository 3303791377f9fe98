/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_features.c - see ear_features.h.
 *
 * How it works. A family is generated into what is free of items; if all of it is there, it stays, and the next model
 * has it for nothing. Words bear the hashes of their tokens; a pair is one multiplication of two of these. A letter is
 * turned into 32 mixed bits, by a table if it is ASCII; a run of letters is the sum of its letters' bits, each rotated
 * by its place (Cohen: "Recursive hashing functions for n-grams", 1997: hashing by cyclic polynomials), so that it
 * costs no multiplication of its own. All of it is arithmetic modulo 2^32 and the same everywhere. */
#include "core/model/ear_features.h"

#include <assert.h>

#include "core/model/ear_letter.h"
#include "core/model/ear_negators.h"

/* A family is kept only if so many items stay free for pieces of others. */
#define PIECE_LEAST 16u
static_assert(EAR_FEATURES >= 2 * PIECE_LEAST, "there is room for a piece");

#define NEGATED_WORDS 4u
#define LONGEST 3u /* run of a mark, number of digits - 1 */

/* Spread the bits of a small number over 32 (constants of xxHash, MurmurHash). */
#define SPREAD_1_(n) ((uint32_t)(n)*0x9E3779B1u)
#define SPREAD(n) ((SPREAD_1_(n) ^ SPREAD_1_(n) >> 15) * 0x85EBCA77u)

/* What is no character, for SPREAD. */
#define OF_SCRIPT 0x200000u
#define OF_NUMBER 0x400000u
#define SHOUTED SPREAD(0x600000u)
#define PAIR_SALT SPREAD(0x600001u)
#define PAIR_END SPREAD(0x600002u)
#define MARK_SALT SPREAD(0x600003u)
#define NEGATION SPREAD(0x600004u)

#define KANA_SCRIPT (0x3040u / 128)
#define IDEOGRAPH_SCRIPT (0x4E00u / 128)

/* Letters beyond the edges of a word. */
#define BEGINNING SPREAD('<')
#define END SPREAD('>')

/* Mixed bits of ASCII in lower case; a grave accent is an apostrophe. */
#define LOWER(c) ((c) >= 'A' && (c) <= 'Z' ? (c) + 0x20 : (c) == '`' ? '\'' : (c))
#define L1(c) SPREAD(LOWER(c))
#define L4(c) L1(c), L1((c) + 1), L1((c) + 2), L1((c) + 3)
#define L16(c) L4(c), L4((c) + 4), L4((c) + 8), L4((c) + 12)
static const uint32_t letters[128] = {L16(0), L16(16), L16(32), L16(48), L16(64), L16(80), L16(96), L16(112)};

/* Where hashes go. */
struct sink {
    uint32_t *at;
    uint32_t *end;
};

static inline uint32_t spread(uint32_t n)
{
    n *= 0x9E3779B1u;
    return (n ^ n >> 15) * 0x85EBCA77u;
}

static inline uint32_t turned(uint32_t bits, unsigned by)
{
    return bits << by | bits >> (32 - by);
}

/* ---- words, pairs, marks, scripts ---- */

static uint32_t number_hash(const struct ear_turn *turn, const struct ear_token *token)
{
    const uint8_t *bytes = (const uint8_t *)turn->text + token->start;
    uint32_t digits = 0;
    for (uint16_t i = 0; i < token->length && digits <= LONGEST; i++) {
        bool wide = bytes[i] == 0xEF && i + 1 < token->length && bytes[i + 1] == 0xBC;
        digits += (uint8_t)(bytes[i] - '0') < 10 || wide;
    }
    return spread(OF_NUMBER + digits);
}

/* The hash of what WORD calls a word; the token is no mark. */
static inline uint32_t word_hash(const struct ear_turn *turn, const struct ear_token *token)
{
    return EAR_TOKEN_KIND(*token) == EAR_TOKEN_NUMBER ? number_hash(turn, token) : token->hash;
}

static void add_words(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
{
    for (; cursor->token < turn->token_count && sink->at < sink->end; cursor->token++) {
        const struct ear_token *token = &turn->tokens[cursor->token];
        if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_MARK) {
            *sink->at++ = word_hash(turn, token);
        }
    }
    cursor->ended = cursor->token == turn->token_count;
}

static inline bool is_negator(uint32_t hash)
{
    uint32_t at = hash >> EAR_NEGATORS_SHIFT;
    while (ear_negators[at] != 0) {
        if (ear_negators[at] == (hash & 0xFFFFu)) {
            return true;
        }
        at = (at + 1) % EAR_COUNT_OF(ear_negators);
    }
    return false;
}

/* kept: how many more words are negated. */
static void add_negated(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
{
    uint32_t negated = cursor->kept;
    for (; cursor->token < turn->token_count && sink->at < sink->end; cursor->token++) {
        const struct ear_token *token = &turn->tokens[cursor->token];
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
            negated = 0;
            continue;
        }
        uint32_t hash = word_hash(turn, token);
        *sink->at++ = negated > 0 ? spread(hash ^ NEGATION) : hash;
        negated = is_negator(hash) ? NEGATED_WORDS : negated > 0 ? negated - 1 : 0;
    }
    cursor->kept = negated;
    cursor->ended = cursor->token == turn->token_count;
}

/* kept: the word before; 0: none yet. */
static void add_pairs(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
{
    uint32_t before = cursor->kept;
    for (; cursor->token < turn->token_count && sink->at < sink->end; cursor->token++) {
        const struct ear_token *token = &turn->tokens[cursor->token];
        if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_MARK) {
            uint32_t hash = word_hash(turn, token);
            *sink->at++ = before * 0x9E3779B1u + hash + PAIR_SALT;
            before = hash;
        }
    }
    if (cursor->token == turn->token_count && sink->at < sink->end) {
        if (before != 0) {
            *sink->at++ = before * 0x9E3779B1u + PAIR_END + PAIR_SALT;
        }
        cursor->ended = true;
    }
    cursor->kept = before;
}

static void add_marks(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
{
    for (; cursor->token < turn->token_count && sink->at < sink->end; cursor->token++) {
        const struct ear_token *token = &turn->tokens[cursor->token];
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
            *sink->at++ = spread(token->hash ^ MARK_SALT) + (token->length < LONGEST ? token->length : LONGEST);
        } else if ((token->kind & EAR_TOKEN_SHOUT) != 0) {
            *sink->at++ = SHOUTED;
        }
    }
    cursor->ended = cursor->token == turn->token_count;
}

static uint32_t script_of(const uint8_t *bytes, const struct ear_token *token)
{
    uint16_t at = 0;
    uint32_t c = ear_letter_decode(bytes, token->length, &at);
    if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_WORD) {
        return c / 128;
    }
    bool kana = (c >= 0x3040 && c <= 0x30FF) || (c >= 0x31F0 && c <= 0x31FF) || (c >= 0xFF66 && c <= 0xFF9F);
    return kana ? KANA_SCRIPT : IDEOGRAPH_SCRIPT;
}

static void add_scripts(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
{
    for (; cursor->token < turn->token_count && sink->at < sink->end; cursor->token++) {
        const struct ear_token *token = &turn->tokens[cursor->token];
        uint8_t kind = EAR_TOKEN_KIND(*token);
        if (kind == EAR_TOKEN_WORD || kind == EAR_TOKEN_IDEOGRAPH) {
            *sink->at++ = spread(OF_SCRIPT + script_of((const uint8_t *)turn->text + token->start, token));
        }
    }
    cursor->ended = cursor->token == turn->token_count;
}

/* ---- runs of letters ---- */

/* The mixed bits of the next letter, END after the last one. *at is behind it; beyond length after the end. */
static inline uint32_t next_letter(const uint8_t *bytes, uint16_t length, uint16_t *at)
{
    while (*at < length) {
        uint8_t byte = bytes[*at];
        if (byte < 0x80) {
            (*at)++;
            return letters[byte];
        }
        uint32_t c = ear_letter_decode(bytes, length, at);
        c = c != EAR_LETTER_NONE ? ear_letter_lower(c) : c;
        if (c != EAR_LETTER_NONE) {
            return spread(c);
        }
    }
    (*at)++;
    return END;
}

/* The runs of n letters of one word, beginning with number `from`. Returns how many fitted; *all: there are no more. */
static inline uint16_t add_runs(const uint8_t *bytes, uint16_t length, unsigned n, uint16_t from, struct sink *sink,
                                bool *all)
{
    uint32_t first = 0; /* of the last three letters */
    uint32_t second = n == 2 ? 0 : BEGINNING;
    uint32_t third = n == 2 ? BEGINNING : 0;
    uint16_t at = 0;
    uint16_t given = 0;
    *all = true;
    if (n == 4) {
        first = BEGINNING;
        second = next_letter(bytes, length, &at);
    }
    if (n >= 3) {
        third = next_letter(bytes, length, &at);
    }
    for (uint16_t number = 0; at <= length; number++) {
        uint32_t letter = next_letter(bytes, length, &at);
        if (number == 0 && n >= 3 && at > length) {
            break; /* n letters, edges counted: that is the word itself */
        }
        uint32_t hash = letter + turned(third, 9);
        hash += n >= 3 ? turned(second, 18) : 0;
        hash += n >= 4 ? turned(first, 27) : 0;
        first = second;
        second = third;
        third = letter;
        if (number < from) {
            continue;
        }
        if (sink->at == sink->end) {
            *all = false;
            break;
        }
        *sink->at++ = hash;
        given++;
    }
    return given;
}

/* place: runs of this word that were given already. */
static inline void add_grams(const struct ear_turn *turn, unsigned n, struct ear_feature_cursor *cursor,
                             struct sink *sink)
{
    for (; cursor->token < turn->token_count && sink->at < sink->end; cursor->token++) {
        const struct ear_token *token = &turn->tokens[cursor->token];
        bool all = true;
        if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_WORD) {
            continue;
        }
        uint16_t given =
            add_runs((const uint8_t *)turn->text + token->start, token->length, n, cursor->place, sink, &all);
        if (!all) {
            cursor->place = (uint16_t)(cursor->place + given);
            return;
        }
        cursor->place = 0;
    }
    cursor->ended = cursor->token == turn->token_count;
}

/* ---- runs of features ---- */

static void add_family(const struct ear_turn *turn, enum ear_family family, struct ear_feature_cursor *cursor,
                       struct sink *sink)
{
    switch (family) {
    case EAR_FAMILY_WORD:
        add_words(turn, cursor, sink);
        break;
    case EAR_FAMILY_NEGATED:
        add_negated(turn, cursor, sink);
        break;
    case EAR_FAMILY_PAIR:
        add_pairs(turn, cursor, sink);
        break;
    case EAR_FAMILY_MARK:
        add_marks(turn, cursor, sink);
        break;
    case EAR_FAMILY_GRAM2:
        add_grams(turn, 2, cursor, sink);
        break;
    case EAR_FAMILY_GRAM3:
        add_grams(turn, 3, cursor, sink);
        break;
    case EAR_FAMILY_GRAM4:
        add_grams(turn, 4, cursor, sink);
        break;
    default:
        add_scripts(turn, cursor, sink);
        break;
    }
}

void ear_features_begin(struct ear_features *features, const struct ear_turn *turn)
{
    features->turn = turn;
    features->used = 0;
    features->whole = 0;
}

bool ear_features_next(struct ear_features *features, enum ear_family family, struct ear_feature_cursor *cursor,
                       struct ear_feature_run *run)
{
    assert(features->turn != NULL && (unsigned)family < EAR_FAMILY_COUNT);
    if (cursor->ended) {
        return false;
    }
    if ((features->whole & EAR_FAMILY_BIT(family)) != 0) {
        run->items = features->items + features->at[family];
        run->count = features->counts[family];
        cursor->ended = true;
        return run->count > 0;
    }
    bool from_start = cursor->token == 0 && cursor->place == 0;
    uint32_t *free = features->items + features->used;
    struct sink sink = {free, features->items + EAR_FEATURES};
    add_family(features->turn, family, cursor, &sink);
    *run = (struct ear_feature_run){free, (uint16_t)(sink.at - free)};
    if (from_start && cursor->ended && features->used + run->count + PIECE_LEAST <= EAR_FEATURES) {
        features->whole |= (uint8_t)EAR_FAMILY_BIT(family);
        features->at[family] = features->used;
        features->counts[family] = run->count;
        features->used = (uint16_t)(features->used + run->count);
    }
    return run->count > 0;
}

uint32_t *ear_features_spare(struct ear_features *features, uint8_t families, uint32_t *words)
{
    for (uint32_t family = 0; family < EAR_FAMILY_COUNT; family++) {
        struct ear_feature_cursor cursor = {0};
        struct ear_feature_run run;
        if ((families & ~features->whole & EAR_FAMILY_BIT(family)) != 0) {
            (void)ear_features_next(features, (enum ear_family)family, &cursor, &run);
        }
    }
    *words = (families & ~features->whole) == 0 ? EAR_FEATURES - (uint32_t)features->used : 0;
    return features->items + features->used;
}
