/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_rows.c - labelled texts from files, held to what the question allows. */
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/judge/ear_text.h"
#include "tools/pack/train.h"

static const char *const sentiments[] = {"neutral", "positive", "negative"};
static const char *const answers[] = {"no", "yes"};

static uint32_t find(const struct train_labels *labels, const char *text, size_t length)
{
    for (uint32_t i = 0; i < labels->count; i++) {
        if (strncmp(labels->texts[i], text, length) == 0 && labels->texts[i][length] == '\0') {
            return i;
        }
    }
    return TRAIN_ABSENT;
}

static bool is(const char *what, const char *text, size_t length)
{
    return strlen(what) == length && strncmp(what, text, length) == 0;
}

/* The text that a file's label stands for; NULL: its rows are left out. */
static const char *mapped(const struct train_wish *wish, const struct train_labels *labels, const char *text,
                          size_t *length)
{
    const struct train_map *any = NULL;

    for (unsigned i = 0; i < wish->map_count; i++) {
        const struct train_map *map = &wish->maps[i];
        if (is(map->from, text, *length)) {
            *length = map->to != NULL ? strlen(map->to) : 0;
            return map->to;
        }
        any = strcmp(map->from, "*") == 0 ? map : any;
    }
    if (any != NULL && find(labels, text, *length) == TRAIN_ABSENT) {
        *length = any->to != NULL ? strlen(any->to) : 0;
        return any->to;
    }
    return text;
}

static bool has_fixed_labels(const struct train_wish *wish)
{
    return wish->question == EAR_ASK_SENTIMENT || pack_question_is_yes_no(wish->question);
}

static void allow(const struct train_wish *wish, const struct train_labels *labels, const char *path, uint32_t line,
                  const char *text, size_t length)
{
    if (length == 0 || length > EAR_PLUGIN_LABEL_BYTES) {
        die("%s:%u: a label of %zu bytes; 1 to %d are allowed", path, line, length, EAR_PLUGIN_LABEL_BYTES);
    }
    if (wish->question == EAR_ASK_SENTIMENT) {
        die("%s:%u: label \"%.*s\"; of sentiment there are neutral, positive, negative (--map and --drop change "
            "labels)",
            path, line, (int)length, text);
    }
    if (wish->question == EAR_ASK_LANGUAGE && (length != 2 || text[0] < 'a' || text[0] > 'z')) {
        die("%s:%u: label \"%.*s\"; languages are named by two letters of ISO 639-1 (--map and --drop change labels)",
            path, line, (int)length, text);
    }
    if (labels->count == EAR_PACK_LABELS_MAX) {
        die("%s:%u: more than %u different labels", path, line, EAR_PACK_LABELS_MAX);
    }
}

/* The number of a file's label, new ones with add; TRAIN_ABSENT: the row is left out. */
static uint32_t label_of(const struct train_wish *wish, struct train_labels *labels, const char *path, uint32_t line,
                         const char *text, size_t length, bool add)
{
    text = mapped(wish, labels, text, &length);
    if (text == NULL) {
        return TRAIN_ABSENT;
    }
    if (pack_question_is_yes_no(wish->question)) {
        if (wish->yes == NULL && !is("yes", text, length) && !is("no", text, length)) {
            die("%s:%u: label \"%.*s\"; this question has yes and no (--yes LABEL: the label that means yes, all "
                "others no)",
                path, line, (int)length, text);
        }
        return is(wish->yes != NULL ? wish->yes : "yes", text, length);
    }
    uint32_t label = find(labels, text, length);
    if (label == TRAIN_ABSENT && !add) {
        die("%s:%u: label \"%.*s\" is not among those that are trained (--map and --drop change labels)", path, line,
            (int)length, text);
    }
    if (label == TRAIN_ABSENT) {
        allow(wish, labels, path, line, text, length);
        labels->texts = grow(labels->texts, (labels->count + 1u) * sizeof labels->texts[0]);
        labels->texts[label = labels->count++] = keep(text, length);
    }
    return label;
}

static struct train_row *new_row(struct train_set *set)
{
    if (set->count == set->capacity) {
        set->capacity = 2 * set->capacity + 4096;
        set->rows = grow(set->rows, set->capacity * sizeof set->rows[0]);
    }
    set->rows[set->count] = (struct train_row){.weight = 1, .base = (uint32_t)set->count};
    return &set->rows[set->count++];
}

/* What the host cuts off is not learnt. */
static uint16_t text_bytes(const char *text, size_t length)
{
    if (length <= EAR_TEXT_BYTES) {
        return (uint16_t)length;
    }
    length = EAR_TEXT_BYTES;
    while (length > 0 && ((unsigned char)text[length] & 0xC0u) == 0x80u) {
        length--;
    }
    return (uint16_t)length;
}

static void read_line(struct train_set *set, struct train_labels *labels, const struct train_wish *wish, unsigned file,
                      const char *path, uint32_t number, const char *line, size_t length, bool add)
{
    const char *tab = memchr(line, '\t', length);

    if (tab == NULL || tab == line) {
        die("%s:%u: %s; a line is label TAB text", path, number,
            tab == NULL ? "there is no tab" : "there is no label before the tab");
    }
    const size_t valid = ear_utf8_validate(line, length);
    if (valid < length) {
        die("%s:%u: byte %zu of the line is not UTF-8", path, number, valid + 1);
    }
    const size_t rest = length - (size_t)(tab + 1 - line);
    if (memchr(tab + 1, '\t', rest) != NULL) {
        die("%s:%u: a second tab; a line is label TAB text", path, number);
    }
    const uint32_t label = label_of(wish, labels, path, number, line, (size_t)(tab - line), add);
    if (label != TRAIN_ABSENT) {
        struct train_row *row = new_row(set);
        row->text = tab + 1;
        row->length = text_bytes(tab + 1, rest);
        row->label = (uint16_t)label;
        row->file = (uint16_t)file;
        row->weight = (uint8_t)(add ? wish->files[file].weight : 1);
    }
}

