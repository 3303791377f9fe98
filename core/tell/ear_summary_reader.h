/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary_reader.h - items of deterministic CBOR (RFC 8949 4.2.1), one by one: definite lengths, shortest
 * integers, keys ascending. Pure; for core/tell/ear_summary*.c only. After an error every read gives 0 or "". */
#ifndef EAR_SUMMARY_READER_H
#define EAR_SUMMARY_READER_H

#include "core/tell/ear_summary.h"

/** Major types (RFC 8949 3.1). */
enum ear_summary_major {
    EAR_MAJOR_UINT = 0,
    EAR_MAJOR_BYTES = 2,
    EAR_MAJOR_TEXT = 3,
    EAR_MAJOR_ARRAY = 4,
    EAR_MAJOR_MAP = 5,
    EAR_MAJOR_TAG = 6,
    EAR_MAJOR_SIMPLE = 7
};

/** The first error stays; nothing more is read. */
void ear_summary_refuse(struct ear_summary_reader *reader, enum ear_err err, size_t at);

/** The major type of the next item; EAR_MAJOR_SIMPLE at the end. */
uint8_t ear_summary_peek(const struct ear_summary_reader *reader);

/** An unsigned integer up to most. */
uint64_t ear_summary_read_uint(struct ear_summary_reader *reader, uint64_t most);

/** How many members an array, entries a map, or bytes a string has. */
uint64_t ear_summary_read_count(struct ear_summary_reader *reader, uint8_t major);

/** A label: valid UTF-8 without control characters, up to 255 bytes. Points into the bytes. */
struct ear_str ear_summary_read_text(struct ear_summary_reader *reader);

/** The key of a map of integers, which must be greater than *last. */
uint64_t ear_summary_read_key(struct ear_summary_reader *reader, int64_t *last);

/** Any one item, whatever it holds. */
void ear_summary_skip(struct ear_summary_reader *reader);

#endif
