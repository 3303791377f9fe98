/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_event_field.c - the table of fields, made from ear_event.def. */
#include "core/hear/ear_event_field.h"

#include <assert.h>
#include <string.h>

static_assert(EAR_EVENT_KEY_COUNT <= 32, "present has a bit for each field");
static_assert(EAR_EVENT_BYTES <= UINT16_MAX, "lengths of strings are 16 bits");
static_assert(EAR_LABEL_BYTES <= EAR_ID_BYTES && EAR_ID_BYTES <= EAR_EVENT_BYTES, "limits nest");

#define TIME_LIMIT_MS (UINT64_C(1) << 53) /* what a JSON number holds exactly everywhere */
#define MEMBER_BYTES(member) sizeof(((struct ear_event *)0)->member)
#define QUOTE_(x) #x
#define QUOTE(x) QUOTE_(x)

static const struct ear_event_field fields[EAR_EVENT_KEY_COUNT] = {
#define EAR_FIELD(key, text, carried, member)                        \
    [key] = {.offset = (uint16_t)offsetof(struct ear_event, member), \
             .size = (uint8_t)MEMBER_BYTES(member),                  \
             .type = EAR_TYPE_##carried},
#include "core/hear/ear_event.def"
};

static const char *const field_names[EAR_EVENT_KEY_COUNT] = {
#define EAR_FIELD(key, text, carried, member) [key] = text,
#include "core/hear/ear_event.def"
};

/* Which codes there are: apart from their names, which a device need not have. */
static const bool known[EAR_TYPE_COUNT - EAR_TYPE_KIND][EAR_KIND_COUNT] = {
#define EAR_KIND(code, NAME, name, required, says) [0][code] = true,
#define EAR_NAME(enumeration, code, NAME, name) [EAR_TYPE_##enumeration - EAR_TYPE_KIND][code] = true,
#include "core/hear/ear_event.def"
};

static const char *const names[EAR_TYPE_COUNT - EAR_TYPE_KIND][EAR_KIND_COUNT] = {
#define EAR_KIND(code, NAME, name, required, says) [0][code] = name,
#define EAR_NAME(enumeration, code, NAME, name) [EAR_TYPE_##enumeration - EAR_TYPE_KIND][code] = name,
#include "core/hear/ear_event.def"
};

static const char *const allowed[EAR_TYPE_COUNT] = {
    [EAR_TYPE_UINT] = "a whole number from 0 to 4294967295",
    [EAR_TYPE_TIME] = "milliseconds since 1970-01-01, a whole number from 0 to 9007199254740992",
    [EAR_TYPE_PERMILLE] = "a number from 0 to 1 (CBOR: from 0 to 1000)",
    [EAR_TYPE_BOOL] = "true or false",
    [EAR_TYPE_ID] = "text of 1 to " QUOTE(EAR_ID_BYTES) " bytes without control characters",
    [EAR_TYPE_LABEL] = "text of 1 to " QUOTE(EAR_LABEL_BYTES) " bytes without control characters",
    [EAR_TYPE_TEXT] = "text in UTF-8",
    [EAR_TYPE_LANGUAGE] = "two lower-case letters, ISO 639-1",
    [EAR_TYPE_CURRENCY] = "three upper-case letters, ISO 4217",
    [EAR_TYPE_KIND] = "one of"
#define EAR_KIND(code, NAME, name, required, says) " " name
#include "core/hear/ear_event.def"
    ,
    [EAR_TYPE_FROM] = "one of user bot agent",
    [EAR_TYPE_REASON] = "one of human_requested low_confidence repetition_loop incomplete_info other",
    [EAR_TYPE_MODE] = "one of routed closed_out",
    [EAR_TYPE_BY] = "one of user bot agent idle left",
    [EAR_TYPE_RECEIPT] = "one of sent delivered rejected expired undeliverable",
    [EAR_TYPE_SENTIMENT] = "one of neutral positive negative",
};

const struct ear_event_field *ear_event_field(unsigned key)
{
    return key < EAR_EVENT_KEY_COUNT ? &fields[key] : NULL;
}

const char *ear_event_field_name(unsigned key)
{
    return key < EAR_EVENT_KEY_COUNT ? field_names[key] : NULL;
}

enum ear_event_form ear_event_form(enum ear_event_type type)
{
    if (type >= EAR_TYPE_KIND) {
        return EAR_FORM_CODE;
    }
    if (type == EAR_TYPE_BOOL) {
        return EAR_FORM_BOOL;
    }
    return type <= EAR_TYPE_PERMILLE ? EAR_FORM_NUMBER : EAR_FORM_TEXT;
}

bool ear_event_knows(enum ear_event_type type, uint64_t code)
{
    return type >= EAR_TYPE_KIND && type < EAR_TYPE_COUNT && code < EAR_KIND_COUNT && known[type - EAR_TYPE_KIND][code];
}

const char *ear_event_name(enum ear_event_type type, unsigned code)
{
    return ear_event_knows(type, code) ? names[type - EAR_TYPE_KIND][code] : NULL;
}

const char *ear_event_allowed(unsigned key)
{
    assert(key < EAR_EVENT_KEY_COUNT);
    return key == EAR_EVENT_KEY_version ? QUOTE(EAR_EVENT_VERSION) : allowed[fields[key].type];
}

/* Letters between two, exactly so many. */
static bool is_code_of_letters(const char *bytes, size_t length, size_t wanted, char first, char last)
{
    if (length != wanted) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < first || bytes[i] > last) {
            return false;
        }
    }
    return true;
}

