/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include <assert.h>
#include <string.h>

/* What is open in the JSON text, so that it can be closed. */
struct writer {
    struct text *json;
    const struct ear_summary *summary;
    const struct ear_number *number; /* whose items are being written */
    const char *label;               /* of the row that is open, as in the message; NULL: none */
    unsigned steps;                  /* written of that row */
    bool first;                      /* nothing was written in the innermost braces */
};

static void separate(struct writer *writer)
{
    text_printf(writer->json, "%s", writer->first ? "" : ",");
    writer->first = false;
}

static void add_name(struct writer *writer, const struct ear_number *number, unsigned index)
{
    char name[64];

    if (ear_catalogue_member_name(number, index, name, sizeof name) < 0) {
        die("number %u has too long a name", number->key);
    }
    separate(writer);
    text_printf(writer->json, "\"%s\":", name);
}

/* Codes that found no room are called other; labels, one of which may be called so, have the name "". */
static struct ear_str label_of(const struct ear_summary_item *item)
{
    static const struct ear_str other = {"other", 5};

    return item->label.length == 0 && !ear_number_has_labels(item->number) ? other : item->label;
}

static void end_row(struct writer *writer)
{
    if (writer->label != NULL) {
        text_printf(writer->json, "%s", writer->number->shape == EAR_SHAPE_STEPS ? "]" : "}");
        writer->label = NULL;
        writer->first = false;
    }
}

static void end_number(struct writer *writer)
{
    const struct ear_number *number = writer->number;

    end_row(writer);
    if (number != NULL && (ear_number_has_rows(number) || number->shape == EAR_SHAPE_HEAVY)) {
        text_printf(writer->json, "%s", number->shape == EAR_SHAPE_HEAVY ? "}}" : "}");
        writer->first = false;
    }
    writer->number = NULL;
}

static void begin_number(struct writer *writer, const struct ear_summary_item *item)
{
    end_number(writer);
    writer->number = item->number;
    if (ear_number_has_rows(item->number)) {
        add_name(writer, item->number, 0);
        text_printf(writer->json, "{");
        writer->first = true;
    } else if (item->number->shape == EAR_SHAPE_HEAVY) {
        add_name(writer, item->number, 0);
        text_printf(writer->json, "{\"total\":%llu,\"missed\":%llu,\"labels\":{", (unsigned long long)item->total,
                    (unsigned long long)item->missed);
        writer->first = true;
    }
}

static void add_label(struct writer *writer, const struct ear_summary_item *item)
{
    const struct ear_str label = label_of(item);

    separate(writer);
    text_add_json_string(writer->json, label.bytes, label.length);
    text_printf(writer->json, ":");
}

/* One step of a view; those that nobody reached are not among the items. */
static void add_step(struct writer *writer, const struct ear_summary_item *item)
{
    for (; writer->steps < item->index; writer->steps++) {
        text_printf(writer->json, "%s0", writer->steps > 0 ? "," : "");
    }
    text_printf(writer->json, "%s%llu", writer->steps++ > 0 ? "," : "", (unsigned long long)item->value);
}

static void add_column(struct writer *writer, const struct ear_summary_item *item)
{
    const struct ear_str column = ear_catalogue_member(item->number, item->index);

    if (item->number->columns == 1) {
        add_label(writer, item);
        text_printf(writer->json, "%llu", (unsigned long long)item->value);
        return;
    }
    if (writer->label != item->label.bytes) {
        end_row(writer);
        add_label(writer, item);
        text_printf(writer->json, "%s", item->number->shape == EAR_SHAPE_STEPS ? "[" : "{");
        writer->label = item->label.bytes;
        writer->steps = 0;
        writer->first = true;
    }
    if (item->number->shape == EAR_SHAPE_STEPS) {
        add_step(writer, item);
        return;
    }
    separate(writer);
    text_printf(writer->json, "\"%.*s\":%llu", column.length, column.bytes, (unsigned long long)item->value);
}

static void add_sketch(struct writer *writer, const struct ear_summary_item *item)
{
    const uint32_t *words = &writer->summary->words[item->number->at];
    struct text *json = writer->json;

    add_name(writer, item->number, 0);
    if (item->number->shape == EAR_SHAPE_DISTINCT) {
        text_printf(json, "{\"estimate\":%u,\"error_permille\":%u", ear_distinct_estimate(words),
                    ear_distinct_error_permille(words));
    } else {
        text_printf(json, "{\"count\":%u,\"sum_ms\":%llu", ear_distribution_count(words),
                    (unsigned long long)ear_distribution_sum_ms(words));
        for (unsigned permille = 500; permille <= 950; permille += 450) {
            text_printf(json, ",\"p%u_ms\":%u", permille / 10,
                        ear_distribution_quantile_ms(words, item->number->words, permille));
        }
    }
    text_printf(json, ",\"sketch\":\"");
    for (size_t i = 0; i < item->sketch_length; i++) {
        text_printf(json, "%02x", item->sketch[i]);
    }
    text_printf(json, "\"}");
}

