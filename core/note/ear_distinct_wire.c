/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_distinct_wire.c - a distinct count as bytes. The first has the form in its upper half:
 *   0x10                 exact: how many ids (1 byte), then the upper 32 bits of each, highest byte first, ascending
 *   0x20 + p, registers  5 bits each
 *   0x30 + p, lowest     the lowest value of any register (1 byte), then each register less that as a Rice code: a
 *                        quarter of it as so many ones and a zero, the remainder in 2 bits (R. Rice 1979)
 * Bits begin with the highest of a byte; what is left of the last byte is 0. Of the two, the shorter is written: mostly
 * Rice, with some 3.5 bits a register. */
#include <assert.h>
#include <string.h>

#include "core/note/ear_bytes.h"
#include "core/note/ear_distinct_words.h"

enum form { EXACT = 1, PLAIN = 2, RICE = 3 };

/* --- bits --- */

struct bits_out {
    struct ear_bytes_out *out;
    uint32_t pending; /* the lowest `count` bits are not written yet */
    unsigned count;
};

static void put_bits(struct bits_out *bits, uint32_t value, unsigned count)
{
    bits->pending = bits->pending << count | value;
    bits->count += count;
    for (; bits->count >= 8; bits->count -= 8) {
        ear_bytes_put(bits->out, (uint8_t)(bits->pending >> (bits->count - 8)));
    }
}

struct bits_in {
    struct ear_bytes_in *in;
    uint32_t byte;
    unsigned left; /* of its bits */
};

static uint32_t take_bits(struct bits_in *bits, unsigned count)
{
    uint32_t value = 0;
    for (; count > 0; count--) {
        if (bits->left == 0) {
            bits->byte = ear_bytes_take(bits->in);
            bits->left = 8;
        }
        value = value << 1 | (bits->byte >> --bits->left & 1u);
    }
    return value;
}

/* --- encode --- */

static void put_ids(struct ear_bytes_out *out, const uint32_t *words, unsigned word_count)
{
    unsigned slot = 0;
    ear_bytes_put(out, EXACT << 4);
    ear_bytes_put(out, (uint8_t)ear_distinct_ids(words));
    for (unsigned left = ear_distinct_ids(words); left > 0; left--) {
        ear_bytes_put_u32(out, ear_distinct_next_prefix(words, word_count, &slot));
    }
}

static unsigned lowest_register(const uint32_t *words, unsigned p)
{
    unsigned lowest = EAR_DISTINCT_REGISTER_MAX(p);
    for (unsigned index = 0; index < 1u << p; index++) {
        const unsigned value = ear_distinct_register(words, index);
        lowest = value < lowest ? value : lowest;
    }
    return lowest;
}

static size_t rice_bytes(const uint32_t *words, unsigned p, unsigned lowest)
{
    size_t bits = 0;
    for (unsigned index = 0; index < 1u << p; index++) {
        bits += 3 + (ear_distinct_register(words, index) - lowest) / 4;
    }
    return 2 + (bits + 7) / 8;
}

static void put_registers(struct ear_bytes_out *out, const uint32_t *words, unsigned p)
{
    const unsigned lowest = lowest_register(words, p);
    const bool rice = rice_bytes(words, p, lowest) < 1 + (5u << p) / 8;
    struct bits_out bits = {.out = out};

    ear_bytes_put(out, (uint8_t)((unsigned)(rice ? RICE : PLAIN) << 4 | p));
    if (rice) {
        ear_bytes_put(out, (uint8_t)lowest);
    }
    for (unsigned index = 0; index < 1u << p; index++) {
        const unsigned value = ear_distinct_register(words, index) - (rice ? lowest : 0);
        if (rice) {
            put_bits(&bits, (1u << (value / 4 + 1)) - 2, value / 4 + 1);
        }
        put_bits(&bits, rice ? value % 4 : value, rice ? 2 : 5);
    }
    put_bits(&bits, 0, (8 - bits.count) % 8);
}

