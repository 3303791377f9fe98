/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_features.c - see ear_features.h.
 *
 * How it works. A family is generated into what is free of items; if all of it is there, it stays, and the next model
 * has it for nothing. Words bear the hashes of their tokens; a pair is one multiplication of two of these; runs of
 * letters are in ear_features_grams.c. All of it is arithmetic modulo 2^32 and the same everywhere. */
#include "core/model/ear_features.h"

#include <assert.h>

#include "core/model/ear_features_grams.h"
#include "core/model/ear_letter.h"
#include "core/model/ear_negators.h"

/* A family is kept only if so many items stay free for pieces of others. */
#define PIECE_LEAST 16u
static_assert(EAR_FEATURES >= 2 * PIECE_LEAST, "there is room for a piece");

#define GRAMS (EAR_FAMILY_BIT(EAR_FAMILY_GRAM2) | EAR_FAMILY_BIT(EAR_FAMILY_GRAM3) | EAR_FAMILY_BIT(EAR_FAMILY_GRAM4))
#define NEGATED_WORDS 4u
#define LONGEST 3u /* run of a mark, number of digits - 1 */

/* What is no character, for EAR_SPREAD. */
#define OF_SCRIPT 0x200000u
#define OF_NUMBER 0x400000u
#define SHOUTED EAR_SPREAD(0x600000u)
#define PAIR_SALT EAR_SPREAD(0x600001u)
#define PAIR_END EAR_SPREAD(0x600002u)
#define MARK_SALT EAR_SPREAD(0x600003u)
#define NEGATION EAR_SPREAD(0x600004u)

#define KANA_SCRIPT (0x3040u / 128)
#define IDEOGRAPH_SCRIPT (0x4E00u / 128)

/* Who writes down features of one token after the other. */
struct pen {
    const struct ear_token *token;
    const struct ear_token *last; /* behind it */
    uint32_t *out;
    uint32_t *end;
};

static inline struct pen take(const struct ear_turn *turn, const struct ear_feature_cursor *cursor,
                              const struct ear_feature_sink *sink)
{
    return (struct pen){turn->tokens + cursor->token, turn->tokens + turn->token_count, sink->at, sink->end};
}

static inline void put_back(const struct pen *pen, const struct ear_turn *turn, struct ear_feature_cursor *cursor,
                            struct ear_feature_sink *sink)
{
    sink->at = pen->out;
    cursor->token = (uint16_t)(pen->token - turn->tokens);
    cursor->ended = pen->token == pen->last;
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
    return ear_spread(OF_NUMBER + digits);
}

/* The hash of what WORD calls a word; the token is no mark. */
static inline uint32_t word_hash(const struct ear_turn *turn, const struct ear_token *token)
{
    return EAR_TOKEN_KIND(*token) == EAR_TOKEN_NUMBER ? number_hash(turn, token) : token->hash;
}

static void add_words(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink)
{
    struct pen pen = take(turn, cursor, sink);
    for (; pen.token < pen.last && pen.out < pen.end; pen.token++) {
        const struct ear_token *const token = pen.token;
        if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_MARK) {
            *pen.out++ = word_hash(turn, token);
        }
    }
    put_back(&pen, turn, cursor, sink);
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
static void add_negated(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink)
{
    struct pen pen = take(turn, cursor, sink);
    uint32_t negated = cursor->kept;
    for (; pen.token < pen.last && pen.out < pen.end; pen.token++) {
        const struct ear_token *const token = pen.token;
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
            negated = 0;
            continue;
        }
        uint32_t hash = word_hash(turn, token);
        *pen.out++ = negated > 0 ? ear_spread(hash ^ NEGATION) : hash;
        negated = is_negator(hash) ? NEGATED_WORDS : negated > 0 ? negated - 1 : 0;
    }
    cursor->kept = negated;
    put_back(&pen, turn, cursor, sink);
}

/* kept: the word before; 0: none yet. */
static void add_pairs(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink)
{
    struct pen pen = take(turn, cursor, sink);
    uint32_t before = cursor->kept;
    for (; pen.token < pen.last && pen.out < pen.end; pen.token++) {
        const struct ear_token *const token = pen.token;
        if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_MARK) {
            uint32_t hash = word_hash(turn, token);
            *pen.out++ = before * 0x9E3779B1u + hash + PAIR_SALT;
            before = hash;
        }
    }
    const bool ended = pen.token == pen.last && pen.out < pen.end;
    if (ended && before != 0) {
        *pen.out++ = before * 0x9E3779B1u + PAIR_END + PAIR_SALT;
    }
    cursor->kept = before;
    put_back(&pen, turn, cursor, sink);
    cursor->ended = ended;
}

