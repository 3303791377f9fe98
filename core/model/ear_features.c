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
#include <string.h>

#include "core/model/ear_letter.h"
#include "core/model/ear_negators.h"

/* A family is kept only if so many items stay free for pieces of others. */
#define PIECE_LEAST 16u
static_assert(EAR_FEATURES >= 2 * PIECE_LEAST, "there is room for a piece");

/* One loop for each length of runs. */
#define FEATURES_INLINE static inline __attribute__((always_inline))

#define GRAMS (EAR_FAMILY_BIT(EAR_FAMILY_GRAM2) | EAR_FAMILY_BIT(EAR_FAMILY_GRAM3) | EAR_FAMILY_BIT(EAR_FAMILY_GRAM4))
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

/* Who writes down features of one token after the other. */
struct pen {
    const struct ear_token *token;
    const struct ear_token *last; /* behind it */
    uint32_t *out;
    uint32_t *end;
};

FEATURES_INLINE struct pen take(const struct ear_turn *turn, const struct ear_feature_cursor *cursor,
                                const struct sink *sink)
{
    return (struct pen){turn->tokens + cursor->token, turn->tokens + turn->token_count, sink->at, sink->end};
}

FEATURES_INLINE void put_back(const struct pen *pen, const struct ear_turn *turn, struct ear_feature_cursor *cursor,
                              struct sink *sink)
{
    sink->at = pen->out;
    cursor->token = (uint16_t)(pen->token - turn->tokens);
    cursor->ended = pen->token == pen->last;
}

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
static void add_negated(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
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
        *pen.out++ = negated > 0 ? spread(hash ^ NEGATION) : hash;
        negated = is_negator(hash) ? NEGATED_WORDS : negated > 0 ? negated - 1 : 0;
    }
    cursor->kept = negated;
    put_back(&pen, turn, cursor, sink);
}

