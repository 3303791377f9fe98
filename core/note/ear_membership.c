/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_membership.c - words[0]: rotations; words[1]: bits set in the younger filter, and which of the two that
 * is in bit 31; then the filters, each a half of the rest. A bit of an id is chosen by the upper half of its hash,
 * which is multiplied on for the next: 8 bits, as half of the bits are set when a filter is full. */
#include "core/note/ear_membership.h"

#include <assert.h>
#include <string.h>

#include "core/note/ear_bytes.h"

#define PROBES 8u
#define SECOND_IS_YOUNGER (UINT32_C(1) << 31)
#define FORM 0x10u /* of the bytes: words of a filter, rotations, the words of the younger and of the elder */

static inline unsigned filter_words(unsigned word_count)
{
    assert(word_count >= EAR_MEMBERSHIP_WORDS_MIN && word_count <= EAR_MEMBERSHIP_WORDS_MAX);
    return (word_count - 2) / 2;
}

/* Where the younger filter, or the elder, begins. */
static inline unsigned filter_at(const uint32_t *words, unsigned word_count, bool elder)
{
    const bool second = ((words[1] & SECOND_IS_YOUNGER) != 0) != elder;
    return 2 + (second ? filter_words(word_count) : 0);
}

static inline uint32_t ones_of_younger(const uint32_t *words)
{
    return words[1] & ~SECOND_IS_YOUNGER;
}

/* The multiplier of a congruential generator (G. Steele, S. Vigna 2021). */
static inline uint64_t next_probe(uint64_t hash)
{
    return hash * UINT64_C(0xd1342543de82ef95) + 1;
}

static inline uint32_t bit_of(uint64_t hash, uint32_t bits)
{
    return (uint32_t)((hash >> 32) * bits >> 32);
}

static bool filter_has(const uint32_t *filter, uint32_t bits, uint64_t hash)
{
    uint32_t all = 1;
    for (unsigned i = 0; i < PROBES; i++, hash = next_probe(hash)) {
        const uint32_t bit = bit_of(hash, bits);
        all &= filter[bit / 32] >> bit % 32;
    }
    return all != 0;
}

/* The bits that were not set before. */
static uint32_t filter_set(uint32_t *filter, uint32_t bits, uint64_t hash)
{
    uint32_t fresh = 0;
    for (unsigned i = 0; i < PROBES; i++, hash = next_probe(hash)) {
        const uint32_t bit = bit_of(hash, bits);
        fresh += ~(filter[bit / 32] >> bit % 32) & 1u;
        filter[bit / 32] |= UINT32_C(1) << bit % 32;
    }
    return fresh;
}

static void rotate(uint32_t *words, unsigned word_count)
{
    memset(&words[filter_at(words, word_count, true)], 0, filter_words(word_count) * sizeof(*words));
    words[1] = ~words[1] & SECOND_IS_YOUNGER;
    words[0] += words[0] < UINT32_MAX ? 1u : 0u;
}

bool ear_membership_add(uint32_t *words, unsigned word_count, uint64_t hash)
{
    const uint32_t bits = 32 * filter_words(word_count);

    if (filter_has(&words[filter_at(words, word_count, false)], bits, hash)) {
        return true;
    }
    const bool seen = filter_has(&words[filter_at(words, word_count, true)], bits, hash);
    if (ones_of_younger(words) + PROBES > bits / 2) {
        rotate(words, word_count);
    }
    words[1] += filter_set(&words[filter_at(words, word_count, false)], bits, hash);
    return seen;
}

bool ear_membership_has(const uint32_t *words, unsigned word_count, uint64_t hash)
{
    const uint32_t bits = 32 * filter_words(word_count);
    return filter_has(&words[filter_at(words, word_count, false)], bits, hash) ||
           filter_has(&words[filter_at(words, word_count, true)], bits, hash);
}

bool ear_membership_is_empty(const uint32_t *words)
{
    return words[0] == 0 && words[1] == 0;
}

uint32_t ear_membership_rotations(const uint32_t *words)
{
    return words[0];
}

static inline uint32_t ones_of(uint32_t word)
{
    return (uint32_t)__builtin_popcount(word);
}

uint32_t ear_membership_error_ppm(const uint32_t *words, unsigned word_count)
{
    const unsigned size = filter_words(word_count);
    uint64_t error = 0; /* with 32 bits of fraction */
    assert(size > 0);

    for (unsigned elder = 0; elder < 2; elder++) {
        const uint32_t *filter = &words[filter_at(words, word_count, elder != 0)];
        uint64_t ones = 0;
        for (unsigned i = 0; i < size; i++) {
            ones += ones_of(filter[i]);
        }
        uint64_t power = (ones << 32) / (32u * size); /* at most a half */
        for (unsigned exponent = 1; exponent < PROBES; exponent *= 2) {
            power = power * power >> 32;
        }
        error += power;
    }
    return (uint32_t)((error * 1000000 + UINT32_MAX) >> 32);
}

/* --- another's words, of a sketch or of bytes, in the order younger, elder --- */