static void add_series(struct writer *writer, const struct ear_number *number)
{
    add_name(writer, number, 0);
    for (unsigned minute = 0; minute < number->size; minute++) {
        text_printf(writer->json, "%c%u", minute > 0 ? ',' : '[',
                    tap_minute(writer->summary->words, number->at, minute));
    }
    text_printf(writer->json, "]");
}

static void add_item(struct writer *writer, const struct ear_summary_item *item)
{
    const bool is_new = item->number != writer->number;

    assert(item->number != NULL);
    if (is_new) {
        begin_number(writer, item);
    }
    switch (item->number->shape) {
    case EAR_SHAPE_SERIES:
        if (is_new) {
            add_series(writer, item->number);
        }
        break;
    case EAR_SHAPE_DISTINCT:
    case EAR_SHAPE_DISTRIBUTION:
        add_sketch(writer, item);
        break;
    case EAR_SHAPE_HEAVY:
        add_label(writer, item);
        text_printf(writer->json, "{\"count\":%llu,\"error\":%llu}", (unsigned long long)item->value,
                    (unsigned long long)item->error);
        break;
    case EAR_SHAPE_COUNT:
    case EAR_SHAPE_GROUP:
    case EAR_SHAPE_WIDE:
        add_name(writer, item->number, item->index);
        text_printf(writer->json, "%llu", (unsigned long long)item->value);
        break;
    default:
        add_column(writer, item);
        break;
    }
}

void tap_numbers_to_json(const struct ear_summary *summary, struct text *json)
{
    struct writer writer = {.json = json, .summary = summary, .first = true};
    struct ear_summary_cursor cursor;
    struct ear_summary_item item;

    ear_summary_begin(&cursor, summary);
    while (ear_summary_next(&cursor, &item)) {
        add_item(&writer, &item);
    }
    end_number(&writer);
}

/* --- as a line --- */

static void add_short_sketch(const struct ear_summary *summary, const struct ear_number *number, struct text *line)
{
    const uint32_t *words = &summary->words[number->at];

    if (number->shape == EAR_SHAPE_DISTINCT) {
        text_printf(line, " %s=%s%u", ear_number_text(number)->name, ear_distinct_is_exact(words) ? "" : "~",
                    ear_distinct_estimate(words));
    } else {
        text_printf(line, " %s.count=%u %s.p50_ms=%u", ear_number_text(number)->name, ear_distribution_count(words),
                    ear_number_text(number)->name, ear_distribution_quantile_ms(words, number->words, 500));
    }
}

static void add_short_row(const struct ear_summary_item *item, struct text *line)
{
    const struct ear_number *number = item->number;
    const struct ear_str label = label_of(item);
    const struct ear_str column = ear_catalogue_member(number, item->index);

    text_printf(line, " %s.%.*s", ear_number_text(number)->name, label.length, label.bytes);
    if (number->shape == EAR_SHAPE_STEPS) {
        text_printf(line, ".%u", item->index + 1);
    } else if (number->columns > 1 && number->shape != EAR_SHAPE_HEAVY) {
        text_printf(line, ".%.*s", column.length, column.bytes);
    }
    text_printf(line, "=%s%llu", item->error > 0 ? "<" : "", (unsigned long long)item->value);
}

void tap_numbers_to_line(const struct ear_summary *summary, struct text *line)
{
    struct ear_summary_cursor cursor;
    struct ear_summary_item item;
    char name[64];

    ear_summary_begin(&cursor, summary);
    while (ear_summary_next(&cursor, &item)) {
        const unsigned shape = item.number->shape;
        if (shape == EAR_SHAPE_DISTINCT || shape == EAR_SHAPE_DISTRIBUTION) {
            add_short_sketch(summary, item.number, line);
        } else if (ear_number_has_rows(item.number) || shape == EAR_SHAPE_HEAVY) {
            add_short_row(&item, line);
        } else if (shape != EAR_SHAPE_SERIES &&
                   ear_catalogue_member_name(item.number, item.index, name, sizeof name) > 0) {
            text_printf(line, " %s=%llu", name, (unsigned long long)item.value);
        }
    }
}
