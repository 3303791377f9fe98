/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary_decode.c - a summary's bytes back into a head and numbers. Pure.
 *
 * Takes the deterministic form only (RFC 8949 4.2.1). What is known and so told decodes and encodes to the same bytes.
 * The numbers are read by one cursor, first by the decoder itself, which so checks all that others read later. */
#include <string.h>

#include "core/tell/ear_summary_keys.h"
#include "core/tell/ear_summary_reader.h"

#define ITEM_NULL 0xf6u
#define MOST_START_S (EAR_TIME_LATEST_MS / 1000)

/* --- The cursor ------------------------------------------------------------------------------------------------- */

static void begin_numbers(struct ear_summary_cursor *cursor, const struct ear_summary_reader *reader)
{
    *cursor = (struct ear_summary_cursor){.reader = *reader, .last_key = -1};
    cursor->numbers = ear_summary_read_count(&cursor->reader, EAR_MAJOR_MAP);
}

/* Rows ascend by their texts. Of codes the text must not be empty, and `other` becomes that. */
static void read_label(struct ear_summary_cursor *cursor)
{
    static const struct ear_str other = {EAR_SUMMARY_OTHER, sizeof EAR_SUMMARY_OTHER - 1};
    struct ear_summary_reader *reader = &cursor->reader;
    size_t at = reader->at;
    struct ear_str text = ear_summary_read_text(reader);
    bool codes = !ear_number_has_labels(cursor->item.number);
    int order = cursor->last_text.bytes == NULL ? 1 : ear_summary_text_order(text, cursor->last_text);
    if (codes && text.length == 0) {
        ear_summary_refuse(reader, EAR_ERR_RANGE, at);
    } else if (order <= 0) {
        ear_summary_refuse(reader, order == 0 ? EAR_ERR_DUPLICATE : EAR_ERR_SYNTAX, at);
    }
    cursor->last_text = text;
    cursor->item.label = codes && ear_summary_text_order(text, other) == 0 ? (struct ear_str){"", 0} : text;
}

/* The greatest that a column or member can be; one that a later version appended is any integer, and skipped. */
static bool is_known(const struct ear_number *number, uint64_t index, uint64_t *most)
{
    unsigned columns = number->columns;
    *most = UINT32_MAX;
    switch (number->shape) {
    case EAR_SHAPE_GROUP:
        return index < number->size;
    case EAR_SHAPE_SERIES:
        *most = UINT16_MAX;
        return index < number->size;
    case EAR_SHAPE_STEPS: /* as many as its device has */
        return index <= UINT16_MAX;
    case EAR_SHAPE_WIDE:
        *most = INT64_MAX;
        return true;
    default:
        *most = index + number->wide >= columns ? INT64_MAX : UINT32_MAX;
        return index < columns;
    }
}

/* True if there is something to say. */
static bool read_one(struct ear_summary_cursor *cursor, struct ear_summary_item *item)
{
    uint64_t most;
    uint64_t index = cursor->column++;
    bool known = is_known(cursor->item.number, index, &most);
    uint64_t value = ear_summary_read_uint(&cursor->reader, known ? most : UINT64_MAX);
    cursor->values--;
    *item = cursor->item;
    item->index = (unsigned)index;
    item->value = value;
    return known && value > 0;
}

/* Count, or count and error. */
static bool read_entry(struct ear_summary_cursor *cursor, struct ear_summary_item *item)
{
    struct ear_summary_reader *reader = &cursor->reader;
    size_t at = reader->at;
    bool pair = ear_summary_peek(reader) == EAR_MAJOR_ARRAY;
    *item = cursor->item;
    if (pair && ear_summary_read_count(reader, EAR_MAJOR_ARRAY) != 2) {
        ear_summary_refuse(reader, EAR_ERR_RANGE, at);
    }
    item->value = ear_summary_read_uint(reader, UINT32_MAX);
    item->error = pair ? ear_summary_read_uint(reader, UINT32_MAX) : 0;
    if (item->error > item->value || item->value == 0) {
        ear_summary_refuse(reader, EAR_ERR_RANGE, at);
    }
    return true;
}

/* The next row's label. True if the row is all there is to it, and is in *item. */
static bool read_row(struct ear_summary_cursor *cursor, struct ear_summary_item *item)
{
    const struct ear_number *number = cursor->item.number;
    cursor->rows--;
    read_label(cursor);
    if (number->shape == EAR_SHAPE_HEAVY) {
        return read_entry(cursor, item);
    }
    cursor->column = 0;
    cursor->values = number->columns == 1 ? 1 : ear_summary_read_count(&cursor->reader, EAR_MAJOR_ARRAY);
    return false;
}

static void begin_heavy(struct ear_summary_cursor *cursor)
{
    struct ear_summary_reader *reader = &cursor->reader;
    size_t at = reader->at;
    if (ear_summary_read_count(reader, EAR_MAJOR_ARRAY) != 3) {
        ear_summary_refuse(reader, EAR_ERR_RANGE, at);
    }
    cursor->item.total = ear_summary_read_uint(reader, UINT32_MAX);
    cursor->item.missed = ear_summary_read_uint(reader, UINT32_MAX);
    cursor->rows = ear_summary_read_count(reader, EAR_MAJOR_MAP);
}

