/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/eval_rows.c - labelled texts from a file. */
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "tools/pack/eval.h"

uint32_t eval_find(const struct eval_names *names, const char *text)
{
    for (uint32_t i = 0; i < names->count; i++) {
        if (strcmp(names->texts[i], text) == 0) {
            return i;
        }
    }
    return EVAL_NOBODY;
}

uint32_t eval_name(struct eval_names *names, const char *text, size_t length)
{
    for (uint32_t i = 0; i < names->count; i++) {
        if (strncmp(names->texts[i], text, length) == 0 && names->texts[i][length] == '\0') {
            return i;
        }
    }
    names->texts = grow(names->texts, (names->count + 1u) * sizeof names->texts[0]);
    names->texts[names->count] = keep(text, length);
    return names->count++;
}

static void read_row(struct eval_set *set, struct eval_names *names, const char *line, size_t length, uint32_t number)
{
    const char *end = line + length;
    const char *tab = memchr(line, '\t', length);

    if (tab == NULL || tab == line) {
        die("%s:%u: %s; a line is label TAB text, or label TAB text TAB second text", set->path, number,
            tab == NULL ? "there is no tab" : "there is no label before the tab");
    }
    const size_t valid = ear_utf8_validate(line, length);
    if (valid < length) {
        die("%s:%u: byte %zu of the line is not UTF-8", set->path, number, valid + 1);
    }
    struct eval_row row = {.line = number, .messages = 1, .label = eval_name(names, line, (size_t)(tab - line))};
    row.texts[0] = tab + 1;
    const char *second = memchr(row.texts[0], '\t', (size_t)(end - row.texts[0]));
    row.lengths[0] = (uint32_t)((second != NULL ? second : end) - row.texts[0]);
    if (second != NULL) {
        row.messages = 2;
        row.texts[1] = second + 1;
        row.lengths[1] = (uint32_t)(end - row.texts[1]);
        if (memchr(row.texts[1], '\t', row.lengths[1]) != NULL) {
            die("%s:%u: more than two tabs; a line is label TAB text, or label TAB text TAB second text", set->path,
                number);
        }
    }
    if (set->count == set->capacity) {
        set->capacity = 2 * set->capacity + 1024;
        set->rows = grow(set->rows, set->capacity * sizeof set->rows[0]);
    }
    set->rows[set->count++] = row;
    set->messages += row.messages;
}

void eval_read(struct eval_set *set, const char *path, struct eval_names *names)
{
    size_t length;
    const char *line = read_file(path, &length), *end = line + length;

    *set = (struct eval_set){.path = path};
    for (uint32_t number = 1; line < end; number++) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        const char *next = line_end != NULL ? line_end + 1 : end;
        line_end = line_end != NULL ? line_end : end;
        if (line_end > line && line_end[-1] == '\r') {
            line_end--;
        }
        if (line_end > line) {
            read_row(set, names, line, (size_t)(line_end - line), number);
        }
        line = next;
    }
    if (set->count == 0) {
        die("%s: no rows; a line is label TAB text", path);
    }
}
