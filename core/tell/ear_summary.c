/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary.c - one cell as deterministic CBOR. Pure. The way back: ear_summary_decode.c. */
#include "core/tell/ear_summary.h"

#include <assert.h>
#include <cbor.h>

#include "core/tell/ear_summary_keys.h"

/* The greatest summary of this configuration: nine bytes for an integer of 64 bits, five for one of 32, three of 16. */
#define MOST_COUNT(size) 5
#define MOST_GROUP(size) (3 + 5 * (size))
#define MOST_TABLE(size) (3 + 10 * (size) + 11)
#define MOST_SERIES(size) (3 + 3 * (size))
#define MOST_HEAD (1 + 2 + 2 + 10 + 6 + 10 + 6 + 6 + 2 + (2 + EAR_SLICE_PARTS * (2 + EAR_LABEL_BYTES)) + (1 + 3))
enum {
    MOST_BYTES = MOST_HEAD
#define EAR_NUMBER(key, ident, name, SHAPE, size, ATTRIBUTION, members, says) +2 + MOST_##SHAPE(size)
#include "core/note/ear_catalogue.def"
};
static_assert(MOST_BYTES <= EAR_SUMMARY_BYTES, "SUMMARY_BYTES cannot hold the greatest summary of this configuration");

static const uint32_t usual_lengths_s[EAR_RESOLUTIONS] = {[EAR_MINUTE] = 60, [EAR_HOUR] = 3600, [EAR_DAY] = 86400};

uint32_t ear_summary_usual_length_s(unsigned resolution)
{
    return resolution < EAR_RESOLUTIONS ? usual_lengths_s[resolution] : 0;
}

struct ear_summary_head ear_summary_head_of(const struct ear_cell *cell, const struct ear_slices *slices, uint8_t clock)
{
    return (struct ear_summary_head){
        .start_s = cell->start_ms / 1000,
        .revision = (uint64_t)cell->encoded_boot << 24 | cell->encoded,
        .length_s = (uint32_t)((cell->end_ms - cell->start_ms) / 1000),
        .boot = cell->encoded_boot,
        .seq = cell->seq,
        .resolution = cell->resolution,
        .clock = clock,
        .other = cell->slice == EAR_SLICE_OTHER,
        .slice = ear_slice_key(slices, cell->slice),
    };
}

/* The encoder counts what finds no room and goes on: one look at the end is enough. */
static void latched(CborError error)
{
    assert(error == CborNoError || error == CborErrorOutOfMemory);
    (void)error;
}

static void encode_uint(CborEncoder *to, uint64_t value)
{
    latched(cbor_encode_uint(to, value));
}

static void encode_pair(CborEncoder *to, uint64_t key, uint64_t value)
{
    encode_uint(to, key);
    encode_uint(to, value);
}

/* One of the `size` plain values of a COUNT, GROUP or SERIES. */
static uint32_t value_at(const struct ear_number *number, const uint32_t *words, unsigned index)
{
    if (number->shape == EAR_SHAPE_SERIES) {
        return words[number->at + index / 2] >> (index & 1u) * 16u & UINT16_MAX;
    }
    return words[number->at + index];
}

/* How many values are sent: zeros at the end are not. Of a table: the labels in use and `other`. 0: nothing to say. */
static unsigned length_of(const struct ear_number *number, const uint32_t *words)
{
    unsigned length = 0;
    if (number->shape == EAR_SHAPE_TABLE) {
        for (unsigned i = 0; i < number->size; i++) {
            length += words[number->at + 2 * i + 1] > 0 ? 1 : 0;
        }
        return length + (words[number->at + 2u * number->size] > 0 ? 1 : 0);
    }
    for (length = number->size; length > 0 && value_at(number, words, length - 1) == 0;) {
        length--;
    }
    return length;
}

/* The label in use that comes next after `after`, in ascending order; its slot, or NULL. */
static const uint32_t *next_label(const struct ear_number *number, const uint32_t *words, uint32_t after)
{
    const uint32_t *next = NULL;
    for (unsigned i = 0; i < number->size; i++) {
        const uint32_t *slot = &words[number->at + 2 * i];
        if (slot[1] > 0 && slot[0] > after && (next == NULL || slot[0] < next[0])) {
            next = slot;
        }
    }
    return next;
}