/* The next number. True if it is all there is to it, and is in *item. */
static bool read_number(struct ear_summary_cursor *cursor, struct ear_summary_item *item)
{
    struct ear_summary_reader *reader = &cursor->reader;
    uint64_t key = ear_summary_read_key(reader, &cursor->last_key);
    const struct ear_number *number = key <= UINT8_MAX ? ear_catalogue_find((unsigned)key) : NULL;
    cursor->numbers--;
    cursor->item = (struct ear_summary_item){.number = number};
    cursor->last_text = (struct ear_str){NULL, 0};
    cursor->column = 0;
    if (number == NULL) {
        ear_summary_skip(reader);
        return false;
    }
    switch (number->shape) {
    case EAR_SHAPE_COUNT:
    case EAR_SHAPE_WIDE:
        cursor->values = 1;
        return false;
    case EAR_SHAPE_GROUP:
    case EAR_SHAPE_SERIES:
        cursor->values = ear_summary_read_count(reader, EAR_MAJOR_ARRAY);
        return false;
    case EAR_SHAPE_DISTINCT:
    case EAR_SHAPE_DISTRIBUTION:
        *item = cursor->item;
        item->sketch_length = (size_t)ear_summary_read_count(reader, EAR_MAJOR_BYTES);
        item->sketch = &reader->bytes[reader->at];
        reader->at += item->sketch_length;
        return true;
    case EAR_SHAPE_HEAVY:
        begin_heavy(cursor);
        return false;
    default:
        cursor->rows = ear_summary_read_count(reader, EAR_MAJOR_MAP);
        return false;
    }
}

void ear_summary_begin(struct ear_summary_cursor *cursor, const struct ear_summary *summary)
{
    struct ear_summary_reader reader = {.bytes = summary->numbers, .length = summary->numbers_length};
    begin_numbers(cursor, &reader);
}

bool ear_summary_next(struct ear_summary_cursor *cursor, struct ear_summary_item *item)
{
    bool found = false;
    while (!found && cursor->reader.err == EAR_OK) {
        if (cursor->values > 0) {
            found = read_one(cursor, item);
        } else if (cursor->rows > 0) {
            found = read_row(cursor, item);
        } else if (cursor->numbers > 0) {
            found = read_number(cursor, item);
        } else {
            return false;
        }
    }
    return found && cursor->reader.err == EAR_OK;
}

/* --- The numbers of fixed length into words --------------------------------------------------------------------- */

static void add_capped(uint32_t *word, uint64_t value)
{
    *word = value > UINT32_MAX - *word ? UINT32_MAX : *word + (uint32_t)value;
}

/* What finds no room here is `other` here. */
static void store_code(const struct ear_summary_item *item, uint32_t *table)
{
    unsigned slot = 0;
    while (slot < item->number->size && table[2 * slot] != 0) {
        slot++;
    }
    if (item->label.length == 0 || item->label.length > 4 || slot == item->number->size) {
        add_capped(&table[2u * item->number->size], item->value);
        return;
    }
    table[2 * slot] = ear_label(item->label.bytes, item->label.length);
    table[2 * slot + 1] = (uint32_t)item->value;
}

static enum ear_err store(const struct ear_summary_item *item, uint32_t *words)
{
    const struct ear_number *number = item->number;
    uint32_t *to = &words[number->at];
    switch (number->shape) {
    case EAR_SHAPE_COUNT:
    case EAR_SHAPE_GROUP:
        to[item->index] = (uint32_t)item->value;
        break;
    case EAR_SHAPE_SERIES:
        to[item->index / 2] |= (uint32_t)item->value << (item->index & 1u) * 16u;
        break;
    case EAR_SHAPE_TABLE:
        store_code(item, to);
        break;
    case EAR_SHAPE_WIDE:
        ear_wide_set(to, (int64_t)item->value);
        break;
    case EAR_SHAPE_DISTINCT:
        return ear_distinct_merge_bytes(to, number->words, item->sketch, item->sketch_length);
    case EAR_SHAPE_DISTRIBUTION:
        return ear_distribution_merge_bytes(to, number->words, item->sketch, item->sketch_length);
    default: /* has labels */
        break;
    }
    return EAR_OK;
}

static void read_numbers(struct ear_summary_reader *reader, struct ear_summary *summary)
{
    struct ear_summary_cursor cursor;
    struct ear_summary_item item;
    summary->numbers = &reader->bytes[reader->at];
    begin_numbers(&cursor, reader);
    while (ear_summary_next(&cursor, &item)) {
        enum ear_err err = store(&item, summary->words);
        if (err != EAR_OK) {
            ear_summary_refuse(&cursor.reader, err, (size_t)(item.sketch - reader->bytes));
        }
    }
    summary->numbers_length = (size_t)(&reader->bytes[cursor.reader.at] - summary->numbers);
    *reader = cursor.reader;
}

