/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_event_json.c - JSON events, read with yyjson out of a fixed pool. The hot way in of a host: the
 * pool is a stack that is emptied at each event, and names are found by one hash of their first eight bytes. */
#include "platform/json/ear_event_json.h"

#include <assert.h>
#include <string.h>

#include "yyjson.h"

#include "core/base/ear_utf8.h"
#include "core/hear/ear_event_field.h"

#define DEPTH_LIMIT 4 /* as in CBOR: maps and arrays inside of each other in the value of a field that is not ours */
#define POOL_ALIGN 16u
#define SLACK_BYTES 8u /* behind the pool's last byte in use: heads of names are read eight bytes at a time */

static const char one_object[] = "one JSON object (RFC 8259)";

/* -- the pool
 * ----------------------------------------------------------------------------------------------------------- */

static void *pool_take(void *context, size_t size)
{
    struct ear_json *json = context;
    size_t start = (json->pool_used + POOL_ALIGN - 1) & ~(size_t)(POOL_ALIGN - 1);
    if (size > sizeof(json->pool) - SLACK_BYTES - start) {
        return NULL;
    }
    json->pool_used = start + size;
    json->pool_last = start;
    return json->pool + start;
}

/* The text, where yyjson may unescape strings in place, and the zeros that it wants behind: the pool's first block. */
static char *copy_to_pool(struct ear_json *json, const char *bytes, size_t length)
{
    json->text_high = length > json->text_high ? length : json->text_high;
    memcpy(json->pool, bytes, length);
    memset(json->pool + length, 0, YYJSON_PADDING_SIZE);
    json->pool_used = length + YYJSON_PADDING_SIZE;
    return json->pool;
}

/* yyjson grows only what it took last. */
static void *pool_grow(void *context, void *block, size_t old_size, size_t size)
{
    struct ear_json *json = context;
    (void)old_size;
    assert(block == json->pool + json->pool_last);
    if (size > sizeof(json->pool) - SLACK_BYTES - json->pool_last) {
        return NULL;
    }
    json->pool_used = json->pool_last + size;
    return block;
}

static void pool_give_back(void *context, void *block)
{
    (void)context; /* all of it at the next event */
    (void)block;
}

/* -- names
 * -------------------------------------------------------------------------------------------------------------- */

/* The first eight bytes of a name, zeros behind a shorter one. Eight bytes are read in any case. */
static inline uint64_t head_of(const char *name, size_t length)
{
    static const uint8_t ones[2 * sizeof(uint64_t)] = {255, 255, 255, 255, 255, 255, 255, 255};
    uint64_t head;
    uint64_t mask;
    memcpy(&head, name, sizeof(head));
    memcpy(&mask, ones + sizeof(head) - (length < sizeof(head) ? length : sizeof(head)), sizeof(mask));
    return head & mask;
}

static inline uint32_t bucket_of(uint64_t head, size_t length, unsigned type)
{
    return (uint32_t)((head + length + (uint64_t)type * 0x100) * UINT64_C(0x9e3779b97f4a7c15) >> 55) &
           (EAR_JSON_BUCKETS - 1u);
}

static inline bool is_word(const struct ear_json_word *word, uint64_t head, unsigned type, const char *name,
                           size_t length)
{
    return word->head == head && word->length == length && word->type == type &&
           (length <= sizeof(head) ||
            memcmp(name + sizeof(head), word->name + sizeof(head), length - sizeof(head)) == 0);
}

static const struct ear_json_word *look_up(const struct ear_json *json, uint64_t head, unsigned type, const char *name,
                                           size_t length)
{
    uint32_t at = bucket_of(head, length, type);
    for (; json->buckets[at] != 0; at = (at + 1) & (EAR_JSON_BUCKETS - 1u)) {
        const struct ear_json_word *word = &json->words[json->buckets[at] - 1];
        if (is_word(word, head, type, name, length)) {
            return word;
        }
    }
    return NULL;
}

static const struct ear_json_word *find_word(const struct ear_json *json, unsigned type, const char *name,
                                             size_t length)
{
    return look_up(json, head_of(name, length), type, name, length);
}

/* The field of this name. A source mostly writes its fields in the same order, so the one that stood at this place in
 * the last object is tried first. */
static const struct ear_json_word *find_field(struct ear_json *json, size_t place, const char *name, size_t length)
{
    uint64_t head = head_of(name, length);
    uint8_t *guess = &json->guesses[place % EAR_JSON_GUESSES];
    const struct ear_json_word *word = &json->words[*guess];
    if (is_word(word, head, EAR_TYPE_COUNT, name, length)) {
        return word;
    }
    word = look_up(json, head, EAR_TYPE_COUNT, name, length);
    if (word != NULL) {
        *guess = (uint8_t)(word - json->words);
    }
    return word;
}