static void read_tsv(struct train_set *set, struct train_labels *labels, const struct train_wish *wish, unsigned file,
                     const char *path, bool add)
{
    size_t length;
    const char *line = read_file(path, &length), *end = line + length;
    const size_t before = set->count;

    for (uint32_t number = 1; line < end; number++) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        const char *next = line_end != NULL ? line_end + 1 : end;
        line_end = line_end != NULL ? line_end : end;
        if (line_end > line && line_end[-1] == '\r') {
            line_end--;
        }
        if (line_end > line) {
            read_line(set, labels, wish, file, path, number, line, (size_t)(line_end - line), add);
        }
        line = next;
    }
    if (set->count == before) {
        die("%s: no rows; a line is label TAB text", path);
    }
}

static void begin_labels(struct train_labels *labels, const struct train_wish *wish)
{
    const bool is_sentiment = wish->question == EAR_ASK_SENTIMENT;

    *labels = (struct train_labels){0};
    if (has_fixed_labels(wish)) {
        labels->count = is_sentiment ? 3 : 2;
        labels->texts = grow(NULL, 3 * sizeof labels->texts[0]);
        memcpy(labels->texts, is_sentiment ? sentiments : answers, labels->count * sizeof labels->texts[0]);
    }
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* In the order of the alphabet, so that the order of rows and files does not matter to the pack's labels. */
static void sort_labels(struct train_set *set, struct train_labels *labels)
{
    uint16_t *places = grow(NULL, labels->count * sizeof places[0]);
    const char **sorted = grow(NULL, labels->count * sizeof sorted[0]);

    memcpy(sorted, labels->texts, labels->count * sizeof sorted[0]);
    qsort(sorted, labels->count, sizeof sorted[0], by_text);
    for (uint32_t i = 0; i < labels->count; i++) {
        places[i] =
            (uint16_t)find(&(struct train_labels){sorted, labels->count}, labels->texts[i], strlen(labels->texts[i]));
    }
    for (size_t i = 0; i < set->count; i++) {
        set->rows[i].label = places[set->rows[i].label];
    }
    free(labels->texts);
    free(places);
    labels->texts = sorted;
}

static void check_labels(const struct train_set *set, const struct train_labels *labels, const struct train_wish *wish)
{
    uint32_t *rows = grow(NULL, (labels->count + 1u) * sizeof rows[0]);

    memset(rows, 0, labels->count * sizeof rows[0]);
    for (size_t i = 0; i < set->count; i++) {
        rows[set->rows[i].label]++;
    }
    if (labels->count < 2) {
        die("%s: all rows have the same label; at least two labels are needed", wish->files[0].path);
    }
    for (uint32_t i = 0; i < labels->count; i++) {
        if (rows[i] == 0) {
            die("%s: no row is \"%s\"%s", wish->files[0].path, labels->texts[i],
                pack_question_is_yes_no(wish->question) ? "; --yes LABEL says which label means yes" : "");
        }
    }
    free(rows);
}

void train_read(struct train_set *set, struct train_labels *labels, const struct train_wish *wish)
{
    *set = (struct train_set){0};
    begin_labels(labels, wish);
    for (unsigned i = 0; i < wish->file_count; i++) {
        read_tsv(set, labels, wish, i, wish->files[i].path, true);
    }
    if (!has_fixed_labels(wish)) {
        sort_labels(set, labels);
    }
    check_labels(set, labels, wish);
}

void train_read_dev(struct train_set *set, const struct train_labels *labels, const struct train_wish *wish,
                    const char *path)
{
    struct train_labels known = *labels;

    *set = (struct train_set){0};
    read_tsv(set, &known, wish, 0, path, false);
}

/* --- windows --- */

static bool is_word(const struct ear_token *token)
{
    return EAR_TOKEN_KIND(*token) == EAR_TOKEN_WORD || EAR_TOKEN_KIND(*token) == EAR_TOKEN_IDEOGRAPH;
}

static void add_window(struct train_set *set, size_t from, const struct ear_token *words, unsigned count,
                       struct train_random *random)
{
    const bool ideographs = EAR_TOKEN_KIND(words[0]) == EAR_TOKEN_IDEOGRAPH;
    const unsigned die3 = train_random_below(random, 3);
    const unsigned take = ideographs ? 2 + die3 : die3 < 2 ? 2 : 3;

    if (take >= count) {
        return;
    }
    const unsigned at = train_random_below(random, count - take + 1);
    struct train_row *row = new_row(set);
    *row = set->rows[from];
    row->text += words[at].start;
    row->length = (uint16_t)(words[at + take - 1].start + words[at + take - 1].length - words[at].start);
    row->window = true;
    row->base = (uint32_t)from;
}

void train_add_windows(struct train_set *set, unsigned windows, struct train_random *random)
{
    struct ear_tokens *tokens = grow(NULL, sizeof *tokens);
    const size_t rows = set->count;

    for (size_t i = 0; i < rows; i++) {
        unsigned count = 0;
        ear_text_tokens(set->rows[i].text, set->rows[i].length, tokens);
        for (unsigned t = 0; t < tokens->count; t++) {
            if (is_word(&tokens->items[t])) {
                tokens->items[count++] = tokens->items[t];
            }
        }
        for (unsigned w = 0; w < windows && count > 2; w++) {
            add_window(set, i, tokens->items, count, random);
        }
    }
    free(tokens);
}
