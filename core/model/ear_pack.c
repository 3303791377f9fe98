/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_pack.c - reading a manifest: first its entries one by one, each within its own range; then the labels,
 * whose rules go across entries. */
#include "core/model/ear_pack.h"

#include <assert.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/model/ear_cbor.h"

#define KEY_BIT(key) (1u << (key))
#define KEYS_NEEDED (((KEY_BIT(EAR_PACK_KEY_LABEL_OFFSETS + 1) - 1) & ~1u) | KEY_BIT(EAR_PACK_KEY_BODY))

struct reader {
    struct ear_cbor in;
    struct ear_pack *pack;
    struct ear_pack_fault *fault;
    uint32_t present; /* KEY_BITs */
    uint32_t format;
    uint32_t value_at; /* of the entry that is being read */
    uint32_t labels_at;
    uint32_t label_bytes; /* all labels together */
    uint32_t offset_bytes;
    uint32_t threshold_bytes;
};

const char *ear_pack_refusal_name(enum ear_pack_refusal refusal)
{
    static const char *const names[] = {
#define EAR_PACK_REFUSAL(NAME, name) name,
        EAR_PACK_REFUSALS(EAR_PACK_REFUSAL)
#undef EAR_PACK_REFUSAL
    };
    return (unsigned)refusal < EAR_COUNT_OF(names) ? names[refusal] : "unknown";
}

static bool refuse(struct reader *reader, enum ear_pack_refusal reason, unsigned key, uint32_t at)
{
    *reader->fault = (struct ear_pack_fault){.reason = (uint8_t)reason, .key = (uint8_t)key, .at = at};
    return false;
}

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* ---- entries ---- */

static bool read_uint(struct reader *reader, uint64_t least, uint64_t most, uint32_t *value)
{
    uint64_t number;
    if (!ear_cbor_uint(&reader->in, most, &number) || number < least) {
        return false;
    }
    *value = (uint32_t)number;
    return true;
}

static bool read_uint16(struct reader *reader, uint16_t *value)
{
    uint32_t number;
    const bool read = read_uint(reader, 0, UINT16_MAX, &number);
    *value = read ? (uint16_t)number : 0;
    return read;
}

static bool read_uint8(struct reader *reader, uint8_t least, uint8_t most, uint8_t *value)
{
    uint32_t number;
    const bool read = read_uint(reader, least, most, &number);
    *value = read ? (uint8_t)number : 0;
    return read;
}

static bool is_name_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_printable(uint8_t c)
{
    return c > ' ' && c <= '~';
}

/* A short text, copied and terminated: 1 to capacity - 1 characters, each of which is fit. */
static bool read_word(struct reader *reader, char *word, uint32_t capacity, bool (*is_fit)(uint8_t))
{
    const uint8_t *bytes;
    uint32_t length;
    if (!ear_cbor_string(&reader->in, EAR_CBOR_TEXT, &bytes, &length) || length == 0 || length >= capacity) {
        return false;
    }
    for (uint32_t i = 0; i < length; i++) {
        if (!is_fit(bytes[i])) {
            return false;
        }
    }
    memcpy(word, bytes, length);
    word[length] = '\0';
    return true;
}

static bool read_labels(struct reader *reader)
{
    const uint8_t *bytes;
    if (!ear_cbor_string(&reader->in, EAR_CBOR_TEXT, &bytes, &reader->label_bytes)) {
        return false;
    }
    reader->labels_at = reader->in.at - reader->label_bytes;
    reader->pack->labels = (const char *)bytes;
    return true;
}

/* Lists of uint16. */
static bool read_list(struct reader *reader, const uint8_t **list, uint32_t *length)
{
    return ear_cbor_string(&reader->in, EAR_CBOR_BYTES, list, length) && *length % 2 == 0 &&
           *length <= 2 * EAR_PACK_LABELS_MAX;
}