static void learn_word(struct ear_json *json, unsigned type, unsigned code, const char *name)
{
    size_t length = strlen(name);
    char padded[EAR_JSON_WORD_BYTES + 1] = {0};
    assert(json->word_count < EAR_JSON_WORDS && length <= EAR_JSON_WORD_BYTES);
    memcpy(padded, name, length);
    struct ear_json_word *word = &json->words[json->word_count++];
    *word = (struct ear_json_word){.name = name,
                                   .head = head_of(padded, length),
                                   .length = (uint8_t)length,
                                   .type = (uint8_t)type,
                                   .code = (uint8_t)code};
    uint32_t at = bucket_of(word->head, length, type);
    while (json->buckets[at] != 0) {
        at = (at + 1) & (EAR_JSON_BUCKETS - 1u);
    }
    json->buckets[at] = (uint8_t)json->word_count;
}

void ear_json_init(struct ear_json *json)
{
    assert(EAR_EVENT_BYTES + YYJSON_PADDING_SIZE + POOL_ALIGN + SLACK_BYTES +
               yyjson_read_max_memory_usage(EAR_EVENT_BYTES, YYJSON_READ_INSITU) <=
           sizeof(json->pool));
    memset(json->buckets, 0, sizeof(json->buckets));
    memset(json->guesses, 0, sizeof(json->guesses));
    json->word_count = 0;
    json->pool_used = 0;
    json->pool_last = 0;
    json->text_high = 0;
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        learn_word(json, EAR_TYPE_COUNT, key, ear_event_field_name(key));
    }
    for (unsigned type = EAR_TYPE_KIND; type < EAR_TYPE_COUNT; type++) {
        for (unsigned code = 0; code < EAR_KIND_COUNT; code++) {
            const char *name = ear_event_name((enum ear_event_type)type, code);
            if (name != NULL) {
                learn_word(json, type, code, name);
            }
        }
    }
}

/* -- values
 * ------------------------------------------------------------------------------------------------------------- */

static enum ear_err put_integer(struct ear_event *event, unsigned key, yyjson_val *value)
{
    if (!unsafe_yyjson_is_num(value)) {
        return EAR_ERR_TYPE;
    }
    if (!unsafe_yyjson_is_uint(value)) {
        return EAR_ERR_RANGE; /* negative, or with a fraction */
    }
    return ear_event_put_number(event, key, unsafe_yyjson_get_uint(value));
}

static enum ear_err put_fraction(struct ear_event *event, unsigned key, yyjson_val *value)
{
    if (!unsafe_yyjson_is_num(value)) {
        return EAR_ERR_TYPE;
    }
    double fraction = yyjson_get_num(value);
    if (!(fraction >= 0.0 && fraction <= 1.0)) {
        return EAR_ERR_RANGE;
    }
    return ear_event_put_number(event, key, (uint64_t)(fraction * 1000.0 + 0.5));
}

static enum ear_err put_string(const struct ear_json *json, struct ear_event *event, unsigned key, unsigned type,
                               yyjson_val *value)
{
    if (!unsafe_yyjson_is_str(value)) {
        return EAR_ERR_TYPE;
    }
    const char *bytes = unsafe_yyjson_get_str(value);
    size_t length = unsafe_yyjson_get_len(value);
    if (type < EAR_TYPE_KIND) {
        return ear_event_put_text(event, key, bytes, length);
    }
    const struct ear_json_word *word = find_word(json, type, bytes, length);
    return word != NULL ? ear_event_put_number(event, key, word->code) : EAR_ERR_UNKNOWN;
}

static enum ear_err put_value(const struct ear_json *json, struct ear_event *event, unsigned key, yyjson_val *value)
{
    enum ear_event_type type = (enum ear_event_type)ear_event_field(key)->type;
    switch (type) {
    case EAR_TYPE_UINT:
    case EAR_TYPE_TIME:
        return put_integer(event, key, value);
    case EAR_TYPE_PERMILLE:
        return put_fraction(event, key, value);
    case EAR_TYPE_BOOL:
        return unsafe_yyjson_is_bool(value) ? ear_event_put_number(event, key, unsafe_yyjson_is_true(value))
                                            : EAR_ERR_TYPE;
    default:
        return put_string(json, event, key, type, value);
    }
}

/* -- the object
 * --------------------------------------------------------------------------------------------------------- */

/* How deep the deepest map or array of the text lies in others, itself counted. The text is valid JSON. */
static unsigned depth_of(const char *bytes, size_t length)
{
    unsigned depth = 0;
    unsigned deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return deepest;
}

/* The text begins where the pool does; the name's quote stands before the name. */
static size_t offset_of(const struct ear_json *json, yyjson_val *name)
{
    return (size_t)(unsafe_yyjson_get_str(name) - json->pool) - 1;
}