static void add_marks(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink)
{
    struct pen pen = take(turn, cursor, sink);
    for (; pen.token < pen.last && pen.out < pen.end; pen.token++) {
        const struct ear_token *const token = pen.token;
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
            *pen.out++ = ear_spread(token->hash ^ MARK_SALT) + (token->length < LONGEST ? token->length : LONGEST);
        } else if ((token->kind & EAR_TOKEN_SHOUT) != 0) {
            *pen.out++ = SHOUTED;
        }
    }
    put_back(&pen, turn, cursor, sink);
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

static void add_scripts(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink)
{
    struct pen pen = take(turn, cursor, sink);
    for (; pen.token < pen.last && pen.out < pen.end; pen.token++) {
        const struct ear_token *const token = pen.token;
        uint8_t kind = EAR_TOKEN_KIND(*token);
        if (kind == EAR_TOKEN_WORD || kind == EAR_TOKEN_IDEOGRAPH) {
            const uint8_t *bytes = (const uint8_t *)turn->text + token->start;
            *pen.out++ = bytes[0] < 0x80 ? EAR_SPREAD(OF_SCRIPT) : ear_spread(OF_SCRIPT + script_of(bytes, token));
        }
    }
    put_back(&pen, turn, cursor, sink);
}

/* ---- runs of features ---- */

static void add_family(const struct ear_turn *turn, enum ear_family family, struct ear_feature_cursor *cursor,
                       struct ear_feature_sink *sink)
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
        ear_grams2_add(turn, cursor, sink);
        break;
    case EAR_FAMILY_GRAM3:
        ear_grams3_add(turn, cursor, sink);
        break;
    case EAR_FAMILY_GRAM4:
        ear_grams4_add(turn, cursor, sink);
        break;
    default:
        add_scripts(turn, cursor, sink);
        break;
    }
}

static void keep(struct ear_features *features, enum ear_family family, uint16_t count)
{
    features->whole |= (uint8_t)EAR_FAMILY_BIT(family);
    features->at[family] = features->used;
    features->counts[family] = count;
    features->used = (uint16_t)(features->used + count);
}

/* Runs of letters of all lengths at once, of a message of usual length: once its letters are in a row, these cost
 * little more than those of one length. */
static void add_all_grams(struct ear_features *features)
{
    uint16_t counts[3];
    const uint32_t free = EAR_FEATURES - (uint32_t)features->used;
    if ((features->whole & GRAMS) != 0 || free < EAR_FEATURES / 2 ||
        !ear_grams_add_all(features->turn, EAR_FEATURES / 6, features->items + features->used, counts)) {
        return;
    }
    keep(features, EAR_FAMILY_GRAM2, counts[0]);
    keep(features, EAR_FAMILY_GRAM3, counts[1]);
    keep(features, EAR_FAMILY_GRAM4, counts[2]);
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
    const bool from_start = cursor->token == 0 && cursor->place == 0;
    if (EAR_GRAMS_BY_ROWS && from_start && (GRAMS & EAR_FAMILY_BIT(family)) != 0) {
        add_all_grams(features);
    }
    if ((features->whole & EAR_FAMILY_BIT(family)) != 0) {
        run->items = features->items + features->at[family];
        run->count = features->counts[family];
        cursor->ended = true;
        return run->count > 0;
    }
    uint32_t *free = features->items + features->used;
    struct ear_feature_sink sink = {free, features->items + EAR_FEATURES};
    add_family(features->turn, family, cursor, &sink);
    *run = (struct ear_feature_run){free, (uint16_t)(sink.at - free)};
    if (from_start && cursor->ended && features->used + run->count + PIECE_LEAST <= EAR_FEATURES) {
        keep(features, family, run->count);
    }
    return run->count > 0;
}

uint32_t *ear_features_spare(struct ear_features *features, uint8_t families, uint32_t *words)
{
    const bool all = (families & ~features->whole) == 0;
    for (uint32_t family = 0; family < EAR_FAMILY_COUNT && !all; family++) {
        struct ear_feature_cursor cursor = {0};
        struct ear_feature_run run;
        if ((families & ~features->whole & EAR_FAMILY_BIT(family)) != 0) {
            (void)ear_features_next(features, (enum ear_family)family, &cursor, &run);
        }
    }
    *words = (families & ~features->whole) == 0 ? EAR_FEATURES - (uint32_t)features->used : 0;
    return features->items + features->used;
}
