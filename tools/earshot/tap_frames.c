/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include <cbor.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TOPIC_BYTES = 1024, OVERHEAD_BYTES = 32 };

void tap_record(FILE *file, const char *topic, const uint8_t *bytes, size_t length)
{
    const size_t capacity = strlen(topic) + length + OVERHEAD_BYTES;
    uint8_t *out = grow(NULL, capacity);
    CborEncoder encoder, array;

    cbor_encoder_init(&encoder, out, capacity, 0);
    if (cbor_encoder_create_array(&encoder, &array, 2) != CborNoError ||
        cbor_encode_text_stringz(&array, topic) != CborNoError ||
        cbor_encode_byte_string(&array, bytes, length) != CborNoError ||
        cbor_encoder_close_container(&encoder, &array) != CborNoError ||
        fwrite(out, cbor_encoder_get_buffer_size(&encoder, out), 1, file) != 1 || fflush(file) != 0) {
        die("the record cannot be written: %s", strerror(errno));
    }
    free(out);
}

size_t tap_read_frame(const uint8_t *bytes, size_t length, tap_frame *frame, void *context)
{
    char topic[TOPIC_BYTES];
    size_t topic_length = sizeof topic, payload_length = 0;
    CborParser parser;
    CborValue array, item, next;

    if (cbor_parser_init(bytes, length, 0, &parser, &array) != CborNoError || !cbor_value_is_array(&array) ||
        cbor_value_enter_container(&array, &item) != CborNoError || !cbor_value_is_text_string(&item) ||
        cbor_value_copy_text_string(&item, topic, &topic_length, &next) != CborNoError ||
        !cbor_value_is_byte_string(&next) ||
        cbor_value_calculate_string_length(&next, &payload_length) != CborNoError) {
        return 0;
    }
    uint8_t *payload = grow(NULL, payload_length);
    size_t used = 0;
    if (topic_length < sizeof topic &&
        cbor_value_copy_byte_string(&next, payload, &payload_length, &item) == CborNoError &&
        cbor_value_at_end(&item) && cbor_value_leave_container(&array, &item) == CborNoError) {
        frame(context, topic, payload, payload_length);
        used = (size_t)(cbor_value_get_next_byte(&array) - bytes);
    }
    free(payload);
    return used;
}

void tap_read_frames(const char *path, tap_frame *frame, void *context)
{
    size_t length, at = 0;
    char *bytes = read_file(path, &length);

    while (at < length) {
        const size_t used = tap_read_frame((const uint8_t *)bytes + at, length - at, frame, context);
        if (used == 0) {
            die("%s: no frame at byte %zu; a CBOR sequence of [topic, payload] is meant", path, at);
        }
        at += used;
    }
    free(bytes);
}