struct source {
    const uint32_t *words; /* NULL: from bytes */
    struct ear_bytes_in *in;
    uint32_t run; /* words of this run that are left; runs of zeros and of others take turns */
    bool zeros;
};

static uint32_t next_word(struct source *source, unsigned word_count, unsigned at)
{
    const unsigned size = filter_words(word_count);
    if (source->words != NULL) {
        return source->words[filter_at(source->words, word_count, at >= size) + at % size];
    }
    while (source->run == 0 && source->in->err == EAR_OK) {
        source->zeros = !source->zeros;
        source->run = (uint32_t)ear_bytes_take_number(source->in, 2 * size - at);
        if (source->run == 0 && (at > 0 || !source->zeros)) {
            ear_bytes_refuse(source->in, EAR_ERR_SYNTAX); /* only the first run, of zeros, may be of none */
        }
    }
    source->run--;
    if (source->zeros) {
        return 0;
    }
    const uint32_t word = ear_bytes_take_u32(source->in);
    if (word == 0) {
        ear_bytes_refuse(source->in, EAR_ERR_SYNTAX);
    }
    return word;
}

/* Unite with a source; if `check`, only see whether that can be done. */
static enum ear_err unite(uint32_t *words, unsigned word_count, struct source source, bool check)
{
    const unsigned size = filter_words(word_count);
    uint32_t ones[2] = {0, 0}; /* of the union; of the source where that is checked */
    uint32_t others[2] = {0, 0};
    assert(size > 0);

    for (unsigned at = 0; at < 2 * size; at++) {
        const bool elder = at >= size;
        uint32_t *word = &words[filter_at(words, word_count, elder) + at % size];
        const uint32_t other = next_word(&source, word_count, at);
        if (source.in != NULL && source.in->err != EAR_OK) {
            return source.in->err;
        }
        ones[elder] += ones_of(*word | other);
        others[elder] += ones_of(other);
        *word |= check ? 0 : other;
    }
    if (others[0] > 16 * size || others[1] > 16 * size) {
        return EAR_ERR_RANGE;
    }
    if (ones[0] > 16 * size || ones[1] > 16 * size) {
        return EAR_ERR_FULL;
    }
    if (!check) {
        words[1] = (words[1] & SECOND_IS_YOUNGER) | ones[0];
    }
    return EAR_OK;
}

static void add_rotations(uint32_t *words, uint32_t rotations)
{
    words[0] = rotations < UINT32_MAX - words[0] ? words[0] + rotations : UINT32_MAX;
}

enum ear_err ear_membership_merge(uint32_t *words, unsigned word_count, const uint32_t *other, unsigned other_count)
{
    const struct source source = {.words = other};

    if (filter_words(word_count) != filter_words(other_count)) {
        return EAR_ERR_RANGE;
    }
    const enum ear_err err = unite(words, word_count, source, true);
    if (err == EAR_OK) {
        (void)unite(words, word_count, source, false);
        add_rotations(words, other[0]);
    }
    return err;
}

int32_t ear_membership_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity)
{
    struct ear_bytes_out out = {.bytes = bytes, .capacity = capacity};
    struct source source = {.words = words};
    const unsigned size = filter_words(word_count);
    unsigned at = 0;

    ear_bytes_put(&out, FORM);
    ear_bytes_put_number(&out, size);
    ear_bytes_put_number(&out, words[0]);
    for (bool zeros = true; at < 2 * size; zeros = !zeros) {
        unsigned end = at;
        while (end < 2 * size && (next_word(&source, word_count, end) == 0) == zeros) {
            end++;
        }
        ear_bytes_put_number(&out, end - at);
        for (; at < end; at++) {
            if (!zeros) {
                ear_bytes_put_u32(&out, next_word(&source, word_count, at));
            }
        }
    }
    return ear_bytes_written(&out);
}

static enum ear_err take(uint32_t *words, unsigned word_count, const uint8_t *bytes, size_t length, bool check)
{
    struct ear_bytes_in in = {.bytes = bytes, .length = length};

    if (ear_bytes_take(&in) != FORM) {
        ear_bytes_refuse(&in, EAR_ERR_SYNTAX);
    }
    if (ear_bytes_take_number(&in, EAR_MEMBERSHIP_WORDS_MAX) != filter_words(word_count)) {
        ear_bytes_refuse(&in, EAR_ERR_RANGE);
    }
    const uint32_t rotations = (uint32_t)ear_bytes_take_number(&in, UINT32_MAX);
    enum ear_err err = unite(words, word_count, (struct source){.in = &in}, check);
    if (err == EAR_OK) {
        err = ear_bytes_done(&in);
    }
    if (err == EAR_OK && !check) {
        add_rotations(words, rotations);
    }
    return err;
}

enum ear_err ear_membership_merge_bytes(uint32_t *words, unsigned word_count, const uint8_t *bytes, size_t length)
{
    const enum ear_err err = take(words, word_count, bytes, length, true);
    return err == EAR_OK ? take(words, word_count, bytes, length, false) : err;
}