/* The question must be one that a label alone answers: redaction wants spans, which no engine gives. */
static bool read_value(struct reader *reader, unsigned key)
{
    struct ear_pack *pack = reader->pack;
    switch (key) {
    case EAR_PACK_KEY_FORMAT:
        return read_uint(reader, 0, UINT32_MAX, &reader->format);
    case EAR_PACK_KEY_NAME:
        return read_word(reader, pack->name, sizeof pack->name, is_name_character);
    case EAR_PACK_KEY_VERSION:
        return read_word(reader, pack->version, sizeof pack->version, is_printable);
    case EAR_PACK_KEY_COUNTER:
        return read_uint(reader, 0, UINT32_MAX, &pack->counter);
    case EAR_PACK_KEY_ENGINE:
        return read_uint16(reader, &pack->engine);
    case EAR_PACK_KEY_ENGINE_VERSION:
        return read_uint16(reader, &pack->engine_version);
    case EAR_PACK_KEY_TEXT_VERSION:
        return read_uint(reader, 0, UINT32_MAX, &pack->text_version);
    case EAR_PACK_KEY_QUESTION:
        return read_uint8(reader, 0, EAR_ASK_COUNT - 1, &pack->question) && pack->question != EAR_ASK_REDACTION;
    case EAR_PACK_KEY_HEARS:
        return read_uint8(reader, 1, EAR_FROM_BIT(EAR_FROM_COUNT) - 1, &pack->hears);
    case EAR_PACK_KEY_BUDGET_US:
        return read_uint(reader, 1, UINT32_MAX, &pack->budget_us);
    case EAR_PACK_KEY_LABELS:
        return read_labels(reader);
    case EAR_PACK_KEY_LABEL_OFFSETS:
        return read_list(reader, &pack->label_offsets, &reader->offset_bytes);
    case EAR_PACK_KEY_THRESHOLDS:
        return read_list(reader, &pack->thresholds, &reader->threshold_bytes);
    case EAR_PACK_KEY_REJECT:
        return read_uint16(reader, &pack->reject);
    case EAR_PACK_KEY_BODY:
        return ear_cbor_string(&reader->in, EAR_CBOR_BYTES, &pack->body, &pack->body_bytes);
    default:
        return ear_cbor_skip(&reader->in); /* for people, or of a later version */
    }
}

static bool read_entry(struct reader *reader, uint64_t *last)
{
    struct ear_cbor *in = &reader->in;
    const uint32_t at = in->at;
    uint64_t key;
    if (!ear_cbor_uint(in, UINT64_MAX, &key) || key <= *last) {
        return refuse(reader, EAR_PACK_REFUSAL_MANIFEST, 0, at); /* not a number, or not in order */
    }
    *last = key;
    const unsigned known = key <= EAR_PACK_KEY_BODY ? (unsigned)key : 0;
    reader->value_at = in->at;
    if (!read_value(reader, known)) {
        return refuse(reader, EAR_PACK_REFUSAL_MANIFEST, known, reader->value_at);
    }
    if (known == EAR_PACK_KEY_FORMAT && reader->format != EAR_PACK_FORMAT) {
        return refuse(reader, EAR_PACK_REFUSAL_FORMAT, known, reader->value_at); /* what follows may be anything */
    }
    reader->present |= KEY_BIT(known);
    return true;
}

static bool read_entries(struct reader *reader)
{
    uint64_t entries;
    uint64_t last = 0;
    if (!ear_cbor_count(&reader->in, EAR_CBOR_MAP, &entries)) {
        return refuse(reader, EAR_PACK_REFUSAL_MANIFEST, 0, 0);
    }
    for (; entries > 0; entries--) {
        if (!read_entry(reader, &last)) {
            return false;
        }
    }
    for (unsigned key = EAR_PACK_KEY_FORMAT; key <= EAR_PACK_KEY_BODY; key++) {
        if ((KEYS_NEEDED & ~reader->present & KEY_BIT(key)) != 0) {
            return refuse(reader, EAR_PACK_REFUSAL_MANIFEST, key, reader->in.at);
        }
    }
    if (reader->in.at != reader->in.length) {
        return refuse(reader, EAR_PACK_REFUSAL_MANIFEST, 0, reader->in.at);
    }
    return true;
}

/* ---- labels ---- */

