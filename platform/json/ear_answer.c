/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_answer.c - answers to events. A client that sends well-formed events sees one answer only: that one
 * is written without ado. */
#include "platform/json/ear_answer.h"

#include <string.h>

#include "cbor.h"

#include "platform/json/ear_json_out.h"

#define N_DIGITS 10 /* of UINT32_MAX */

enum answer_key { KEY_N, KEY_OK, KEY_AGAIN, KEY_ERROR, KEY_FIELD, KEY_AT, KEY_ALLOWED };

/* {"n":12,"ok":true} */
static int32_t taken(uint32_t n, bool again, char *out)
{
    static const char first[] = ",\"ok\":true}\n";
    static const char second[] = ",\"ok\":true,\"again\":true}\n";
    char digits[N_DIGITS];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    size_t length = sizeof(digits) - at;
    memcpy(out, "{\"n\":", 5);
    memcpy(out + 5, digits + at, length);
    length += 5;
    if (again) {
        memcpy(out + length, second, sizeof(second) - 1);
        return (int32_t)(length + sizeof(second) - 1);
    }
    memcpy(out + length, first, sizeof(first) - 1);
    return (int32_t)(length + sizeof(first) - 1);
}

int32_t ear_answer_to_json(const struct ear_answer *answer, char *out, size_t capacity)
{
    const struct ear_fault *fault = &answer->fault;
    struct ear_json_out line = {.bytes = out, .capacity = capacity};
    if (fault->err == EAR_OK && answer->n != 0 && capacity >= EAR_ANSWER_BYTES) {
        return taken(answer->n, answer->again, out);
    }
    ear_json_out_raw(&line, "{");
    if (answer->n != 0) {
        ear_json_out_raw(&line, "\"n\":");
        ear_json_out_number(&line, answer->n);
        ear_json_out_raw(&line, ",");
    }
    if (fault->err == EAR_OK) {
        ear_json_out_raw(&line, answer->again ? "\"ok\":true,\"again\":true}\n" : "\"ok\":true}\n");
        return ear_json_out_length(&line);
    }
    ear_json_out_raw(&line, "\"ok\":false,\"error\":\"");
    ear_json_out_raw(&line, ear_err_name(fault->err));
    ear_json_out_raw(&line, "\"");
    if (ear_event_field_name(fault->key) != NULL) {
        ear_json_out_raw(&line, ",\"field\":\"");
        ear_json_out_raw(&line, ear_event_field_name(fault->key));
        ear_json_out_raw(&line, "\"");
    }
    if (fault->offset != 0) {
        ear_json_out_raw(&line, ",\"at\":");
        ear_json_out_number(&line, fault->offset);
    }
    if (fault->allowed[0] != '\0') {
        ear_json_out_raw(&line, ",\"allowed\":");
        ear_json_out_text(&line, fault->allowed, strlen(fault->allowed));
    }
    ear_json_out_raw(&line, "}\n");
    return ear_json_out_length(&line);
}

/* The pairs that are there, in the order of their keys. */
static CborError write_pairs(CborEncoder *map, const struct ear_answer *answer, bool has_field)
{
    const struct ear_fault *fault = &answer->fault;
    CborError err = CborNoError;
    if (answer->n != 0) {
        err |= cbor_encode_uint(map, KEY_N) | cbor_encode_uint(map, answer->n);
    }
    err |= cbor_encode_uint(map, KEY_OK) | cbor_encode_boolean(map, fault->err == EAR_OK);
    if (fault->err == EAR_OK) {
        return answer->again ? err | cbor_encode_uint(map, KEY_AGAIN) | cbor_encode_boolean(map, true) : err;
    }
    err |= cbor_encode_uint(map, KEY_ERROR) | cbor_encode_int(map, fault->err);
    if (has_field) {
        err |= cbor_encode_uint(map, KEY_FIELD) | cbor_encode_uint(map, fault->key);
    }
    if (fault->offset != 0) {
        err |= cbor_encode_uint(map, KEY_AT) | cbor_encode_uint(map, fault->offset);
    }
    if (fault->allowed[0] != '\0') {
        err |= cbor_encode_uint(map, KEY_ALLOWED) | cbor_encode_text_stringz(map, fault->allowed);
    }
    return err;
}

int32_t ear_answer_to_cbor(const struct ear_answer *answer, uint8_t *out, size_t capacity)
{
    const struct ear_fault *fault = &answer->fault;
    bool has_field = ear_event_field_name(fault->key) != NULL;
    size_t pairs = answer->n != 0 ? 2 : 1;
    if (fault->err == EAR_OK) {
        pairs += answer->again;
    } else {
        pairs += 1u + has_field + (fault->offset != 0) + (fault->allowed[0] != '\0');
    }
    CborEncoder encoder;
    CborEncoder map;
    cbor_encoder_init(&encoder, out, capacity, 0);
    CborError err = cbor_encoder_create_map(&encoder, &map, pairs);
    err |= write_pairs(&map, answer, has_field);
    err |= cbor_encoder_close_container(&encoder, &map);
    return err == CborNoError ? (int32_t)cbor_encoder_get_buffer_size(&encoder, out) : EAR_ERR_FULL;
}