/* Labels of few bytes are smaller numbers than labels of many, so ascending numbers are the order of RFC 8949 4.2.1. */
static void encode_table(CborEncoder *to, const struct ear_number *number, const uint32_t *words, unsigned length)
{
    CborEncoder map;
    latched(cbor_encoder_create_map(to, &map, length));
    uint32_t other = words[number->at + 2u * number->size];
    const uint32_t *slot = next_label(number, words, 0);
    for (; slot != NULL; slot = next_label(number, words, slot[0])) {
        char text[4];
        unsigned bytes = 0;
        for (unsigned shift = 32; shift > 0; shift -= 8) {
            char c = (char)(slot[0] >> (shift - 8) & 0xffu);
            if (bytes > 0 || c != '\0') {
                text[bytes++] = c;
            }
        }
        latched(cbor_encode_text_string(&map, text, bytes));
        encode_uint(&map, slot[1]);
    }
    if (other > 0) {
        latched(cbor_encode_text_string(&map, EAR_SUMMARY_OTHER, sizeof EAR_SUMMARY_OTHER - 1));
        encode_uint(&map, other);
    }
    latched(cbor_encoder_close_container(to, &map));
}

static void encode_number(CborEncoder *to, const struct ear_number *number, const uint32_t *words, unsigned length)
{
    encode_uint(to, number->key);
    if (number->shape == EAR_SHAPE_COUNT) {
        encode_uint(to, words[number->at]);
    } else if (number->shape == EAR_SHAPE_TABLE) {
        encode_table(to, number, words, length);
    } else {
        CborEncoder list;
        latched(cbor_encoder_create_array(to, &list, length));
        for (unsigned i = 0; i < length; i++) {
            encode_uint(&list, value_at(number, words, i));
        }
        latched(cbor_encoder_close_container(to, &list));
    }
}

/* The number whose key comes next; the catalogue is not in the order of its keys. */
static const struct ear_number *next_number(int key)
{
    const struct ear_number *next = NULL;
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        if (number->key > key && (next == NULL || number->key < next->key)) {
            next = number;
        }
    }
    return next;
}

static void encode_numbers(CborEncoder *to, const uint32_t *words, bool has_series)
{
    const struct ear_number *told[EAR_NUMBERS];
    unsigned count = 0;
    for (const struct ear_number *n = next_number(-1); n != NULL; n = next_number(n->key)) {
        if ((has_series || n->shape != EAR_SHAPE_SERIES) && length_of(n, words) > 0) {
            told[count++] = n;
        }
    }
    CborEncoder map;
    latched(cbor_encoder_create_map(to, &map, count));
    for (unsigned i = 0; i < count; i++) {
        encode_number(&map, told[i], words, length_of(told[i], words));
    }
    latched(cbor_encoder_close_container(to, &map));
}

static void encode_slice(CborEncoder *to, const struct ear_summary_head *head)
{
    if (head->other) {
        latched(cbor_encode_null(to));
        return;
    }
    CborEncoder list;
    latched(cbor_encoder_create_array(to, &list, EAR_SLICE_PARTS));
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        struct ear_str part = head->slice.parts[p];
        latched(cbor_encode_text_string(&list, part.length > 0 ? part.bytes : "", part.length));
    }
    latched(cbor_encoder_close_container(to, &list));
}

int32_t ear_summary_encode(const struct ear_summary_head *head, const uint32_t *words, uint8_t *out, size_t capacity)
{
    CborEncoder top, map;
    bool usual = head->length_s == ear_summary_usual_length_s(head->resolution);
    cbor_encoder_init(&top, out, capacity, 0);
    latched(cbor_encoder_create_map(&top, &map, usual ? EAR_SUMMARY_KEYS - 1 : EAR_SUMMARY_KEYS));
    encode_pair(&map, EAR_SUMMARY_KEY_VERSION, EAR_SUMMARY_VERSION);
    encode_pair(&map, EAR_SUMMARY_KEY_RESOLUTION, head->resolution);
    encode_pair(&map, EAR_SUMMARY_KEY_START, (uint64_t)head->start_s);
    if (!usual) {
        encode_pair(&map, EAR_SUMMARY_KEY_LENGTH, head->length_s);
    }
    encode_pair(&map, EAR_SUMMARY_KEY_REVISION, head->revision);
    encode_pair(&map, EAR_SUMMARY_KEY_BOOT, head->boot);
    encode_pair(&map, EAR_SUMMARY_KEY_SEQ, head->seq);
    encode_pair(&map, EAR_SUMMARY_KEY_CLOCK, head->clock);
    encode_uint(&map, EAR_SUMMARY_KEY_SLICE);
    encode_slice(&map, head);
    encode_uint(&map, EAR_SUMMARY_KEY_NUMBERS);
    encode_numbers(&map, words, head->resolution == EAR_HOUR);
    latched(cbor_encoder_close_container(&top, &map));
    if (cbor_encoder_get_extra_bytes_needed(&top) > 0) {
        return EAR_ERR_FULL;
    }
    return (int32_t)cbor_encoder_get_buffer_size(&top, out);
}