/* Fewest and most labels that a question has. */
static bool count_fits(uint8_t question, uint32_t count)
{
    switch (question) {
    case EAR_ASK_TOPIC:
    case EAR_ASK_LANGUAGE:
    case EAR_ASK_TAG:
        return count >= 1;
    case EAR_ASK_SENTIMENT:
        return count == 3;
    default:
        return count == 2;
    }
}

/* Length of the label at `text`, which has `most` bytes at most with its zero byte; 0 if it is none. */
static uint32_t label_length(const char *text, uint32_t most, bool language)
{
    uint32_t length = 0;
    while (length < most && length <= EAR_PLUGIN_LABEL_BYTES && (uint8_t)text[length] >= ' ') {
        length++;
    }
    if (length == most || text[length] != '\0' || (language && length != 2)) {
        return 0;
    }
    for (uint32_t i = 0; language && i < length; i++) {
        if (text[i] < 'a' || text[i] > 'z') {
            return 0;
        }
    }
    return length;
}

/* Labels follow each other without gaps, so that each begins where its offset says and no byte is of none. */
static bool check_labels(struct reader *reader)
{
    struct ear_pack *pack = reader->pack;
    uint32_t at = 0;
    pack->label_count = (uint16_t)(reader->offset_bytes / 2);
    if (!count_fits(pack->question, pack->label_count)) {
        return refuse(reader, EAR_PACK_REFUSAL_LABELS, EAR_PACK_KEY_LABEL_OFFSETS, reader->labels_at);
    }
    for (uint16_t i = 0; i < pack->label_count; i++) {
        const char *text = pack->labels + at;
        const uint32_t left = reader->label_bytes - at;
        const uint32_t length = label_length(text, left, pack->question == EAR_ASK_LANGUAGE);
        if (length == 0 || length > EAR_PLUGIN_LABEL_BYTES || ear_utf8_validate(text, length) != length ||
            get16(pack->label_offsets + 2 * (size_t)i) != at) {
            return refuse(reader, EAR_PACK_REFUSAL_LABELS, EAR_PACK_KEY_LABELS, reader->labels_at + at);
        }
        at += length + 1;
    }
    if (at != reader->label_bytes) {
        return refuse(reader, EAR_PACK_REFUSAL_LABELS, EAR_PACK_KEY_LABELS, reader->labels_at + at);
    }
    return true;
}

static bool check_thresholds(struct reader *reader)
{
    const struct ear_pack *pack = reader->pack;
    const uint32_t start = pack->thresholds == NULL ? 0 : (uint32_t)(pack->thresholds - reader->in.bytes);
    if (pack->thresholds != NULL && reader->threshold_bytes != 2u * pack->label_count) {
        return refuse(reader, EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_THRESHOLDS, start);
    }
    for (uint16_t i = 0; pack->thresholds != NULL && i < pack->label_count; i++) {
        if (ear_pack_threshold(pack, i) > EAR_PACK_NEVER) {
            return refuse(reader, EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_THRESHOLDS, start + 2u * i);
        }
    }
    return true;
}

bool ear_pack_read(const uint8_t *bytes, uint32_t length, struct ear_pack *pack, struct ear_pack_fault *fault)
{
    struct reader reader = {.in = {.bytes = bytes, .length = length}, .pack = pack, .fault = fault};
    *fault = (struct ear_pack_fault){0};
    *pack = (struct ear_pack){.reject = EAR_PACK_NO_LABEL};
    if (!read_entries(&reader) || !check_labels(&reader) || !check_thresholds(&reader)) {
        return false;
    }
    if ((reader.present & KEY_BIT(EAR_PACK_KEY_REJECT)) != 0 && pack->reject >= pack->label_count) {
        return refuse(&reader, EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_REJECT, 0);
    }
    return true;
}

const char *ear_pack_label(const struct ear_pack *pack, uint16_t index)
{
    assert(index < pack->label_count);
    return pack->labels + get16(pack->label_offsets + 2 * (size_t)index);
}

uint16_t ear_pack_threshold(const struct ear_pack *pack, uint16_t index)
{
    assert(index < pack->label_count);
    return pack->thresholds == NULL ? 0 : get16(pack->thresholds + 2 * (size_t)index);
}