static enum ear_err read_pair(struct ear_json *json, struct ear_event *event, size_t place, yyjson_val *name,
                              struct ear_fault *fault)
{
    yyjson_val *value = name + 1;
    const struct ear_json_word *word =
        find_field(json, place, unsafe_yyjson_get_str(name), unsafe_yyjson_get_len(name));
    if (word == NULL || unsafe_yyjson_is_null(value)) {
        return EAR_OK;
    }
    enum ear_err err =
        (event->present & (1u << word->code)) == 0 ? put_value(json, event, word->code, value) : EAR_ERR_DUPLICATE;
    if (err == EAR_OK) {
        return EAR_OK;
    }
    return ear_fault_set(fault, err, word->code, offset_of(json, name),
                         err == EAR_ERR_DUPLICATE ? "each field once" : ear_event_allowed(word->code));
}

static enum ear_err read_object(struct ear_json *json, struct ear_event *event, yyjson_val *object,
                                struct ear_fault *fault, bool *nested)
{
    yyjson_val *name = unsafe_yyjson_get_first(object);
    for (size_t left = unsafe_yyjson_get_len(object); left > 0; left--) {
        yyjson_val *value = name + 1;
        enum ear_err err = read_pair(json, event, left, name, fault);
        if (err != EAR_OK) {
            return err;
        }
        *nested |= unsafe_yyjson_is_ctn(value);
        name = unsafe_yyjson_get_next(value);
    }
    return EAR_OK;
}

/* A field's value is right by itself, but not for this kind: find its place. */
static void locate(const struct ear_json *json, yyjson_val *object, struct ear_fault *fault)
{
    yyjson_val *name = unsafe_yyjson_get_first(object);
    for (size_t left = unsafe_yyjson_get_len(object); left > 0; left--) {
        const struct ear_json_word *word =
            find_word(json, EAR_TYPE_COUNT, unsafe_yyjson_get_str(name), unsafe_yyjson_get_len(name));
        if (word != NULL && word->code == fault->key && !unsafe_yyjson_is_null(name + 1)) {
            fault->offset = (uint32_t)offset_of(json, name);
            return;
        }
        name = unsafe_yyjson_get_next(name + 1);
    }
}

/* yyjson says where it gave up, not why in our terms. */
static enum ear_err unreadable(const char *bytes, size_t length, size_t at, struct ear_fault *fault)
{
    size_t valid = ear_utf8_validate(bytes, length);
    if (valid < length && valid <= at) {
        return ear_fault_set(fault, EAR_ERR_UTF8, EAR_EVENT_KEY_COUNT, valid, "text in UTF-8");
    }
    return ear_fault_set(fault, EAR_ERR_SYNTAX, EAR_EVENT_KEY_COUNT, at, one_object);
}

/* yyjson's values hold numbers and places; words stand in the text alone. */
void ear_json_forget(struct ear_json *json)
{
    memset(json->pool, 0, json->text_high);
    json->text_high = 0;
}

enum ear_err ear_event_from_json(struct ear_json *json, struct ear_event *event, const char *bytes, size_t length,
                                 struct ear_fault *fault)
{
    const yyjson_alc pool = {.malloc = pool_take, .realloc = pool_grow, .free = pool_give_back, .ctx = json};
    yyjson_read_err why;
    bool nested = false;
    if (length > EAR_EVENT_BYTES) {
        return ear_fault_set(fault, EAR_ERR_TOO_LONG, EAR_EVENT_KEY_COUNT, EAR_EVENT_BYTES,
                             "an event within the limit of bytes");
    }
    *event = (struct ear_event){.present = 0};
    yyjson_doc *doc = yyjson_read_opts(copy_to_pool(json, bytes, length), length, YYJSON_READ_INSITU, &pool, &why);
    if (doc == NULL) {
        return unreadable(bytes, length, why.pos, fault);
    }
    yyjson_val *object = yyjson_doc_get_root(doc);
    if (!unsafe_yyjson_is_obj(object)) {
        return ear_fault_set(fault, EAR_ERR_TYPE, EAR_EVENT_KEY_COUNT, 0, one_object);
    }
    enum ear_err err = read_object(json, event, object, fault, &nested);
    if (err != EAR_OK) {
        return err;
    }
    if (nested && depth_of(bytes, length) > 1 + DEPTH_LIMIT) {
        return ear_fault_set(fault, EAR_ERR_DEPTH, EAR_EVENT_KEY_COUNT, 0, "at most 4 objects or arrays deep");
    }
    err = ear_event_check(event, fault);
    if (err != EAR_OK && fault->key < EAR_EVENT_KEY_COUNT) {
        locate(json, object, fault);
    }
    return err;
}
