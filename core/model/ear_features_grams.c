/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_features_grams.c - see ear_features_grams.h.
 *
 * How it works. A letter is turned into 32 mixed bits, by a table if it is ASCII; a run of letters is the sum of its
 * letters' bits, each rotated by its place (Cohen: "Recursive hashing functions for n-grams", 1997: hashing by cyclic
 * polynomials), so that it costs no multiplication of its own. */
#include "core/model/ear_features_grams.h"

#include <assert.h>
#include <string.h>

#include "core/model/ear_letter.h"

/* One loop for each length of runs. */
#define GRAMS_INLINE static inline __attribute__((always_inline))

/* Letters beyond the edges of a word. */
#define BEGINNING EAR_SPREAD('<')
#define END EAR_SPREAD('>')

/* Mixed bits of ASCII in lower case; a grave accent is an apostrophe. */
#define LOWER(c) ((c) >= 'A' && (c) <= 'Z' ? (c) + 0x20 : (c) == '`' ? '\'' : (c))
#define L1(c) EAR_SPREAD(LOWER(c))
#define L4(c) L1(c), L1((c) + 1), L1((c) + 2), L1((c) + 3)
#define L16(c) L4(c), L4((c) + 4), L4((c) + 8), L4((c) + 12)
static const uint32_t letters[128] = {L16(0), L16(16), L16(32), L16(48), L16(64), L16(80), L16(96), L16(112)};

static inline uint32_t turned(uint32_t bits, unsigned by)
{
    return bits << by | bits >> (32 - by);
}

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
            return ear_spread(c);
        }
    }
    (*at)++;
    return END;
}

/* The runs of n letters of one word, beginning with number `from`. Returns how many fitted; *all: there are no more. */
static inline uint16_t add_runs(const uint8_t *bytes, uint16_t length, unsigned n, uint16_t from,
                                struct ear_feature_sink *sink, bool *all)
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
static inline bool add_ascii_runs(const uint8_t *bytes, uint16_t length, unsigned n, struct ear_feature_sink *sink)
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
GRAMS_INLINE uint32_t *add_to_row(uint32_t *const first, const uint8_t *bytes, uint32_t length, uint32_t readable)
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

/* Onto four sums, the bits of as many letters, turned. Not returned: that is an error where there are no such
 * registers. */
GRAMS_INLINE void add_turned(four *sums, const uint32_t *from, unsigned by)
{
    four bits;
    memcpy(&bits, from, sizeof(bits));
    *sums += bits << by | bits >> (32 - by);
}

GRAMS_INLINE void put_runs(uint32_t *out, const uint32_t *last, unsigned n)
{
    four runs;
    memcpy(&runs, last, sizeof(runs));
    add_turned(&runs, last - 1, 9);
    if (n >= 3) {
        add_turned(&runs, last - 2, 18);
    }
    if (n >= 4) {
        add_turned(&runs, last - 3, 27);
    }
    memcpy(out, &runs, sizeof(runs));
}

/* The runs of n letters of each word in the row. There is room for as many as the row has letters. */
GRAMS_INLINE void add_row(const struct row *row, unsigned n, struct ear_feature_sink *sink)
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
GRAMS_INLINE void add_grams_by_rows(const struct ear_turn *turn, unsigned n, struct ear_feature_cursor *cursor,
                                    struct ear_feature_sink *sink)
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
GRAMS_INLINE void add_grams(const struct ear_turn *turn, unsigned n, struct ear_feature_cursor *cursor,
                            struct ear_feature_sink *sink)
{
    if (EAR_GRAMS_BY_ROWS && cursor->place == 0) {
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

void ear_grams2_add(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink)
{
    add_grams(turn, 2, cursor, sink);
}

void ear_grams3_add(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink)
{
    add_grams(turn, 3, cursor, sink);
}

void ear_grams4_add(const struct ear_turn *turn, struct ear_feature_cursor *cursor, struct ear_feature_sink *sink)
{
    add_grams(turn, 4, cursor, sink);
}

bool ear_grams_add_all(const struct ear_turn *turn, uint32_t most, uint32_t *out, uint16_t *counts)
{
    struct row row;
    struct ear_feature_sink sink = {out, out + 3 * (size_t)most};
    if (turn->text_length > most || fill_row(&row, turn, 0, most) < turn->token_count) {
        return false;
    }
    add_row(&row, 2, &sink);
    counts[0] = (uint16_t)(sink.at - out);
    add_row(&row, 3, &sink);
    counts[1] = (uint16_t)(sink.at - out - counts[0]);
    add_row(&row, 4, &sink);
    counts[2] = (uint16_t)(sink.at - out - counts[0] - counts[1]);
    return true;
}
