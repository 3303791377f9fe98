/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary_reader.c - items of deterministic CBOR, one by one. Pure. */
#include "core/tell/ear_summary_reader.h"

#include "core/base/ear_utf8.h"

#define MOST_LABEL_BYTES 255u /* of any configuration */

struct item {
    size_t at;
    uint64_t value;
    uint8_t major;
};

void ear_summary_refuse(struct ear_summary_reader *reader, enum ear_err err, size_t at)
{
    if (reader->err == EAR_OK) {
        reader->err = err;
        reader->err_at = at;
        reader->at = reader->length; /* nothing more to read */
    }
}

/* A head: major type and argument. After an error: the unsigned integer 0. */
static struct item read_item(struct ear_summary_reader *reader)
{
    static const uint64_t least[4] = {24, UINT64_C(1) << 8, UINT64_C(1) << 16, UINT64_C(1) << 32};
    struct item item = {.at = reader->at};
    if (reader->at >= reader->length) {
        ear_summary_refuse(reader, EAR_ERR_SYNTAX, reader->at);
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
        ear_summary_refuse(reader, EAR_ERR_SYNTAX, item.at);
        return (struct item){.at = item.at};
    }
    item.value = 0;
    for (unsigned i = 0; i < size; i++) {
        item.value = item.value << 8 | reader->bytes[reader->at++];
    }
    if (item.major != EAR_MAJOR_SIMPLE && item.value < least[info - 24u]) {
        ear_summary_refuse(reader, EAR_ERR_SYNTAX, item.at);
    }
    return item;
}

uint8_t ear_summary_peek(const struct ear_summary_reader *reader)
{
    return reader->at < reader->length ? reader->bytes[reader->at] >> 5 : EAR_MAJOR_SIMPLE;
}

static uint64_t read_of(struct ear_summary_reader *reader, uint8_t major, uint64_t most)
{
    struct item item = read_item(reader);
    if (item.major != major) {
        ear_summary_refuse(reader, EAR_ERR_TYPE, item.at);
    } else if (item.value > most) {
        ear_summary_refuse(reader, EAR_ERR_RANGE, item.at);
    }
    return reader->err == EAR_OK ? item.value : 0;
}

uint64_t ear_summary_read_uint(struct ear_summary_reader *reader, uint64_t most)
{
    return read_of(reader, EAR_MAJOR_UINT, most);
}

/* Each element takes a byte at least, so a count beyond the bytes left is false. */
uint64_t ear_summary_read_count(struct ear_summary_reader *reader, uint8_t major)
{
    size_t at = reader->at;
    uint64_t count = read_of(reader, major, UINT64_MAX);
    if (count > reader->length - reader->at) {
        ear_summary_refuse(reader, EAR_ERR_SYNTAX, at);
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
struct ear_str ear_summary_read_text(struct ear_summary_reader *reader)
{
    size_t at = reader->at;
    uint64_t length = ear_summary_read_count(reader, EAR_MAJOR_TEXT);
    struct ear_str text = {(const char *)&reader->bytes[reader->at], (uint16_t)length};
    if (length > MOST_LABEL_BYTES) {
        ear_summary_refuse(reader, EAR_ERR_TOO_LONG, at);
    } else if (reader->err == EAR_OK && ear_utf8_validate(text.bytes, text.length) != text.length) {
        ear_summary_refuse(reader, EAR_ERR_UTF8, at);
    } else if (reader->err == EAR_OK && has_control(text)) {
        ear_summary_refuse(reader, EAR_ERR_RANGE, at);
    }
    if (reader->err != EAR_OK) {
        return (struct ear_str){"", 0};
    }
    reader->at += text.length;
    return text;
}

/* Any one item, whatever it holds: counts what is still to come, so nesting needs no stack. */
void ear_summary_skip(struct ear_summary_reader *reader)
{
    for (uint64_t left = 1; left > 0 && reader->err == EAR_OK; left--) {
        struct item item = read_item(reader);
        if (item.major == EAR_MAJOR_BYTES || item.major == EAR_MAJOR_TEXT) {
            if (item.value > reader->length - reader->at) {
                ear_summary_refuse(reader, EAR_ERR_SYNTAX, item.at);
            } else {
                reader->at += (size_t)item.value;
            }
        } else if (item.major == EAR_MAJOR_TAG) {
            left++;
        } else if (item.major == EAR_MAJOR_ARRAY || item.major == EAR_MAJOR_MAP) {
            if (item.value > reader->length - reader->at) {
                ear_summary_refuse(reader, EAR_ERR_SYNTAX, item.at);
            } else {
                left += item.major == EAR_MAJOR_MAP ? 2 * item.value : item.value;
            }
        }
    }
}

/* The next key of a map whose last one was *last (-1: none yet). */
uint64_t ear_summary_read_key(struct ear_summary_reader *reader, int64_t *last)
{
    size_t at = reader->at;
    uint64_t key = ear_summary_read_uint(reader, UINT32_MAX);
    if ((int64_t)key <= *last) {
        ear_summary_refuse(reader, (int64_t)key == *last ? EAR_ERR_DUPLICATE : EAR_ERR_SYNTAX, at);
    }
    *last = (int64_t)key;
    return key;
}
