/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_query.c - the fields of ear_query.def, and requests decoded. The answers: ear_query_answer.c.
 * Takes definite lengths and any order of keys. After a fault in a value reading goes on, so that the id is known to
 * whoever answers. */
#include "core/tell/ear_query.h"

#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/hear/ear_event_field.h"
#include "core/tell/ear_delivery_request.h"

/* --- the tables --- */

static const struct ear_query_field fields[EAR_QUERY_KEYS] = {
#define EAR_ASK(key, name, TYPE, member, least, most, allowed, says) \
    [key] = {name, allowed, least, most, (uint16_t)offsetof(struct ear_query, member), EAR_QUERY_##TYPE},
#include "core/tell/ear_query.def"
};

static const struct {
    const char *name;
    uint8_t type, code;
} names[] = {
#define EAR_QUERY_NAME(ENUMERATION, code, name) {name, EAR_QUERY_##ENUMERATION, code},
#include "core/tell/ear_query.def"
};

struct line {
    const char *name;
    uint8_t form;
};

static const struct line replies[EAR_REPLY_KEYS] = {
#define EAR_REPLY(key, name, FORM, NAME) [key] = {name, EAR_QUERY_##FORM},
#include "core/tell/ear_query.def"
};

static const struct line tolds[EAR_TOLD_KEYS] = {
#define EAR_TOLD(key, name, FORM, NAME) [key] = {name, EAR_QUERY_##FORM},
#include "core/tell/ear_query.def"
};

const struct ear_query_field *ear_query_field(unsigned key)
{
    return key < EAR_QUERY_KEYS ? &fields[key] : NULL;
}

const char *ear_query_reply_name(unsigned key, enum ear_query_type *form)
{
    if (key >= EAR_REPLY_KEYS) {
        return NULL;
    }
    *form = (enum ear_query_type)replies[key].form;
    return replies[key].name;
}

const char *ear_query_told_name(unsigned key, enum ear_query_type *form)
{
    if (key >= EAR_TOLD_KEYS) {
        return NULL;
    }
    *form = (enum ear_query_type)tolds[key].form;
    return tolds[key].name;
}

const char *ear_query_name(enum ear_query_type type, uint32_t code)
{
    for (size_t i = 0; i < EAR_COUNT_OF(names); i++) {
        if (names[i].type == (uint8_t)type && names[i].code == code) {
            return names[i].name;
        }
    }
    return NULL;
}

int32_t ear_query_code(enum ear_query_type type, struct ear_str name)
{
    for (size_t i = 0; i < EAR_COUNT_OF(names); i++) {
        if (names[i].type == (uint8_t)type && strlen(names[i].name) == name.length &&
            memcmp(names[i].name, name.bytes, name.length) == 0) {
            return names[i].code;
        }
    }
    return -1;
}

/* --- reading --- */

/* Major types (RFC 8949 section 3.1). */
enum { UINT = 0, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6 };

static const char one_map[] = "one CBOR map with integer keys and definite lengths (RFC 8949)";

struct reader {
    const uint8_t *bytes;
    size_t length, at;
    bool broken; /* not CBOR: what follows means nothing */
    struct ear_fault *fault;
};

struct item {
    uint8_t major;
    uint64_t value;
};

/* The first fault stays. */
static void refuse(struct reader *reader, enum ear_err err, unsigned key, const char *allowed)
{
    if (reader->fault->err == EAR_OK) {
        (void)ear_fault_set(reader->fault, err, key, reader->at, allowed);
    }
}

static void break_off(struct reader *reader)
{
    refuse(reader, EAR_ERR_SYNTAX, EAR_QUERY_KEYS, one_map);
    reader->broken = true;
    reader->at = reader->length;
}

static struct item read_item(struct reader *reader)
{
    struct item item = {0};
    if (reader->at == reader->length) {
        break_off(reader);
        return item;
    }
    const uint8_t info = reader->bytes[reader->at] & 0x1fu;
    item.major = reader->bytes[reader->at++] >> 5;
    item.value = info;
    if (info < 24) {
        return item;
    }
    unsigned size = info <= 27 ? 1u << (info - 24u) : 0;
    if (size == 0 || reader->length - reader->at < size) {
        break_off(reader);
        return (struct item){0};
    }
    for (item.value = 0; size > 0; size--) {
        item.value = item.value << 8 | reader->bytes[reader->at++];
    }
    return item;
}

/* What follows the head of an item that is of no interest: counts what is still to come, so nesting needs no stack. */
static void skip_rest(struct reader *reader, struct item item)
{
    for (uint64_t left = 0;; left--, item = read_item(reader)) {
        const uint64_t rest = reader->length - reader->at;
        if (item.major >= BYTES && item.major <= MAP && item.value > rest) {
            break_off(reader);
        } else if (item.major == BYTES || item.major == TEXT) {
            reader->at += (size_t)item.value;
        } else if (item.major == ARRAY || item.major == MAP) {
            left += item.major == MAP ? 2 * item.value : item.value;
        } else if (item.major == TAG) {
            left++;
        }
        if (left == 0 || reader->broken) {
            return;
        }
    }
}

/* --- fields --- */

static void put_text(struct reader *reader, struct ear_query *query, unsigned key, size_t length)
{
    const struct ear_query_field *field = &fields[key];
    const struct ear_str text = {(const char *)reader->bytes + reader->at, (uint16_t)length};
    if (length < field->least || length > field->most) {
        refuse(reader, length < field->least ? EAR_ERR_RANGE : EAR_ERR_TOO_LONG, key, field->allowed);
    } else if (ear_utf8_validate(text.bytes, length) != length) {
        refuse(reader, EAR_ERR_UTF8, key, field->allowed);
    } else {
        memcpy((char *)query + field->offset, &text, sizeof(text));
        query->present |= 1u << key;
    }
}

static void put_number(struct reader *reader, struct ear_query *query, unsigned key, uint64_t number)
{
    const struct ear_query_field *field = &fields[key];
    const uint32_t value = (uint32_t)number;
    if (number < field->least || number > field->most) {
        const enum ear_err err = field->type >= EAR_QUERY_STATUS ? EAR_ERR_UNKNOWN
                                 : key == EAR_QUERY_KEY_version  ? EAR_ERR_VERSION
                                                                 : EAR_ERR_RANGE;
        refuse(reader, err, key, field->allowed);
        return;
    }
    memcpy((char *)query + field->offset, &value, sizeof(value));
    query->present |= 1u << key;
}

static void read_value(struct reader *reader, struct ear_query *query, unsigned key)
{
    const struct item item = read_item(reader);
    const bool is_text = fields[key].type == EAR_QUERY_TEXT;
    if (reader->broken) {
        return;
    }
    if ((query->present & (1u << key)) != 0) {
        refuse(reader, EAR_ERR_DUPLICATE, key, "each field once");
    } else if (item.major != (is_text ? TEXT : UINT)) {
        refuse(reader, EAR_ERR_TYPE, key, fields[key].allowed);
    } else if (!is_text) {
        put_number(reader, query, key, item.value);
    } else if (item.value <= reader->length - reader->at) {
        put_text(reader, query, key, (size_t)item.value);
    }
    skip_rest(reader, item);
}

static void read_pair(struct reader *reader, struct ear_query *query)
{
    const struct item key = read_item(reader);
    if (key.major == UINT && key.value < EAR_QUERY_KEYS) {
        read_value(reader, query, (unsigned)key.value);
        return;
    }
    skip_rest(reader, key);
    if (!reader->broken) {
        skip_rest(reader, read_item(reader));
    }
}

/* What one field alone cannot show. */
static void check(struct reader *reader, const struct ear_query *query)
{
    static const char records[] = "records";
    if ((query->present & EAR_ASKS(ask)) == 0) {
        refuse(reader, EAR_ERR_MISSING, EAR_QUERY_KEY_ask, fields[EAR_QUERY_KEY_ask].allowed);
    } else if (query->ask.length != sizeof(records) - 1 ||
               memcmp(query->ask.bytes, records, sizeof(records) - 1) != 0) {
        refuse(reader, EAR_ERR_UNKNOWN, EAR_QUERY_KEY_ask, fields[EAR_QUERY_KEY_ask].allowed);
    }
}

enum ear_err ear_query_decode(struct ear_query *query, const uint8_t *bytes, size_t length, struct ear_fault *fault)
{
    struct reader reader = {.bytes = bytes, .length = length, .fault = fault};
    memset(query, 0, sizeof(*query));
    (void)ear_fault_set(fault, EAR_OK, EAR_QUERY_KEYS, 0, "");
    if (length > EAR_QUERY_BYTES) {
        return ear_fault_set(fault, EAR_ERR_TOO_LONG, EAR_QUERY_KEYS, 0, "a shorter request");
    }
    const struct item map = read_item(&reader);
    if (!reader.broken && map.major != MAP) {
        refuse(&reader, EAR_ERR_TYPE, EAR_QUERY_KEYS, one_map);
        return (enum ear_err)fault->err;
    }
    for (uint64_t left = map.value; left > 0 && !reader.broken; left--) {
        read_pair(&reader, query);
    }
    if (!reader.broken && reader.at < length) {
        refuse(&reader, EAR_ERR_SYNTAX, EAR_QUERY_KEYS, one_map);
    }
    check(&reader, query);
    return (enum ear_err)fault->err;
}
