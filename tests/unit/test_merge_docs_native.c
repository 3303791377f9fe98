/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_merge_docs_native.c - docs/dashboards.md: no cell is empty, and every number, column and derived
 * number that it names exists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/merge/earshot_merge.h"

enum { LINE_BYTES = 4096, CELLS = 8 };

static struct earshot_store *store;
static struct earshot_total *total;

static int set_up(void **state)
{
    (void)state;
    store = earshot_store_new();
    total = earshot_total_new(store, &(struct earshot_filter){.resolution = EARSHOT_HOUR});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    earshot_total_free(total);
    earshot_store_free(store);
    return 0;
}

static bool is_column(const char *table, const char *name)
{
    char text[32];

    for (size_t c = 0; c < earshot_total_columns(total, table); c++) {
        if (strcmp(earshot_total_column_name(table, c, text), name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_derived(const char *table, const char *name)
{
    for (size_t i = 0; i < earshot_derived_count; i++) {
        if (strcmp(earshot_derived[i].table, table) == 0 && strcmp(earshot_derived[i].name, name) == 0) {
            return true;
        }
    }
    return strcmp(table, "") == 0 && (strcmp(name, "health_score") == 0 || strncmp(name, "peak.", 5) == 0);
}

/* "topics[].successful", "languages[]", "funnel[view]". */
static bool is_row(const char *name)
{
    char table[64];
    const char *bracket = strchr(name, '[');
    const char *end = bracket != NULL ? strchr(bracket, ']') : NULL;

    if (end == NULL || (size_t)(bracket - name) >= sizeof table) {
        return false;
    }
    memcpy(table, name, (size_t)(bracket - name));
    table[bracket - name] = '\0';
    if (earshot_total_columns(total, table) == 0) {
        return false;
    }
    return end[1] == '\0' || (end[1] == '.' && (is_column(table, end + 2) || is_derived(table, end + 2)));
}

/* "csat.*", "outcome.*": groups that begin so. */
static bool is_group(const char *name)
{
    struct earshot_number number;
    const size_t length = strlen(name);

    if (length < 2 || strcmp(name + length - 2, ".*") != 0) {
        return false;
    }
    for (size_t n = 0; earshot_number_at(n, &number); n++) {
        if (strncmp(number.name, name, length - 1) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_number(const char *name)
{
    struct earshot_number number;
    uint64_t value;

    for (size_t n = 0; earshot_number_at(n, &number); n++) {
        if (strcmp(number.name, name) == 0 && strcmp(number.shape, "group") != 0) {
            return true;
        }
    }
    return earshot_total_count(total, name, &value) || is_row(name) || is_group(name);
}

/* The cells of a row of a table, without what is around them; 0: not one. */
static size_t split(char *line, char *cells[CELLS])
{
    size_t count = 0;

    if (line[0] != '|') {
        return 0;
    }
    for (char *at = line + 1, *end; count < CELLS && (end = strchr(at, '|')) != NULL; at = end + 1) {
        while (*at == ' ') {
            at++;
        }
        char *last = end;
        while (last > at && last[-1] == ' ') {
            last--;
        }
        *last = '\0';
        cells[count++] = at;
    }
    return count;
}

/* In the column of numbers: what is in `quotes` up to the word `records`, whose fields are none of ours. */
static void check_names(unsigned line, const char *cell)
{
    char name[64];
    const char *records = strstr(cell, "records");

    for (const char *at = cell; (at = strchr(at, '`')) != NULL && (records == NULL || at < records);) {
        const char *end = strchr(at + 1, '`');
        assert_non_null(end);
        snprintf(name, sizeof name, "%.*s", (int)(end - at - 1), at + 1);
        if (!is_number(name) && strcmp(name, "outcome.*.unsuccessful") != 0) {
            fail_msg("line %u: there is no number `%s`", line, name);
        }
        at = end + 1;
    }
}

/* In the column of formulas: a name in `quotes` that is followed by " =" is a derived number. */
static unsigned check_formulas(unsigned line, const char *cell)
{
    char name[64];
    unsigned found = 0;

    for (const char *at = cell; (at = strchr(at, '`')) != NULL;) {
        const char *end = strchr(at + 1, '`');
        assert_non_null(end);
        snprintf(name, sizeof name, "%.*s", (int)(end - at - 1), at + 1);
        if (strncmp(end + 1, " =", 2) == 0) {
            const char *dot = strstr(name, "[].");
            if (dot != NULL ? !is_row(name) : !is_derived("", name)) {
                fail_msg("line %u: `%s` is not derived", line, name);
            }
            found++;
        }
        at = end + 1;
    }
    return found;
}

static void test_dashboards(void **state)
{
    (void)state;
    char line[LINE_BYTES], *cells[CELLS];
    unsigned number = 0, rows = 0, formulas = 0, pages = 0;
    size_t columns = 0;
    bool of_numbers = false;
    FILE *file = fopen(EAR_SOURCE_DIR "/docs/dashboards.md", "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        number++;
        assert_null(strchr(line, '\r'));
        pages += strncmp(line, "## 00", 5) == 0 ? 1 : 0;
        const size_t count = split(line, cells);
        if (count == 0) {
            columns = 0;
            continue;
        }
        if (columns == 0) {
            columns = count;
            of_numbers = count > 1 && strcmp(cells[1], "numbers") == 0;
            continue;
        }
        assert_int_equal(count, columns);
        for (size_t c = 0; c < count; c++) {
            if (cells[c][0] == '\0') {
                fail_msg("line %u: cell %zu is empty", number, c + 1);
            }
        }
        if (of_numbers && cells[0][0] != '-') {
            check_names(number, cells[1]);
            formulas += check_formulas(number, cells[2]);
            rows++;
        }
    }
    fclose(file);
    assert_int_equal(pages, 5);
    assert_true(rows > 100);
    assert_true(formulas > 25);
}

static size_t read_file(const char *path, char *text, size_t capacity)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    const size_t length = fread(text, 1, capacity - 1, file);
    fclose(file);
    assert_in_range(length, 1, capacity - 2);
    text[length] = '\0';
    return length;
}

/* The program that docs/merge.md shows is the one that is built. */
static void test_example(void **state)
{
    (void)state;
    static char page[1 << 16], program[1 << 14];

    (void)read_file(EAR_SOURCE_DIR "/docs/merge.md", page, sizeof page);
    (void)read_file(EAR_SOURCE_DIR "/tools/merge/example/by_channel.c", program, sizeof program);
    const char *shown = strstr(page, "```c\n");
    assert_non_null(shown);
    assert_int_equal(strncmp(shown + 5, program, strlen(program)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dashboards, set_up, tear_down),
        cmocka_unit_test(test_example),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
