/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_event_cbor.c - events as CBOR maps with integer keys (RFC 8949), read and written with TinyCBOR.
 * Reading goes on after the first fault, skipping, to find the event's end: so that a sequence can go on behind it. */
#include <assert.h>

#include "cbor.h"

#include "core/base/ear_utf8.h"
#include "core/hear/ear_event.h"
#include "core/hear/ear_event_field.h"

#define DEPTH_LIMIT 4 /* maps and arrays inside of each other in the value of a field that is not ours */

static const char one_map[] = "one CBOR map with integer keys (RFC 8949)";

struct reader {
    struct ear_event *event;
    struct ear_fault *fault; /* the first one; err is EAR_OK so long as there is none */
    const uint8_t *start;
    uint16_t offsets[EAR_EVENT_KEY_COUNT]; /* of the values that are present */
};

static inline size_t offset_of(const struct reader *reader, const CborValue *value)
{
    return (size_t)(cbor_value_get_next_byte(value) - reader->start);
}

/* Step over one item that is tagged, a map or an array, whatever it holds, without recursion. */
static CborError skip_nested(CborValue *item)
{
    CborValue levels[DEPTH_LIMIT + 1];
    unsigned depth = 0;
    bool tagged;
    levels[0] = *item;
    do {
        CborValue *at = &levels[depth];
        CborError err;
        tagged = cbor_value_is_tag(at);
        if (!cbor_value_is_container(at)) {
            err = cbor_value_advance(at);
        } else if (depth < DEPTH_LIMIT) {
            err = cbor_value_enter_container(at, &levels[depth + 1]);
            depth++;
        } else {
            err = CborErrorNestingTooDeep;
        }
        while (err == CborNoError && !tagged && depth > 0 && cbor_value_at_end(&levels[depth])) {
            err = cbor_value_leave_container(&levels[depth - 1], &levels[depth]);
            depth--;
        }
        if (err != CborNoError) {
            return err;
        }
    } while (depth > 0 || tagged);
    *item = levels[0];
    return CborNoError;
}

static inline CborError skip(CborValue *item)
{
    return cbor_value_is_container(item) || cbor_value_is_tag(item) ? skip_nested(item) : cbor_value_advance(item);
}

static enum ear_err put_integer(struct ear_event *event, unsigned key, const CborValue *value)
{
    uint64_t number;
    if (!cbor_value_is_integer(value)) {
        return EAR_ERR_TYPE;
    }
    if (!cbor_value_is_unsigned_integer(value)) {
        return EAR_ERR_RANGE;
    }
    (void)cbor_value_get_uint64(value, &number);
    return ear_event_put_number(event, key, number);
}

static enum ear_err put_bool(struct ear_event *event, unsigned key, const CborValue *value)
{
    bool truth;
    if (!cbor_value_is_boolean(value)) {
        return EAR_ERR_TYPE;
    }
    (void)cbor_value_get_boolean(value, &truth);
    return ear_event_put_number(event, key, truth);
}

/* EAR_ERR_EMPTY: the text does not end within the bytes; the skipping that follows finds that out by itself. */
static enum ear_err put_text(struct ear_event *event, unsigned key, const CborValue *value)
{
    const char *bytes;
    size_t length;
    CborValue text = *value;
    CborValue next;
    if (!cbor_value_is_text_string(value)) {
        return EAR_ERR_TYPE;
    }
    if (!cbor_value_is_length_known(value)) {
        return EAR_ERR_SYNTAX;
    }
    if (cbor_value_begin_string_iteration(&text) != CborNoError ||
        cbor_value_get_text_string_chunk(&text, &bytes, &length, &next) != CborNoError) {
        return EAR_ERR_EMPTY;
    }
    if (ear_utf8_validate(bytes, length) != length) {
        return EAR_ERR_UTF8;
    }
    return ear_event_put_text(event, key, bytes, length);
}