/* kept: the word before; 0: none yet. */
static void add_pairs(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
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

static void add_marks(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
{
    struct pen pen = take(turn, cursor, sink);
    for (; pen.token < pen.last && pen.out < pen.end; pen.token++) {
        const struct ear_token *const token = pen.token;
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK) {
            *pen.out++ = spread(token->hash ^ MARK_SALT) + (token->length < LONGEST ? token->length : LONGEST);
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

static void add_scripts(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct sink *sink)
{
    struct pen pen = take(turn, cursor, sink);
    for (; pen.token < pen.last && pen.out < pen.end; pen.token++) {
        const struct ear_token *const token = pen.token;
        uint8_t kind = EAR_TOKEN_KIND(*token);
        if (kind == EAR_TOKEN_WORD || kind == EAR_TOKEN_IDEOGRAPH) {
            const uint8_t *bytes = (const uint8_t *)turn->text + token->start;
            *pen.out++ = bytes[0] < 0x80 ? SPREAD(OF_SCRIPT) : spread(OF_SCRIPT + script_of(bytes, token));
        }
    }
    put_back(&pen, turn, cursor, sink);
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

/* The same for a word that is all ASCII, with room for its runs. False, and nothing done, if it is another one. */
static inline bool add_ascii_runs(const uint8_t *bytes, uint16_t length, unsigned n, struct sink *sink)
{
    const uint8_t *const end = bytes + length;
    uint32_t *out = sink->at;
    uint32_t first = 0;
    uint32_t second = 0;
    uint32_t third = BEGINNING;
    uint8_t all = 0;
    if (length <= n - 2) {
        return (bytes[0] & 0x80) == 0; /* if that is a letter, there are too few of them */
    }
    for (const uint8_t *const before = bytes + (n - 2); bytes < before; bytes++) {
        all |= *bytes;
        first = second;
        second = third;
        third = letters[*bytes & 0x7Fu];
    }
    for (; bytes < end; bytes++) {
        const uint32_t letter = letters[*bytes & 0x7Fu];
        all |= *bytes;
        *out++ = letter + turned(third, 9) + (n >= 3 ? turned(second, 18) : 0) + (n >= 4 ? turned(first, 27) : 0);
        first = second;
        second = third;
        third = letter;
    }
    *out++ = END + turned(third, 9) + (n >= 3 ? turned(second, 18) : 0) + (n >= 4 ? turned(first, 27) : 0);
    if ((all & 0x80) != 0) {
        return false;
    }
    sink->at = out;
    return true;
}

/* Machines of 64 bits write a message's letters down in a row, for each word the number of its letters with both edges
 * and then these, and make runs of it in blocks: what is too much of a block is overwritten by what comes next. */
#define ROW_WORDS 320u
#define ROW_BLOCK 8u
struct row {
    uint32_t letters[ROW_WORDS];
    uint32_t count;
};
static_assert(1 + 2 + UINT8_MAX + 2 * ROW_BLOCK <= ROW_WORDS, "the longest word fits");

static inline uint64_t load_block(const uint8_t *bytes)
{
    uint64_t block;
    memcpy(&block, bytes, sizeof(block));
    return block;
}

/* The rest of a word that is not ASCII, or is at the text's end: behind it. */
static __attribute__((noinline)) uint32_t *add_rest_to_row(uint32_t *out, const uint8_t *bytes, uint16_t length,
                                                           uint16_t at)
{
    while (at < length) {
        const uint32_t letter = next_letter(bytes, length, &at);
        *out = letter;
        out += at <= length; /* else there was none */
    }
    return out;
}

static inline void put_four(uint32_t *out, const uint8_t *bytes)
{
    out[0] = letters[bytes[0]];
    out[1] = letters[bytes[1]];
    out[2] = letters[bytes[2]];
    out[3] = letters[bytes[3]];
}

/* A word, behind what is there already; readable: bytes from its first one on. The end of it. */
FEATURES_INLINE uint32_t *add_to_row(uint32_t *const first, const uint8_t *bytes, uint32_t length, uint32_t readable)
{
    uint32_t *out = first + 2;
    uint32_t at = 0;
    first[1] = BEGINNING;
    for (; at < length; at += ROW_BLOCK) {
        if (at + ROW_BLOCK > readable || (load_block(bytes + at) & UINT64_C(0x8080808080808080)) != 0) {
            out = add_rest_to_row(out + at, bytes, (uint16_t)length, (uint16_t)at);
            length = (uint32_t)(out - first) - 2;
            break;
        }
        put_four(out + at, bytes + at);
        put_four(out + at + 4, bytes + at + 4);
    }
    first[2 + length] = END;
    first[0] = length + 2;
    return first + 3 + length;
}

/* Whole words from a token on, as many as there surely is room for: the token behind them. */
static uint16_t fill_row(struct row *row, const struct ear_turn *turn, uint16_t from, size_t room)
{
    const struct ear_token *token = turn->tokens + from;
    const struct ear_token *const end = turn->tokens + turn->token_count;
    const uint8_t *const text = (const uint8_t *)turn->text;
    const uint32_t most = (uint32_t)(room < ROW_WORDS - ROW_BLOCK ? room : ROW_WORDS - ROW_BLOCK);
    const uint32_t *const last = row->letters + most; /* behind what is overwritten */
    uint32_t *out = row->letters;
    for (; token < end; token++) {
        if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_WORD) {
            continue;
        }
        if (last - out < (ptrdiff_t)(3u + token->length + ROW_BLOCK)) {
            break;
        }
        out = add_to_row(out, text + token->start, token->length, (uint32_t)turn->text_length - token->start);
    }
    row->count = (uint32_t)(out - row->letters);
    return (uint16_t)(token - turn->tokens);
}

/* Four numbers; compilers know what to do with them on every machine. */
typedef uint32_t four __attribute__((vector_size(16)));

static inline four load_four(const uint32_t *from)
{
    four to;
    memcpy(&to, from, sizeof(to));
    return to;
}

FEATURES_INLINE four turned_four(const uint32_t *from, unsigned by)
{
    const four bits = load_four(from);
    return bits << by | bits >> (32 - by);
}

FEATURES_INLINE void put_runs(uint32_t *out, const uint32_t *last, unsigned n)
{
    four runs = load_four(last) + turned_four(last - 1, 9);
    runs += n >= 3 ? turned_four(last - 2, 18) : runs - runs;
    runs += n >= 4 ? turned_four(last - 3, 27) : runs - runs;
    memcpy(out, &runs, sizeof(runs));
}

/* The runs of n letters of each word in the row. There is room for as many as the row has letters. */
FEATURES_INLINE void add_row(const struct row *row, unsigned n, struct sink *sink)
{
    const uint32_t *const end = row->letters + row->count;
    uint32_t *out = sink->at;
    for (const uint32_t *word = row->letters; word < end; word += 1 + word[0]) {
        const uint32_t length = word[0];
        const uint32_t runs = n == 2 ? length - 1 : length > n ? length - n + 1 : 0;
        for (uint32_t i = 0; i < runs; i += ROW_BLOCK) {
            put_runs(out + i, word + n + i, n);
            put_runs(out + i + 4, word + n + i + 4, n);
        }
        out += runs;
    }
    sink->at = out;
}

/* As many whole words as there surely is room for. */
FEATURES_INLINE void add_grams_by_rows(const struct ear_turn *turn, unsigned n, struct ear_feature_cursor *cursor,
                                       struct sink *sink)
{
    struct row row;
    uint16_t before;
    do {
        before = cursor->token;
        cursor->token = fill_row(&row, turn, before, (size_t)(sink->end - sink->at));
        add_row(&row, n, sink);
    } while (cursor->token != before);
}

/* place: runs of this word that were given already. */
FEATURES_INLINE void add_grams(const struct ear_turn *turn, unsigned n, struct ear_feature_cursor *cursor,
                               struct sink *sink)
{
    if (sizeof(uintptr_t) > 4 && cursor->place == 0) {
        add_grams_by_rows(turn, n, cursor, sink);
    }
    for (; cursor->token < turn->token_count && sink->at < sink->end; cursor->token++) {
        const struct ear_token *token = &turn->tokens[cursor->token];
        const uint8_t *bytes = (const uint8_t *)turn->text + token->start;
        bool all = true;
        if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_WORD) {
            continue;
        }
        if (cursor->place == 0 && sink->end - sink->at > token->length &&
            add_ascii_runs(bytes, token->length, n, sink)) {
            continue;
        }
        uint16_t given = add_runs(bytes, token->length, n, cursor->place, sink, &all);
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
    struct row row;
    struct sink sink = {features->items + features->used, features->items + EAR_FEATURES};
    if ((features->whole & GRAMS) != 0 || features->turn->text_length > EAR_FEATURES / 6 ||
        features->used > EAR_FEATURES / 2 ||
        fill_row(&row, features->turn, 0, EAR_FEATURES / 6) < features->turn->token_count) {
        return;
    }
    add_row(&row, 2, &sink);
    keep(features, EAR_FAMILY_GRAM2, (uint16_t)(sink.at - features->items - features->used));
    add_row(&row, 3, &sink);
    keep(features, EAR_FAMILY_GRAM3, (uint16_t)(sink.at - features->items - features->used));
    add_row(&row, 4, &sink);
    keep(features, EAR_FAMILY_GRAM4, (uint16_t)(sink.at - features->items - features->used));
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
    if (sizeof(uintptr_t) > 4 && from_start && (GRAMS & EAR_FAMILY_BIT(family)) != 0) {
        add_all_grams(features);
    }
    if ((features->whole & EAR_FAMILY_BIT(family)) != 0) {
        run->items = features->items + features->at[family];
        run->count = features->counts[family];
        cursor->ended = true;
        return run->count > 0;
    }
    uint32_t *free = features->items + features->used;
    struct sink sink = {free, features->items + EAR_FEATURES};
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
