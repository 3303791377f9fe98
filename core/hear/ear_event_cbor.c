/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_event_cbor.c - events as CBOR maps with integer keys (RFC 8949): read by what stands here, which is a
 * quarter of a general reader's size, written with TinyCBOR. Reading goes on after the first fault, skipping, to find
 * the event's end: so that a sequence can go on behind it. */
#include <assert.h>

#include "cbor.h"

#include "core/base/ear_utf8.h"
#include "core/hear/ear_event.h"
#include "core/hear/ear_event_field.h"

#define DEPTH_LIMIT 4 /* maps and arrays inside of each other in the value of a field that is not ours */

/* Major types (RFC 8949 3.1), and what else a first byte may say. */
enum { UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { LONGEST = 27, OPEN = 31 }; /* lower bits: the longest value, of 8 bytes; of indefinite length */
enum { FALSE = 20, TRUE = 21, NOTHING = 22 };
#define BREAK 0xffu

static const char one_map[] = "one CBOR map with integer keys (RFC 8949)";

struct reader {
    struct ear_event *event;
    struct ear_fault *fault; /* the first one; err is EAR_OK so long as there is none */
    const uint8_t *bytes;
    size_t length;
    size_t at;
    uint16_t offsets[EAR_EVENT_KEY_COUNT]; /* of the values that are present */
};

/* The head of an item; of strings the bytes, of arrays and maps the items follow. */
struct head {
    uint64_t value;
    size_t at; /* its first byte */
    uint8_t major;
    uint8_t low; /* of its first byte; OPEN: a break ends it */
};

/* What is left of an array or map: items, two for each pair of a map. Open ones count down from more than there is. */
struct level {
    uint32_t left;
    bool open;
    bool map;
};

/* Reading fails with what the bytes are: EAR_ERR_EMPTY (they end too early), _SYNTAX, _TOO_LONG, _DEPTH. */
static enum ear_err read_head(struct reader *reader, struct head *head)
{
    if (reader->at >= reader->length) {
        return EAR_ERR_EMPTY;
    }
    const uint8_t *byte = &reader->bytes[reader->at];
    *head = (struct head){.value = *byte & 31u, .at = reader->at, .major = *byte >> 5, .low = *byte & 31u};
    size_t size = head->low < 24 ? 0 : (size_t)1 << (head->low - 24);
    if (head->low > LONGEST) {
        if (head->low != OPEN || head->major < BYTES || head->major > MAP) {
            return EAR_ERR_SYNTAX;
        }
        size = 0;
    } else if (size > reader->length - reader->at - 1) {
        return EAR_ERR_EMPTY;
    }
    for (size_t i = 1; i <= size; i++) {
        head->value = (i == 1 ? 0 : head->value << 8) | byte[i];
    }
    if (head->major == SIMPLE && size == 1 && head->value < 32) {
        return EAR_ERR_SYNTAX; /* has a shorter form, and none but that */
    }
    reader->at += 1 + size;
    return EAR_OK;
}

/* A string of definite length, whose head was read. */
static enum ear_err skip_piece(struct reader *reader, const struct head *head)
{
    if (head->value > reader->length - reader->at) {
        return EAR_ERR_EMPTY;
    }
    reader->at += (size_t)head->value;
    return EAR_OK;
}

static bool at_break(const struct reader *reader)
{
    return reader->at < reader->length && reader->bytes[reader->at] == BREAK;
}

static enum ear_err skip_string(struct reader *reader, const struct head *head)
{
    if (head->low != OPEN) {
        return skip_piece(reader, head);
    }
    while (!at_break(reader)) {
        struct head piece;
        enum ear_err err = read_head(reader, &piece);
        if (err == EAR_OK && (piece.major != head->major || piece.low == OPEN)) {
            reader->at = piece.at;
            err = EAR_ERR_SYNTAX;
        }
        err = err == EAR_OK ? skip_piece(reader, &piece) : err;
        if (err != EAR_OK) {
            return err;
        }
    }
    reader->at++;
    return EAR_OK;
}

/* Into an array or a map. */
static enum ear_err enter(const struct head *head, struct level *level)
{
    *level = (struct level){.left = UINT32_MAX - 1, .open = head->low == OPEN, .map = head->major == MAP};
    if (level->open) {
        return EAR_OK;
    }
    if (head->value > UINT32_MAX / 2) {
        return EAR_ERR_TOO_LONG; /* more than any event can hold */
    }
    level->left = (uint32_t)head->value << (level->map ? 1 : 0);
    return EAR_OK;
}

/* Whether the array or map ends here; a break is stepped over. */
static bool ends(struct reader *reader, const struct level *level)
{
    if (!level->open) {
        return level->left == 0;
    }
    const bool is_end = at_break(reader) && !(level->map && level->left % 2 != 0); /* else: a key without its value */
    reader->at += is_end ? 1 : 0;
    return is_end;
}

/* Step over the rest of an item, whatever it holds, without recursion. *head becomes that of its last one. */
static enum ear_err skip_all(struct reader *reader, struct head *head)
{
    struct level levels[DEPTH_LIMIT];
    unsigned depth = 0;
    enum ear_err err = EAR_OK;
    while (err == EAR_OK) {
        if (head->major == BYTES || head->major == TEXT) {
            err = skip_string(reader, head);
        } else if (head->major == ARRAY || head->major == MAP) {
            err = depth < DEPTH_LIMIT ? enter(head, &levels[depth++]) : EAR_ERR_DEPTH;
        }
        if (err == EAR_OK && head->major != TAG) { /* what bears a tag follows it */
            while (depth > 0 && ends(reader, &levels[depth - 1])) {
                depth--;
            }
            if (depth == 0) {
                break;
            }
            levels[depth - 1].left--;
        }
        err = err == EAR_OK ? read_head(reader, head) : err;
    }
    return err;
}

/* A fault in what is nested or tagged is one of the whole item. */
static enum ear_err skip(struct reader *reader, struct head *head)
{
    const size_t start = head->at;
    const bool is_nested = head->major >= ARRAY && head->major <= TAG;
    const enum ear_err err = skip_all(reader, head);
    if (err != EAR_OK && is_nested) {
        reader->at = start;
    }
    return err;
}

static enum ear_err put_integer(struct ear_event *event, unsigned key, const struct head *value)
{
    if (value->major != UINT) {
        return value->major == NEGATIVE ? EAR_ERR_RANGE : EAR_ERR_TYPE;
    }
    return ear_event_put_number(event, key, value->value);
}

static enum ear_err put_bool(struct ear_event *event, unsigned key, const struct head *value)
{
    if (value->major != SIMPLE || (value->low != FALSE && value->low != TRUE)) {
        return EAR_ERR_TYPE;
    }
    return ear_event_put_number(event, key, value->low == TRUE);
}

/* EAR_ERR_EMPTY: the text does not end within the bytes; the skipping that follows finds that out by itself. */
static enum ear_err put_text(struct reader *reader, unsigned key, const struct head *value)
{
    if (value->major != TEXT) {
        return EAR_ERR_TYPE;
    }
    if (value->low == OPEN) {
        return EAR_ERR_SYNTAX;
    }
    if (value->value > reader->length - reader->at) {
        return EAR_ERR_EMPTY;
    }
    const char *text = (const char *)&reader->bytes[reader->at];
    const size_t length = (size_t)value->value;
    if (ear_utf8_validate(text, length) != length) {
        return EAR_ERR_UTF8;
    }
    return ear_event_put_text(reader->event, key, text, length);
}

static void put_field(struct reader *reader, unsigned key, const struct head *value)
{
    enum ear_err err;
    if (value->major == SIMPLE && value->low == NOTHING) {
        return;
    }
    if ((reader->event->present & (1u << key)) != 0) {
        (void)ear_fault_set(reader->fault, EAR_ERR_DUPLICATE, key, value->at, "each field once");
        return;
    }
    reader->offsets[key] = (uint16_t)value->at;
    switch (ear_event_form((enum ear_event_type)ear_event_field(key)->type)) {
    case EAR_FORM_BOOL:
        err = put_bool(reader->event, key, value);
        break;
    case EAR_FORM_TEXT:
        err = put_text(reader, key, value);
        break;
    default:
        err = put_integer(reader->event, key, value);
        break;
    }
    if (err != EAR_OK) {
        (void)ear_fault_set(reader->fault, err, key, value->at,
                            err == EAR_ERR_SYNTAX ? "text in one piece, of definite length" : ear_event_allowed(key));
    }
}

/* One key and its value. */
static enum ear_err read_pair(struct reader *reader)
{
    struct head head;
    enum ear_err err = read_head(reader, &head);
    const uint64_t key = err == EAR_OK && head.major == UINT ? head.value : EAR_EVENT_KEY_COUNT;
    err = err == EAR_OK ? skip(reader, &head) : err;
    err = err == EAR_OK ? read_head(reader, &head) : err;
    if (err != EAR_OK) {
        return err;
    }
    if (key < EAR_EVENT_KEY_COUNT && reader->fault->err == EAR_OK) {
        put_field(reader, (unsigned)key, &head);
    }
    return skip(reader, &head);
}

static enum ear_err read_item(struct reader *reader)
{
    struct head head;
    struct level map;
    enum ear_err err = read_head(reader, &head);
    if (err == EAR_OK && head.major != MAP) {
        (void)ear_fault_set(reader->fault, EAR_ERR_TYPE, EAR_EVENT_KEY_COUNT, 0, one_map);
        return skip(reader, &head);
    }
    err = err == EAR_OK ? enter(&head, &map) : err;
    while (err == EAR_OK && !ends(reader, &map)) {
        err = read_pair(reader);
        map.left -= 2;
    }
    return err;
}

/* The bytes are no whole item. */
static enum ear_err malformed(struct reader *reader, enum ear_err err, bool full)
{
    const char *allowed = one_map;
    if (err == EAR_ERR_EMPTY && !full) {
        allowed = "the rest of the event";
    } else if (err == EAR_ERR_EMPTY || err == EAR_ERR_TOO_LONG) {
        err = EAR_ERR_TOO_LONG;
        allowed = "an event within the limit of bytes";
    } else if (err == EAR_ERR_DEPTH) {
        allowed = "at most 4 maps or arrays deep";
    }
    return ear_fault_set(reader->fault, err, EAR_EVENT_KEY_COUNT, reader->at, allowed);
}

enum ear_err ear_event_from_cbor(struct ear_event *event, const uint8_t *bytes, size_t length, size_t *used,
                                 struct ear_fault *fault)
{
    const bool full = length >= EAR_EVENT_BYTES;
    struct reader reader = {.event = event, .fault = fault, .bytes = bytes, .length = full ? EAR_EVENT_BYTES : length};
    *used = 0;
    *event = (struct ear_event){.present = 0};
    (void)ear_fault_set(fault, EAR_OK, EAR_EVENT_KEY_COUNT, 0, "");
    const enum ear_err err = read_item(&reader);
    if (err != EAR_OK) {
        return malformed(&reader, err, full);
    }
    *used = reader.at;
    if (fault->err == EAR_OK && ear_event_check(event, fault) != EAR_OK && (event->present & (1u << fault->key)) != 0) {
        fault->offset = reader.offsets[fault->key];
    }
    return (enum ear_err)fault->err;
}

static unsigned count_bits(uint32_t bits)
{
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

static CborError write_field(CborEncoder *map, const struct ear_event *event, unsigned key)
{
    CborError err = cbor_encode_uint(map, key);
    enum ear_event_form form = ear_event_form((enum ear_event_type)ear_event_field(key)->type);
    if (form == EAR_FORM_TEXT) {
        struct ear_str text = ear_event_get_text(event, key);
        return err | cbor_encode_text_string(map, text.bytes, text.length);
    }
    uint64_t number = ear_event_get_number(event, key);
    return err | (form == EAR_FORM_BOOL ? cbor_encode_boolean(map, number != 0) : cbor_encode_uint(map, number));
}

int32_t ear_event_to_cbor(const struct ear_event *event, uint8_t *bytes, size_t capacity)
{
    CborEncoder encoder;
    CborEncoder map;
    cbor_encoder_init(&encoder, bytes, capacity, 0);
    CborError err = cbor_encoder_create_map(&encoder, &map, count_bits(event->present));
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        if ((event->present & (1u << key)) != 0) {
            err |= write_field(&map, event, key);
        }
    }
    err |= cbor_encoder_close_container(&encoder, &map);
    return err == CborNoError ? (int32_t)cbor_encoder_get_buffer_size(&encoder, bytes) : EAR_ERR_FULL;
}