static void put_field(struct reader *reader, unsigned key, const CborValue *value)
{
    enum ear_err err;
    if (cbor_value_is_null(value)) {
        return;
    }
    if ((reader->event->present & (1u << key)) != 0) {
        (void)ear_fault_set(reader->fault, EAR_ERR_DUPLICATE, key, offset_of(reader, value), "each field once");
        return;
    }
    reader->offsets[key] = (uint16_t)offset_of(reader, value);
    switch (ear_event_form((enum ear_event_type)ear_event_field(key)->type)) {
    case EAR_FORM_BOOL:
        err = put_bool(reader->event, key, value);
        break;
    case EAR_FORM_TEXT:
        err = put_text(reader->event, key, value);
        break;
    default:
        err = put_integer(reader->event, key, value);
        break;
    }
    if (err != EAR_OK) {
        (void)ear_fault_set(reader->fault, err, key, offset_of(reader, value),
                            err == EAR_ERR_SYNTAX ? "text in one piece, of definite length" : ear_event_allowed(key));
    }
}

/* One key and its value. */
static CborError read_pair(struct reader *reader, CborValue *at)
{
    uint64_t key = EAR_EVENT_KEY_COUNT;
    if (cbor_value_is_unsigned_integer(at)) {
        (void)cbor_value_get_uint64(at, &key);
    }
    CborError err = skip(at);
    if (err != CborNoError) {
        return err;
    }
    if (key < EAR_EVENT_KEY_COUNT && reader->fault->err == EAR_OK) {
        put_field(reader, (unsigned)key, at);
    }
    return skip(at);
}

static CborError read_map(struct reader *reader, CborValue *item)
{
    CborValue at;
    CborError err = cbor_value_enter_container(item, &at);
    while (err == CborNoError && !cbor_value_at_end(&at)) {
        err = read_pair(reader, &at);
    }
    if (err == CborNoError) {
        return cbor_value_leave_container(item, &at);
    }
    item->source = at.source; /* where it went wrong */
    return err;
}

static CborError read_item(struct reader *reader, CborValue *item)
{
    if (cbor_value_is_map(item)) {
        return read_map(reader, item);
    }
    (void)ear_fault_set(reader->fault, EAR_ERR_TYPE, EAR_EVENT_KEY_COUNT, 0, one_map);
    return skip(item);
}

/* The bytes are no whole item. */
static enum ear_err malformed(struct ear_fault *fault, CborError err, size_t offset, bool full)
{
    if (err == CborErrorUnexpectedEOF && !full) {
        return ear_fault_set(fault, EAR_ERR_EMPTY, EAR_EVENT_KEY_COUNT, offset, "the rest of the event");
    }
    if (err == CborErrorUnexpectedEOF || err == CborErrorDataTooLarge) {
        return ear_fault_set(fault, EAR_ERR_TOO_LONG, EAR_EVENT_KEY_COUNT, offset,
                             "an event within the limit of bytes");
    }
    if (err == CborErrorNestingTooDeep) {
        return ear_fault_set(fault, EAR_ERR_DEPTH, EAR_EVENT_KEY_COUNT, offset, "at most 4 maps or arrays deep");
    }
    return ear_fault_set(fault, EAR_ERR_SYNTAX, EAR_EVENT_KEY_COUNT, offset, one_map);
}

enum ear_err ear_event_from_cbor(struct ear_event *event, const uint8_t *bytes, size_t length, size_t *used,
                                 struct ear_fault *fault)
{
    CborParser parser;
    CborValue item;
    struct reader reader = {.event = event, .fault = fault, .start = bytes};
    bool full = length >= EAR_EVENT_BYTES;
    *used = 0;
    *event = (struct ear_event){.present = 0};
    (void)ear_fault_set(fault, EAR_OK, EAR_EVENT_KEY_COUNT, 0, "");
    CborError err = cbor_parser_init(bytes, full ? EAR_EVENT_BYTES : length, 0, &parser, &item);
    if (err == CborNoError) {
        err = read_item(&reader, &item);
    }
    if (err != CborNoError) {
        return malformed(fault, err, offset_of(&reader, &item), full);
    }
    *used = offset_of(&reader, &item);
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
