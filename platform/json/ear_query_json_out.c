/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_query_json_out.c - answers from CBOR to JSON. */
#include "platform/json/ear_query_json.h"

#include <cbor.h>

typedef const char *name_of(unsigned key, enum ear_query_type *form);

static void put_text(struct ear_json_out *out, const CborValue *value)
{
    const char *bytes = "";
    size_t length = 0;
    CborValue text = *value, next;
    if (cbor_value_begin_string_iteration(&text) == CborNoError &&
        cbor_value_get_text_string_chunk(&text, &bytes, &length, &next) == CborNoError) {
        ear_json_out_text(out, bytes, length);
    }
}

static void put_hash(struct ear_json_out *out, const CborValue *value)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[8] = {0};
    size_t length = sizeof hash;
    char hex[2 * sizeof hash + 1] = "";
    if (cbor_value_copy_byte_string(value, hash, &length, NULL) != CborNoError) {
        length = 0;
    }
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    ear_json_out_text(out, hex, 2 * length);
}

static void put_word(struct ear_json_out *out, const char *word, uint64_t number)
{
    if (word == NULL) {
        ear_json_out_number(out, number); /* of a later version */
        return;
    }
    ear_json_out_raw(out, "\"");
    ear_json_out_raw(out, word);
    ear_json_out_raw(out, "\"");
}

static void put_integer(struct ear_json_out *out, enum ear_query_type form, const CborValue *value)
{
    uint64_t number = 0;
    int err = 0;
    if (form == EAR_QUERY_ERROR && cbor_value_get_int(value, &err) == CborNoError) {
        put_word(out, ear_err_name(err), 0);
        return;
    }
    if (cbor_value_is_unsigned_integer(value)) {
        (void)cbor_value_get_uint64(value, &number);
    }
    if (form == EAR_QUERY_FIELD) {
        const struct ear_query_field *field = number < EAR_QUERY_KEYS ? ear_query_field((unsigned)number) : NULL;
        put_word(out, field != NULL ? field->name : NULL, number);
    } else {
        const bool named = form >= EAR_QUERY_STATUS && number <= UINT32_MAX;
        put_word(out, named ? ear_query_name(form, (uint32_t)number) : NULL, number);
    }
}

static void put_scalar(struct ear_json_out *out, enum ear_query_type form, const CborValue *value)
{
    if (cbor_value_is_text_string(value)) {
        put_text(out, value);
    } else if (cbor_value_is_byte_string(value)) {
        put_hash(out, value);
    } else {
        put_integer(out, form, value);
    }
}

static bool is_scalar(const CborValue *value)
{
    return (cbor_value_is_text_string(value) || cbor_value_is_byte_string(value)) ? cbor_value_is_length_known(value)
                                                                                  : cbor_value_is_integer(value);
}

static bool put_list(struct ear_json_out *out, CborValue *value)
{
    CborValue item;
    if (!cbor_value_is_array(value) || cbor_value_enter_container(value, &item) != CborNoError) {
        return false;
    }
    ear_json_out_raw(out, "[");
    for (bool first = true; !cbor_value_at_end(&item); first = false) {
        ear_json_out_raw(out, first ? "" : ",");
        if (!is_scalar(&item)) {
            return false;
        }
        put_scalar(out, EAR_QUERY_UINT, &item);
        if (cbor_value_advance(&item) != CborNoError) {
            return false;
        }
    }
    ear_json_out_raw(out, "]");
    return cbor_value_leave_container(value, &item) == CborNoError;
}

/* One value of a map that may hold lists of records: those are left for the caller, *records is set. */
static bool put_value(struct ear_json_out *out, enum ear_query_type form, CborValue *value, bool *records)
{
    *records = form == EAR_QUERY_RECORDS;
    if (*records) {
        return true;
    }
    if (form == EAR_QUERY_TEXTS || form == EAR_QUERY_UINTS) {
        return put_list(out, value);
    }
    if (!is_scalar(value)) {
        return false;
    }
    put_scalar(out, form, value);
    return cbor_value_advance(value) == CborNoError;
}

/* Step over a key and say its name; name NULL: not known here. False at the end or where this is no such map. */
static bool next_key(struct ear_json_out *out, name_of *names, CborValue *item, const char **name,
                     enum ear_query_type *form, bool *first)
{
    uint64_t key = 0;
    if (cbor_value_at_end(item) || !cbor_value_is_unsigned_integer(item)) {
        return false;
    }
    (void)cbor_value_get_uint64(item, &key);
    if (cbor_value_advance(item) != CborNoError || cbor_value_at_end(item)) {
        return false;
    }
    *name = key <= UINT8_MAX ? names((unsigned)key, form) : NULL;
    if (*name != NULL) {
        ear_json_out_raw(out, *first ? "" : ",");
        put_word(out, *name, 0);
        ear_json_out_raw(out, ":");
        *first = false;
    }
    return true;
}

static bool put_record(struct ear_json_out *out, CborValue *value)
{
    enum ear_query_type form = EAR_QUERY_UINT;
    const char *name = NULL;
    bool first = true, records = false;
    CborValue item;
    if (!cbor_value_is_map(value) || cbor_value_enter_container(value, &item) != CborNoError) {
        return false;
    }
    ear_json_out_raw(out, "{");
    while (next_key(out, ear_query_told_name, &item, &name, &form, &first)) {
        const bool taken =
            name == NULL ? cbor_value_advance(&item) == CborNoError : put_value(out, form, &item, &records) && !records;
        if (!taken) {
            return false;
        }
    }
    ear_json_out_raw(out, "}");
    return cbor_value_at_end(&item) && cbor_value_leave_container(value, &item) == CborNoError;
}

static bool put_records(struct ear_json_out *out, CborValue *value)
{
    CborValue item;
    if (!cbor_value_is_array(value) || cbor_value_enter_container(value, &item) != CborNoError) {
        return false;
    }
    ear_json_out_raw(out, "[");
    for (bool first = true; !cbor_value_at_end(&item); first = false) {
        ear_json_out_raw(out, first ? "" : ",");
        if (!put_record(out, &item)) {
            return false;
        }
    }
    ear_json_out_raw(out, "]");
    return cbor_value_leave_container(value, &item) == CborNoError;
}

bool ear_query_to_json(const uint8_t *bytes, size_t length, struct ear_json_out *out)
{
    enum ear_query_type form = EAR_QUERY_UINT;
    const char *name = NULL;
    bool first = true, records = false;
    CborParser parser;
    CborValue map, item;
    if (cbor_parser_init(bytes, length, 0, &parser, &map) != CborNoError || !cbor_value_is_map(&map) ||
        cbor_value_enter_container(&map, &item) != CborNoError) {
        return false;
    }
    ear_json_out_raw(out, "{");
    while (next_key(out, ear_query_reply_name, &item, &name, &form, &first)) {
        const bool taken = name == NULL
                               ? cbor_value_advance(&item) == CborNoError
                               : put_value(out, form, &item, &records) && (!records || put_records(out, &item));
        if (!taken) {
            return false;
        }
    }
    ear_json_out_raw(out, "}");
    return cbor_value_at_end(&item);
}
