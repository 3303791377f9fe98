/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary_decode.c - a summary's bytes back into a head and words. Pure.
 *
 * Takes the deterministic form only (RFC 8949 4.2.1): definite lengths, shortest integers, keys ascending. What is
 * known and so told decodes and encodes to the same bytes. Reading stops at the first error, which stays. */
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/tell/ear_summary.h"
#include "core/tell/ear_summary_keys.h"

/* Major types (RFC 8949 3.1). */
enum {
    MAJOR_UINT = 0,
    MAJOR_BYTES = 2,
    MAJOR_TEXT = 3,
    MAJOR_ARRAY = 4,
    MAJOR_MAP = 5,
    MAJOR_TAG = 6,
    MAJOR_SIMPLE = 7
};
#define ITEM_NULL 0xf6u

#define MOST_START_S (INT64_C(1) << 43) /* 2^53 ms */
#define MOST_LABEL_BYTES 255u           /* of any configuration */

struct reader {
    const uint8_t *bytes;
    size_t length;
    size_t at;
    enum ear_err err;
    size_t err_at;
};

struct item {
    size_t at;
    uint64_t value;
    uint8_t major;
};

static void refuse(struct reader *reader, enum ear_err err, size_t at)
{
    if (reader->err == EAR_OK) {
        reader->err = err;
        reader->err_at = at;
        reader->at = reader->length; /* nothing more to read */
    }
}

/* A head: major type and argument. After an error: the unsigned integer 0. */
static struct item read_item(struct reader *reader)
{
    static const uint64_t least[4] = {24, UINT64_C(1) << 8, UINT64_C(1) << 16, UINT64_C(1) << 32};
    struct item item = {.at = reader->at};
    if (reader->at >= reader->length) {
        refuse(reader, EAR_ERR_SYNTAX, reader->at);
        return item;
    }
    item.major = reader->bytes[reader->at] >> 5;
    uint8_t info = reader->bytes[reader->at] & 0x1fu;
    reader->at++;
    item.value = info;
    if (info < 24) {
        return item;
    }
    unsigned size = 1u << (info - 24u);
    if (info > 27 || reader->length - reader->at < size) {
        refuse(reader, EAR_ERR_SYNTAX, item.at);
        return (struct item){.at = item.at};
    }
    item.value = 0;
    for (unsigned i = 0; i < size; i++) {
        item.value = item.value << 8 | reader->bytes[reader->at++];
    }
    if (item.major != MAJOR_SIMPLE && item.value < least[info - 24u]) {
        refuse(reader, EAR_ERR_SYNTAX, item.at);
    }
    return item;
}

static uint64_t read_of(struct reader *reader, uint8_t major, uint64_t most)
{
    struct item item = read_item(reader);
    if (item.major != major) {
        refuse(reader, EAR_ERR_TYPE, item.at);
    } else if (item.value > most) {
        refuse(reader, EAR_ERR_RANGE, item.at);
    }
    return reader->err == EAR_OK ? item.value : 0;
}

static uint64_t read_uint(struct reader *reader, uint64_t most)
{
    return read_of(reader, MAJOR_UINT, most);
}

/* Each element takes a byte at least, so a count beyond the bytes left is false. */
static uint64_t read_count(struct reader *reader, uint8_t major)
{
    size_t at = reader->at;
    uint64_t count = read_of(reader, major, UINT64_MAX);
    if (count > reader->length - reader->at) {
        refuse(reader, EAR_ERR_SYNTAX, at);
    }
    return reader->err == EAR_OK ? count : 0;
}