int32_t ear_distinct_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity)
{
    struct ear_bytes_out out = {.bytes = bytes, .capacity = capacity};
    const unsigned p = ear_distinct_p(words);

    assert(p == 0 || EAR_DISTINCT_WORDS(p) <= word_count);
    if (p == 0) {
        put_ids(&out, words, word_count);
    } else {
        put_registers(&out, words, p);
    }
    return ear_bytes_written(&out);
}

/* --- decode: each form is read twice, first to check all of it, then into the words --- */

static void take_ids(struct ear_bytes_in *in, uint32_t *words, unsigned word_count)
{
    const unsigned count = ear_bytes_take(in);
    uint32_t before = 0;

    for (unsigned i = 0; i < count && in->err == EAR_OK; i++) {
        const uint32_t prefix = ear_bytes_take_u32(in);
        if (prefix <= before) {
            ear_bytes_refuse(in, EAR_ERR_RANGE);
        }
        before = prefix;
        if (words != NULL) {
            (void)ear_distinct_add_prefix(words, word_count, prefix);
        }
    }
}

static unsigned take_rice(struct bits_in *bits, unsigned max)
{
    unsigned fours = 0;
    while (take_bits(bits, 1) != 0 && fours <= max / 4) {
        fours++;
    }
    return 4 * fours + take_bits(bits, 2);
}

static void take_registers(struct ear_bytes_in *in, enum form form, unsigned p, uint32_t *words)
{
    const unsigned max = EAR_DISTINCT_REGISTER_MAX(p);
    const unsigned lowest = form == RICE ? ear_bytes_take(in) : 0;
    unsigned least = max, most = 0;
    struct bits_in bits = {.in = in};

    if (lowest > max) {
        ear_bytes_refuse(in, EAR_ERR_RANGE);
    }
    for (unsigned index = 0; index < 1u << p && in->err == EAR_OK; index++) {
        const unsigned value = form == RICE ? lowest + take_rice(&bits, max - lowest) : take_bits(&bits, 5);
        if (value > max) {
            ear_bytes_refuse(in, EAR_ERR_RANGE);
        }
        least = value < least ? value : least;
        most = value > most ? value : most;
        if (words != NULL) {
            ear_distinct_raise_folded(words, p, index, value);
        }
    }
    if (take_bits(&bits, bits.left) != 0 || most == 0 || (form == RICE && least != lowest)) {
        ear_bytes_refuse(in, EAR_ERR_RANGE);
    }
}

/* Into words, unless that is NULL. */
static enum ear_err take(const uint8_t *bytes, size_t length, uint32_t *words, unsigned word_count)
{
    struct ear_bytes_in in = {.bytes = bytes, .length = length};
    const unsigned first = ear_bytes_take(&in);
    const unsigned p = first & 0xfu;

    if (first >> 4 == EXACT && p == 0) {
        take_ids(&in, words, word_count);
    } else if ((first >> 4 == PLAIN || first >> 4 == RICE) && p >= EAR_DISTINCT_P_MIN && p <= EAR_DISTINCT_P_MAX) {
        if (words != NULL) {
            ear_distinct_coarsen(words, word_count, p);
        }
        take_registers(&in, (enum form)(first >> 4), p, words);
    } else {
        ear_bytes_refuse(&in, EAR_ERR_SYNTAX);
    }
    return ear_bytes_done(&in);
}

enum ear_err ear_distinct_merge_bytes(uint32_t *words, unsigned word_count, const uint8_t *bytes, size_t length)
{
    assert(word_count >= EAR_DISTINCT_WORDS(EAR_DISTINCT_P_MIN) && word_count <= EAR_DISTINCT_WORDS_MAX);
    const enum ear_err err = take(bytes, length, NULL, 0);
    return err == EAR_OK ? take(bytes, length, words, word_count) : err;
}
