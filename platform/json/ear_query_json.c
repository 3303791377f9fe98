/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_query_json.c - questions from JSON to CBOR. The way back: ear_query_json_out.c. */
#include "platform/json/ear_query_json.h"

#include "core/hear/ear_event_field.h"

#include <cbor.h>
#include <string.h>
#include <yyjson.h>

static const char one_object[] = "one JSON object such as {\"ask\":\"records\",\"status\":\"routed\"}";

static enum ear_err refuse(struct ear_fault *fault, enum ear_err err, unsigned key, const char *allowed)
{
    return ear_fault_set(fault, err, key, 0, allowed);
}

static unsigned find_key(const char *name)
{
    unsigned key = 0;
    while (key < EAR_QUERY_KEYS && strcmp(ear_query_field(key)->name, name) != 0) {
        key++;
    }
    return key;
}

/* A name as its code, or a number as it is. */
static bool number_of(const struct ear_query_field *field, yyjson_val *value, uint64_t *number)
{
    if (field->type >= EAR_QUERY_STATUS && yyjson_is_str(value)) {
        const struct ear_str name = {yyjson_get_str(value), (uint16_t)yyjson_get_len(value)};
        const int32_t code = ear_query_code((enum ear_query_type)field->type, name);
        *number = code >= 0 ? (uint64_t)code : UINT64_MAX; /* none is that great: the decoder refuses it */
        return true;
    }
    *number = yyjson_get_uint(value);
    return yyjson_is_uint(value);
}

static enum ear_err put(CborEncoder *map, unsigned key, yyjson_val *value, struct ear_fault *fault)
{
    const struct ear_query_field *field = ear_query_field(key);
    uint64_t number = 0;
    (void)cbor_encode_uint(map, key); /* what finds no room is seen at the end */
    if (field->type == EAR_QUERY_TEXT && yyjson_is_str(value)) {
        (void)cbor_encode_text_string(map, yyjson_get_str(value), yyjson_get_len(value));
    } else if (field->type != EAR_QUERY_TEXT && number_of(field, value, &number)) {
        (void)cbor_encode_uint(map, number);
    } else {
        return refuse(fault, EAR_ERR_TYPE, key, field->allowed);
    }
    return EAR_OK;
}

static enum ear_err put_all(CborEncoder *map, yyjson_val *root, struct ear_fault *fault)
{
    size_t i, count;
    yyjson_val *name, *value;
    yyjson_obj_foreach(root, i, count, name, value)
    {
        const unsigned key = find_key(yyjson_get_str(name));
        if (key == EAR_QUERY_KEYS) {
            return refuse(fault, EAR_ERR_UNKNOWN, EAR_QUERY_KEYS, "names that docs/drilldown.md lists");
        }
        const enum ear_err err = yyjson_is_null(value) ? EAR_OK : put(map, key, value, fault);
        if (err != EAR_OK) {
            return err;
        }
    }
    return EAR_OK;
}

static size_t count_members(yyjson_val *root)
{
    size_t i, count, present = 0;
    yyjson_val *name, *value;
    yyjson_obj_foreach(root, i, count, name, value)
    {
        present += yyjson_is_null(value) ? 0 : 1;
    }
    return present;
}

static int32_t convert(yyjson_val *root, uint8_t *out, size_t capacity, struct ear_fault *fault)
{
    CborEncoder top, map;
    if (!yyjson_is_obj(root)) {
        return refuse(fault, EAR_ERR_SYNTAX, EAR_QUERY_KEYS, one_object);
    }
    cbor_encoder_init(&top, out, capacity, 0);
    (void)cbor_encoder_create_map(&top, &map, count_members(root));
    const enum ear_err err = put_all(&map, root, fault);
    if (err != EAR_OK) {
        return err;
    }
    (void)cbor_encoder_close_container(&top, &map);
    if (cbor_encoder_get_extra_bytes_needed(&top) > 0) {
        return refuse(fault, EAR_ERR_TOO_LONG, EAR_QUERY_KEYS, "a shorter question");
    }
    return (int32_t)cbor_encoder_get_buffer_size(&top, out);
}

int32_t ear_query_from_json(const char *bytes, size_t length, uint8_t *out, size_t capacity, struct ear_fault *fault)
{
    char memory[12 * EAR_QUERY_JSON_BYTES + 1024];
    yyjson_alc pool;
    *fault = (struct ear_fault){.key = EAR_QUERY_KEYS, .allowed = ""};
    if (length > EAR_QUERY_JSON_BYTES || !yyjson_alc_pool_init(&pool, memory, sizeof memory)) {
        return refuse(fault, EAR_ERR_TOO_LONG, EAR_QUERY_KEYS, "a shorter question");
    }
    char line[EAR_QUERY_JSON_BYTES + 1];
    memcpy(line, bytes, length);
    yyjson_doc *doc = yyjson_read_opts(line, length, 0, &pool, NULL);
    const int32_t written = doc != NULL ? convert(yyjson_doc_get_root(doc), out, capacity, fault)
                                        : refuse(fault, EAR_ERR_SYNTAX, EAR_QUERY_KEYS, one_object);
    yyjson_doc_free(doc);
    return written;
}