static bool has_control(struct ear_str text)
{
    for (unsigned i = 0; i < text.length; i++) {
        if ((uint8_t)text.bytes[i] < 0x20 || text.bytes[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

/* A label: valid UTF-8 without control characters. */
static struct ear_str read_text(struct reader *reader)
{
    size_t at = reader->at;
    uint64_t length = read_count(reader, MAJOR_TEXT);
    struct ear_str text = {(const char *)&reader->bytes[reader->at], (uint16_t)length};
    if (length > MOST_LABEL_BYTES) {
        refuse(reader, EAR_ERR_TOO_LONG, at);
    } else if (reader->err == EAR_OK && ear_utf8_validate(text.bytes, text.length) != text.length) {
        refuse(reader, EAR_ERR_UTF8, at);
    } else if (reader->err == EAR_OK && has_control(text)) {
        refuse(reader, EAR_ERR_RANGE, at);
    }
    if (reader->err != EAR_OK) {
        return (struct ear_str){"", 0};
    }
    reader->at += text.length;
    return text;
}

/* Any one item, whatever it holds: counts what is still to come, so nesting needs no stack. */
static void skip(struct reader *reader)
{
    for (uint64_t left = 1; left > 0 && reader->err == EAR_OK; left--) {
        struct item item = read_item(reader);
        if (item.major == MAJOR_BYTES || item.major == MAJOR_TEXT) {
            if (item.value > reader->length - reader->at) {
                refuse(reader, EAR_ERR_SYNTAX, item.at);
            } else {
                reader->at += (size_t)item.value;
            }
        } else if (item.major == MAJOR_TAG) {
            left++;
        } else if (item.major == MAJOR_ARRAY || item.major == MAJOR_MAP) {
            if (item.value > reader->length - reader->at) {
                refuse(reader, EAR_ERR_SYNTAX, item.at);
            } else {
                left += item.major == MAJOR_MAP ? 2 * item.value : item.value;
            }
        }
    }
}

/* The next key of a map whose last one was *last (-1: none yet). */
static uint64_t read_key(struct reader *reader, int64_t *last)
{
    size_t at = reader->at;
    uint64_t key = read_uint(reader, UINT32_MAX);
    if ((int64_t)key <= *last) {
        refuse(reader, (int64_t)key == *last ? EAR_ERR_DUPLICATE : EAR_ERR_SYNTAX, at);
    }
    *last = (int64_t)key;
    return key;
}

static void add_capped(uint32_t *word, uint64_t value)
{
    *word = value > UINT32_MAX - *word ? UINT32_MAX : *word + (uint32_t)value;
}

/* Labels ascend by length, then by bytes: by the number that they are. What finds no room here is `other` here. */
static void read_table(struct reader *reader, const struct ear_number *number, uint32_t *words)
{
    uint64_t count = read_count(reader, MAJOR_MAP);
    uint32_t *other = &words[number->at + 2u * number->size];
    struct ear_str last = {"", 0};
    unsigned slot = 0;
    for (uint64_t i = 0; i < count && reader->err == EAR_OK; i++) {
        size_t at = reader->at;
        struct ear_str text = read_text(reader);
        uint64_t value = read_uint(reader, UINT32_MAX);
        int order = text.length != last.length ? (int)text.length - (int)last.length
                                               : memcmp(text.bytes, last.bytes, text.length);
        if (order <= 0) {
            refuse(reader, text.length == 0 ? EAR_ERR_RANGE : order == 0 ? EAR_ERR_DUPLICATE : EAR_ERR_SYNTAX, at);
        } else if (text.length <= 4 && slot < number->size && value > 0) {
            words[number->at + 2 * slot] = ear_label(text.bytes, text.length);
            words[number->at + 2 * slot + 1] = (uint32_t)value;
            slot++;
        } else {
            add_capped(other, value);
        }
        last = text;
    }
}

static void read_list(struct reader *reader, const struct ear_number *number, uint32_t *words)
{
    uint64_t count = read_count(reader, MAJOR_ARRAY);
    bool series = number->shape == EAR_SHAPE_SERIES;
    for (uint64_t i = 0; i < count && reader->err == EAR_OK; i++) {
        uint32_t value = (uint32_t)read_uint(reader, series ? UINT16_MAX : UINT32_MAX);
        if (i >= number->size) {
            continue; /* a member that a later version appended */
        }
        if (series) {
            words[number->at + i / 2] |= value << (i & 1u) * 16u;
        } else {
            words[number->at + i] = value;
        }
    }
}

static void read_numbers(struct reader *reader, uint32_t *words)
{
    uint64_t count = read_count(reader, MAJOR_MAP);
    int64_t last = -1;
    for (uint64_t i = 0; i < count && reader->err == EAR_OK; i++) {
        uint64_t key = read_key(reader, &last);
        const struct ear_number *number = key <= UINT8_MAX ? ear_catalogue_find((unsigned)key) : NULL;
        if (number == NULL) {
            skip(reader);
        } else if (number->shape == EAR_SHAPE_COUNT) {
            words[number->at] = (uint32_t)read_uint(reader, UINT32_MAX);
        } else if (number->shape == EAR_SHAPE_TABLE) {
            read_table(reader, number, words);
        } else {
            read_list(reader, number, words);
        }
    }
}

static void read_slice(struct reader *reader, struct ear_summary_head *head)
{
    size_t at = reader->at;
    if (at < reader->length && reader->bytes[at] == ITEM_NULL) {
        head->other = true;
        reader->at++;
        return;
    }
    if (read_count(reader, MAJOR_ARRAY) != EAR_SLICE_PARTS) {
        refuse(reader, EAR_ERR_RANGE, at);
    }
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        head->slice.parts[p] = read_text(reader);
    }
}

static void read_value(struct reader *reader, uint64_t key, struct ear_summary *summary)
{
    struct ear_summary_head *head = &summary->head;
    size_t at = reader->at;
    switch (key) {
    case EAR_SUMMARY_KEY_VERSION:
        if (read_uint(reader, UINT32_MAX) != EAR_SUMMARY_VERSION) {
            refuse(reader, EAR_ERR_VERSION, at);
        }
        break;
    case EAR_SUMMARY_KEY_RESOLUTION:
        head->resolution = (uint8_t)read_uint(reader, EAR_RESOLUTIONS - 1);
        break;
    case EAR_SUMMARY_KEY_START:
        head->start_s = (int64_t)read_uint(reader, MOST_START_S);
        break;
    case EAR_SUMMARY_KEY_LENGTH:
        head->length_s = (uint32_t)read_uint(reader, UINT32_MAX);
        break;
    case EAR_SUMMARY_KEY_REVISION:
        head->revision = read_uint(reader, UINT64_MAX);
        break;
    case EAR_SUMMARY_KEY_BOOT:
        head->boot = (uint32_t)read_uint(reader, UINT32_MAX);
        break;
    case EAR_SUMMARY_KEY_SEQ:
        head->seq = (uint32_t)read_uint(reader, UINT32_MAX);
        break;
    case EAR_SUMMARY_KEY_CLOCK:
        head->clock = (uint8_t)read_uint(reader, 2);
        break;
    case EAR_SUMMARY_KEY_SLICE:
        read_slice(reader, head);
        break;
    case EAR_SUMMARY_KEY_NUMBERS:
        read_numbers(reader, summary->words);
        break;
    default:
        skip(reader);
        break;
    }
}

enum ear_err ear_summary_decode(struct ear_summary *summary, const uint8_t *bytes, size_t length, size_t *at)
{
    struct reader reader = {.bytes = bytes, .length = length};
    uint32_t missing = ((1u << EAR_SUMMARY_KEYS) - 1u) & ~(1u << EAR_SUMMARY_KEY_LENGTH);
    int64_t last = -1;
    memset(summary, 0, sizeof *summary);
    uint64_t count = read_count(&reader, MAJOR_MAP);
    for (uint64_t i = 0; i < count && reader.err == EAR_OK; i++) {
        uint64_t key = read_key(&reader, &last);
        missing &= key < EAR_SUMMARY_KEYS ? ~(1u << key) : UINT32_MAX;
        read_value(&reader, key, summary);
    }
    if (reader.err == EAR_OK && reader.at != length) {
        refuse(&reader, EAR_ERR_SYNTAX, reader.at);
    }
    if (missing != 0) {
        refuse(&reader, EAR_ERR_MISSING, length);
    }
    if (summary->head.revision >> 24 != summary->head.boot) {
        refuse(&reader, EAR_ERR_RANGE, length);
    }
    if (summary->head.length_s == 0) {
        summary->head.length_s = ear_summary_usual_length_s(summary->head.resolution);
    }
    *at = reader.err == EAR_OK ? length : reader.err_at;
    return reader.err;
}
