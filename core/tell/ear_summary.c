/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary.c - one cell as deterministic CBOR. Pure. The way back: ear_summary_decode.c. */
#include "core/tell/ear_summary.h"

#include <assert.h>
#include <cbor.h>
#include <string.h>

#include "core/tell/ear_summary_keys.h"
#include "core/tell/ear_summary_numbers.h"

/* The greatest summary of this configuration: nine bytes for an integer of 63 bits, five for one of 32, three of 16. */
#define MOST_LABEL (2 + EAR_LABEL_BYTES)
#define MOST_COLUMNS(columns, wide) (1 + 5 * ((columns) - (wide)) + 9 * (wide))
#define MOST_ROWS(size, text, other, columns, wide) \
    (3 + (size) * ((text) + MOST_COLUMNS(columns, wide)) + (other) + MOST_COLUMNS(columns, wide))
#define MOST_COUNT(size, columns, wide) 5
#define MOST_GROUP(size, columns, wide) (3 + 5 * (size))
#define MOST_TABLE(size, columns, wide) MOST_ROWS(size, 5, 6, columns, wide)
#define MOST_SERIES(size, columns, wide) (3 + 3 * (size))
#define MOST_LABELS(size, columns, wide) MOST_ROWS(size, MOST_LABEL, 1, columns, wide)
#define MOST_MONEY(size, columns, wide) MOST_ROWS(size, 5, 6, columns, wide)
#define MOST_STEPS(size, columns, wide) MOST_ROWS(size, MOST_LABEL, 1, columns, wide)
#define MOST_HEAVY(size, columns, wide) (1 + 5 + 5 + 3 + (size) * (MOST_LABEL + MOST_COLUMNS(columns, wide)))
#define MOST_DISTINCT(size, columns, wide) (3 + EAR_DISTINCT_BYTES(size))
#define MOST_DISTRIBUTION(size, columns, wide) (3 + EAR_SUMMARY_DISTRIBUTION_BYTES)
#define MOST_WIDE(size, columns, wide) 9
#define MOST_SLICE (2 + EAR_SLICE_PARTS * MOST_LABEL)
#define MOST_HEAD (1 + 2 + 2 + 10 + 6 + 10 + 6 + 6 + 2 + MOST_SLICE + (2 + 5 * EAR_LEDGER_PARTS) + 6 + (1 + 3))
enum {
    MOST_BYTES = MOST_HEAD
#define EAR_NUMBER(key, ident, name, SHAPE, size, columns, wide, ATTRIBUTION, members, says) \
    +(int)(2 + MOST_##SHAPE(size, columns, wide))
#include "core/note/ear_catalogue.def"
};
static_assert(MOST_BYTES <= EAR_SUMMARY_BYTES, "SUMMARY_BYTES cannot hold the greatest summary of this configuration");

static const uint32_t usual_lengths_s[EAR_RESOLUTIONS] = {[EAR_MINUTE] = 60, [EAR_HOUR] = 3600, [EAR_DAY] = 86400};

uint32_t ear_summary_usual_length_s(unsigned resolution)
{
    return resolution < EAR_RESOLUTIONS ? usual_lengths_s[resolution] : 0;
}

int ear_summary_text_order(struct ear_str a, struct ear_str b)
{
    return a.length != b.length ? (int)a.length - (int)b.length : memcmp(a.bytes, b.bytes, a.length);
}

struct ear_summary_head ear_summary_head_of(const struct ear_cell *cell, const struct ear_slices *slices, uint8_t clock)
{
    return (struct ear_summary_head){
        .start_s = cell->start_ms / 1000,
        .revision = (uint64_t)cell->encoded_boot << 24 | cell->encoded,
        .length_s = (uint32_t)((cell->end_ms - cell->start_ms) / 1000),
        .boot = cell->encoded_boot,
        .life = 1,
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

static void encode_ledger(CborEncoder *to, const struct ear_summary_head *head)
{
    CborEncoder list;
    latched(cbor_encoder_create_array(to, &list, EAR_LEDGER_PARTS));
    for (unsigned i = 0; i < EAR_LEDGER_PARTS; i++) {
        encode_uint(&list, head->ledger[i]);
    }
    latched(cbor_encoder_close_container(to, &list));
}

int32_t ear_summary_encode(const struct ear_summary_head *head, const uint32_t *words, const struct ear_labels *labels,
                           uint8_t *out, size_t capacity)
{
    CborEncoder top, map;
    bool first = head->life <= 1;
    bool usual = head->length_s == ear_summary_usual_length_s(head->resolution);
    cbor_encoder_init(&top, out, capacity, 0);
    latched(cbor_encoder_create_map(&top, &map, EAR_SUMMARY_KEYS - (usual ? 1u : 0u) - (first ? 1u : 0u)));
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
    ear_summary_encode_numbers(&map, head->resolution, words, labels);
    encode_uint(&map, EAR_SUMMARY_KEY_LEDGER);
    encode_ledger(&map, head);
    if (!first) {
        encode_pair(&map, EAR_SUMMARY_KEY_LIFE, head->life);
    }
    latched(cbor_encoder_close_container(&top, &map));
    if (cbor_encoder_get_extra_bytes_needed(&top) > 0) {
        return EAR_ERR_FULL;
    }
    return (int32_t)cbor_encoder_get_buffer_size(&top, out);
}