/* --- The rest --------------------------------------------------------------------------------------------------- */

static void read_slice(struct ear_summary_reader *reader, struct ear_summary_head *head)
{
    size_t at = reader->at;
    if (at < reader->length && reader->bytes[at] == ITEM_NULL) {
        head->other = true;
        reader->at++;
        return;
    }
    if (ear_summary_read_count(reader, EAR_MAJOR_ARRAY) != EAR_SLICE_PARTS) {
        ear_summary_refuse(reader, EAR_ERR_RANGE, at);
    }
    for (unsigned p = 0; p < EAR_SLICE_PARTS; p++) {
        head->slice.parts[p] = ear_summary_read_text(reader);
    }
}

static void read_ledger(struct ear_summary_reader *reader, struct ear_summary_head *head)
{
    uint64_t count = ear_summary_read_count(reader, EAR_MAJOR_ARRAY);
    for (uint64_t i = 0; i < count && reader->err == EAR_OK; i++) {
        uint64_t value = ear_summary_read_uint(reader, UINT32_MAX);
        if (i < EAR_LEDGER_PARTS) {
            head->ledger[i] = (uint32_t)value;
        }
    }
}

static void read_value(struct ear_summary_reader *reader, uint64_t key, struct ear_summary *summary)
{
    struct ear_summary_head *head = &summary->head;
    size_t at = reader->at;
    switch (key) {
    case EAR_SUMMARY_KEY_VERSION:
        if (ear_summary_read_uint(reader, UINT32_MAX) != EAR_SUMMARY_VERSION) {
            ear_summary_refuse(reader, EAR_ERR_VERSION, at);
        }
        break;
    case EAR_SUMMARY_KEY_RESOLUTION:
        head->resolution = (uint8_t)ear_summary_read_uint(reader, EAR_RESOLUTIONS - 1);
        break;
    case EAR_SUMMARY_KEY_START:
        head->start_s = (int64_t)ear_summary_read_uint(reader, MOST_START_S);
        break;
    case EAR_SUMMARY_KEY_LENGTH:
        head->length_s = (uint32_t)ear_summary_read_uint(reader, UINT32_MAX);
        break;
    case EAR_SUMMARY_KEY_REVISION:
        head->revision = ear_summary_read_uint(reader, UINT64_MAX);
        break;
    case EAR_SUMMARY_KEY_BOOT:
        head->boot = (uint32_t)ear_summary_read_uint(reader, UINT32_MAX);
        break;
    case EAR_SUMMARY_KEY_SEQ:
        head->seq = (uint32_t)ear_summary_read_uint(reader, UINT32_MAX);
        break;
    case EAR_SUMMARY_KEY_CLOCK:
        head->clock = (uint8_t)ear_summary_read_uint(reader, 2);
        break;
    case EAR_SUMMARY_KEY_SLICE:
        read_slice(reader, head);
        break;
    case EAR_SUMMARY_KEY_NUMBERS:
        read_numbers(reader, summary);
        break;
    case EAR_SUMMARY_KEY_LEDGER:
        read_ledger(reader, head);
        break;
    case EAR_SUMMARY_KEY_LIFE:
        head->life = (uint32_t)ear_summary_read_uint(reader, UINT32_MAX);
        break;
    default:
        ear_summary_skip(reader);
        break;
    }
}

enum ear_err ear_summary_decode(struct ear_summary *summary, const uint8_t *bytes, size_t length, size_t *at)
{
    struct ear_summary_reader reader = {.bytes = bytes, .length = length};
    uint32_t missing = ((1u << EAR_SUMMARY_KEYS) - 1u) &
                       ~(1u << EAR_SUMMARY_KEY_LENGTH | 1u << EAR_SUMMARY_KEY_LEDGER | 1u << EAR_SUMMARY_KEY_LIFE);
    int64_t last = -1;
    memset(summary, 0, sizeof *summary);
    uint64_t count = ear_summary_read_count(&reader, EAR_MAJOR_MAP);
    for (uint64_t i = 0; i < count && reader.err == EAR_OK; i++) {
        uint64_t key = ear_summary_read_key(&reader, &last);
        missing &= key < EAR_SUMMARY_KEYS ? ~(1u << key) : UINT32_MAX;
        read_value(&reader, key, summary);
    }
    if (reader.err == EAR_OK && reader.at != length) {
        ear_summary_refuse(&reader, EAR_ERR_SYNTAX, reader.at);
    }
    if (missing != 0) {
        ear_summary_refuse(&reader, EAR_ERR_MISSING, length);
    }
    if (summary->head.revision >> 24 != summary->head.boot) {
        ear_summary_refuse(&reader, EAR_ERR_RANGE, length);
    }
    if (summary->head.length_s == 0) {
        summary->head.length_s = ear_summary_usual_length_s(summary->head.resolution);
    }
    if (summary->head.life == 0) {
        summary->head.life = 1;
    }
    *at = reader.err == EAR_OK ? length : reader.err_at;
    return reader.err;
}
