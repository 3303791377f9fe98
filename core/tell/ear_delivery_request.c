/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tell/ear_delivery_request.h"

#include <assert.h>
#include <cbor.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/model/ear_cbor.h"
#include "core/tell/ear_query.h"

static const char verb[] = "deliver";
static const char form[] = "one CBOR map: kind, name, bytes, tag of 8 bytes, at, and the piece (SPEC.md)";

/* --- reading --- */

static bool is_verb(struct ear_cbor *in)
{
    const uint8_t *text;
    uint32_t length;

    return ear_cbor_string(in, EAR_CBOR_TEXT, &text, &length) && length == sizeof(verb) - 1 &&
           memcmp(text, verb, sizeof(verb) - 1) == 0;
}

bool ear_delivery_is_request(const uint8_t *bytes, size_t length)
{
    struct ear_cbor in = {.bytes = bytes, .length = (uint32_t)length};
    uint64_t pairs, key;

    if (length > UINT16_MAX || !ear_cbor_count(&in, EAR_CBOR_MAP, &pairs)) {
        return false;
    }
    for (; pairs > 0; pairs--) {
        if (!ear_cbor_uint(&in, UINT64_MAX, &key)) {
            return false;
        }
        if (key == EAR_QUERY_KEY_ask) {
            return is_verb(&in);
        }
        if (!ear_cbor_skip(&in)) {
            return false;
        }
    }
    return false;
}

static bool read_uint32(struct ear_cbor *in, uint32_t *number)
{
    uint64_t value;

    if (!ear_cbor_uint(in, UINT32_MAX, &value)) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

static bool read_id(struct ear_cbor *in, struct ear_delivery_request *request)
{
    const uint8_t *text;
    uint32_t length;

    if (!ear_cbor_string(in, EAR_CBOR_TEXT, &text, &length) || length > EAR_QUERY_ID_BYTES ||
        ear_utf8_validate((const char *)text, length) != length) {
        return false;
    }
    request->id = (struct ear_str){(const char *)text, (uint16_t)length};
    return true;
}

/* A name is a word in logs and the shell: letters, digits, `_`, `-`, `.`. */
static bool read_name(struct ear_cbor *in, struct ear_delivery_request *request)
{
    const uint8_t *text;
    uint32_t length;

    if (!ear_cbor_string(in, EAR_CBOR_TEXT, &text, &length) || length == 0 || length > EAR_DELIVERY_NAME_BYTES) {
        return false;
    }
    for (uint32_t i = 0; i < length; i++) {
        const uint8_t c = text[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '-' && c != '.' && c != '+') {
            return false;
        }
    }
    memcpy(request->name, text, length);
    request->name[length] = '\0';
    return true;
}

static bool read_kind(struct ear_cbor *in, struct ear_delivery_request *request)
{
    uint64_t kind;

    if (!ear_cbor_uint(in, EAR_DELIVERY_KINDS - 1, &kind)) {
        return false;
    }
    request->kind = (uint8_t)kind;
    return true;
}

static bool read_tag(struct ear_cbor *in, struct ear_delivery_request *request)
{
    uint32_t length;

    return ear_cbor_string(in, EAR_CBOR_BYTES, &request->tag, &length) && length == EAR_DELIVERY_TAG_BYTES;
}

static bool read_piece(struct ear_cbor *in, struct ear_delivery_request *request)
{
    return ear_cbor_string(in, EAR_CBOR_BYTES, &request->piece, &request->piece_bytes);
}

static bool read_value(struct ear_cbor *in, uint64_t key, struct ear_delivery_request *request)
{
    switch (key) {
    case EAR_QUERY_KEY_id:
        return read_id(in, request);
    case EAR_DELIVERY_KEY_KIND:
        return read_kind(in, request);
    case EAR_DELIVERY_KEY_NAME:
        return read_name(in, request);
    case EAR_DELIVERY_KEY_BYTES:
        return read_uint32(in, &request->bytes);
    case EAR_DELIVERY_KEY_TAG:
        return read_tag(in, request);
    case EAR_DELIVERY_KEY_AT:
        return read_uint32(in, &request->at);
    case EAR_DELIVERY_KEY_PIECE:
        return read_piece(in, request);
    default:
        return ear_cbor_skip(in);
    }
}

enum ear_err ear_delivery_decode(struct ear_delivery_request *request, const uint8_t *bytes, size_t length,
                                 const char **why)
{
    struct ear_cbor in = {.bytes = bytes, .length = (uint32_t)length};
    uint64_t pairs, key;

    *request = (struct ear_delivery_request){.kind = EAR_DELIVERY_KINDS};
    *why = form;
    if (length > UINT16_MAX || !ear_cbor_count(&in, EAR_CBOR_MAP, &pairs)) {
        return EAR_ERR_SYNTAX;
    }
    for (; pairs > 0; pairs--) {
        if (!ear_cbor_uint(&in, UINT64_MAX, &key) || !read_value(&in, key, request)) {
            return EAR_ERR_SYNTAX;
        }
    }
    if (in.at != length) {
        return EAR_ERR_SYNTAX;
    }
    if (request->kind == EAR_DELIVERY_KINDS || request->name[0] == '\0' || request->tag == NULL ||
        request->bytes == 0) {
        return EAR_ERR_MISSING;
    }
    if (request->piece_bytes > EAR_DELIVERY_PIECE_BYTES) {
        *why = "a shorter piece";
        return EAR_ERR_TOO_LONG;
    }
    if (request->at > request->bytes || request->piece_bytes > request->bytes - request->at) {
        *why = "a piece that lies within the whole";
        return EAR_ERR_RANGE;
    }
    return EAR_OK;
}

/* --- the answer --- */

static void latched(CborError error)
{
    assert(error == CborNoError);
    (void)error;
}

static void put_uint(CborEncoder *map, unsigned key, uint64_t value)
{
    latched(cbor_encode_uint(map, key));
    latched(cbor_encode_uint(map, value));
}

static void put_text(CborEncoder *map, unsigned key, const char *text, size_t length)
{
    latched(cbor_encode_uint(map, key));
    latched(cbor_encode_text_string(map, text, length));
}

int32_t ear_delivery_reply(const struct ear_delivery_request *request, const struct ear_delivery_answer *answer,
                           uint8_t *out, size_t capacity)
{
    const bool refused = answer->err != EAR_OK;
    CborEncoder top, map;

    assert(capacity >= EAR_DELIVERY_ANSWER_BYTES);
    cbor_encoder_init(&top, out, capacity, 0);
    latched(cbor_encoder_create_map(&top, &map, refused ? 5 : 4));
    put_uint(&map, EAR_REPLY_VERSION, EAR_QUERY_VERSION);
    put_text(&map, EAR_REPLY_ID, request->id.length > 0 ? request->id.bytes : "", request->id.length);
    if (refused) {
        const size_t length = strlen(answer->why);
        latched(cbor_encode_uint(&map, EAR_REPLY_ERROR));
        latched(cbor_encode_int(&map, answer->err));
        put_text(&map, EAR_REPLY_ALLOWED, answer->why, length < 128 ? length : 128);
        put_uint(&map, EAR_REPLY_WRITTEN, answer->written);
    } else {
        put_uint(&map, EAR_REPLY_WRITTEN, answer->written);
        put_uint(&map, EAR_REPLY_STATE, answer->state);
    }
    latched(cbor_encoder_close_container(&top, &map));
    return (int32_t)cbor_encoder_get_buffer_size(&top, out);
}