static bool has_control_character(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((uint8_t)bytes[i] < 0x20 || bytes[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static enum ear_err check_name(const char *bytes, size_t length, size_t limit)
{
    if (length > limit) {
        return EAR_ERR_TOO_LONG;
    }
    return length == 0 || has_control_character(bytes, length) ? EAR_ERR_RANGE : EAR_OK;
}

static enum ear_err check_number(unsigned key, uint64_t number)
{
    enum ear_event_type type = (enum ear_event_type)fields[key].type;
    if (key == EAR_EVENT_KEY_version) {
        return number == EAR_EVENT_VERSION ? EAR_OK : EAR_ERR_VERSION;
    }
    if (type >= EAR_TYPE_KIND) {
        return ear_event_knows(type, number) ? EAR_OK : EAR_ERR_UNKNOWN;
    }
    uint64_t limit = type == EAR_TYPE_UINT   ? UINT32_MAX
                     : type == EAR_TYPE_TIME ? TIME_LIMIT_MS
                     : type == EAR_TYPE_BOOL ? 1
                                             : 1000;
    return number <= limit ? EAR_OK : EAR_ERR_RANGE;
}

static enum ear_err check_text(enum ear_event_type type, const char *bytes, size_t length)
{
    switch (type) {
    case EAR_TYPE_ID:
        return check_name(bytes, length, EAR_ID_BYTES);
    case EAR_TYPE_LABEL:
        return check_name(bytes, length, EAR_LABEL_BYTES);
    case EAR_TYPE_LANGUAGE:
        return is_code_of_letters(bytes, length, 2, 'a', 'z') ? EAR_OK : EAR_ERR_RANGE;
    case EAR_TYPE_CURRENCY:
        return is_code_of_letters(bytes, length, 3, 'A', 'Z') ? EAR_OK : EAR_ERR_RANGE;
    default:
        return length <= EAR_EVENT_BYTES ? EAR_OK : EAR_ERR_TOO_LONG;
    }
}

static void store(void *member, size_t size, uint64_t number)
{
    uint8_t byte = (uint8_t)number;
    uint16_t half = (uint16_t)number;
    uint32_t word = (uint32_t)number;
    const void *from = size == 1 ? (const void *)&byte : size == 2 ? &half : size == 4 ? &word : (const void *)&number;
    memcpy(member, from, size);
}

enum ear_err ear_event_put_number(struct ear_event *event, unsigned key, uint64_t number)
{
    assert(key < EAR_EVENT_KEY_COUNT && (event->present & (1u << key)) == 0);
    enum ear_err err = check_number(key, number);
    if (err == EAR_OK) {
        store((char *)event + fields[key].offset, fields[key].size, number);
        event->present |= 1u << key;
    }
    return err;
}

enum ear_err ear_event_put_text(struct ear_event *event, unsigned key, const char *bytes, size_t length)
{
    assert(key < EAR_EVENT_KEY_COUNT && (event->present & (1u << key)) == 0);
    enum ear_event_type type = (enum ear_event_type)fields[key].type;
    enum ear_err err = check_text(type, bytes, length);
    if (err != EAR_OK) {
        return err;
    }
    void *member = (char *)event + fields[key].offset;
    if (type == EAR_TYPE_LANGUAGE || type == EAR_TYPE_CURRENCY) {
        memcpy(member, bytes, length);
    } else {
        memcpy(member, &(struct ear_str){.bytes = bytes, .length = (uint16_t)length}, sizeof(struct ear_str));
    }
    event->present |= 1u << key;
    return EAR_OK;
}

uint64_t ear_event_get_number(const struct ear_event *event, unsigned key)
{
    assert(key < EAR_EVENT_KEY_COUNT && (event->present & (1u << key)) != 0);
    const char *member = (const char *)event + fields[key].offset;
    uint8_t byte;
    uint16_t half;
    uint32_t word;
    uint64_t number;
    switch (fields[key].size) {
    case sizeof(byte):
        return memcpy(&byte, member, sizeof(byte)), byte;
    case sizeof(half):
        return memcpy(&half, member, sizeof(half)), half;
    case sizeof(word):
        return memcpy(&word, member, sizeof(word)), word;
    default:
        return memcpy(&number, member, sizeof(number)), number;
    }
}

struct ear_str ear_event_get_text(const struct ear_event *event, unsigned key)
{
    assert(key < EAR_EVENT_KEY_COUNT && (event->present & (1u << key)) != 0);
    const char *member = (const char *)event + fields[key].offset;
    if (fields[key].type == EAR_TYPE_LANGUAGE || fields[key].type == EAR_TYPE_CURRENCY) {
        return (struct ear_str){.bytes = member, .length = fields[key].size};
    }
    struct ear_str text;
    memcpy(&text, member, sizeof(text));
    return text;
}
