/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/catalogue.c - earshot catalogue: the catalogue of numbers as documents. docs/numbers.md and
 * core/tell/summary.cddl are what it prints; tests/docs/run holds them to it. */
#include "tools/earshot/earshot.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/note/ear_catalogue.h"
#include "tools/earshot/util.h"

static void print_help(void)
{
    puts("usage: earshot catalogue [--markdown | --cddl | --json]\n"
         "\n"
         "Prints every number that a summary can hold: as a page (docs/numbers.md), as the summary's description in\n"
         "CDDL (core/tell/summary.cddl), or as JSON for programs.\n"
         "\n"
         "  earshot catalogue --markdown > docs/numbers.md\n"
         "  earshot catalogue --json | jq '.[] | select(.shape == \"table\")'");
}

static const char *const shapes[EAR_SHAPES] = {
    [EAR_SHAPE_COUNT] = "count",       [EAR_SHAPE_GROUP] = "group",
    [EAR_SHAPE_TABLE] = "table",       [EAR_SHAPE_SERIES] = "series",
    [EAR_SHAPE_LABELS] = "labels",     [EAR_SHAPE_MONEY] = "money",
    [EAR_SHAPE_STEPS] = "steps",       [EAR_SHAPE_HEAVY] = "heavy",
    [EAR_SHAPE_DISTINCT] = "distinct", [EAR_SHAPE_DISTRIBUTION] = "distribution",
    [EAR_SHAPE_WIDE] = "wide",
};
static const char *const attributions[] = {"event", "cohort"};

static const char *full_name(const struct ear_number *number, unsigned index, char name[64])
{
    if (ear_catalogue_member_name(number, index, name, 64) < 0) {
        die("number %u has too long a name", number->key);
    }
    return name;
}

static unsigned members_of(const struct ear_number *number)
{
    return number->shape == EAR_SHAPE_GROUP ? number->size : 1;
}

/* Columns of a row that have names: of some shapes the value is the only one, or steps of a view. */
static unsigned columns_of(const struct ear_number *number)
{
    return ear_catalogue_member(number, 0).length > 0 && number->columns > 1 ? number->columns : 0;
}

/* --- the page --- */

static void print_names(const struct ear_number *number)
{
    const unsigned columns = columns_of(number);
    char name[64];

    if (number->shape == EAR_SHAPE_STEPS) {
        printf("`%s[view][step]`", full_name(number, 0, name));
        return;
    }
    for (unsigned i = 0; i < columns && number->shape != EAR_SHAPE_HEAVY; i++) {
        const struct ear_str column = ear_catalogue_member(number, i);
        printf("%s`%s[].%.*s`", i > 0 ? " " : "", full_name(number, 0, name), column.length, column.bytes);
    }
    if (columns > 0 && number->shape != EAR_SHAPE_HEAVY) {
        return;
    }
    for (unsigned i = 0; i < members_of(number); i++) {
        printf("%s`%s%s`", i > 0 ? " " : "", full_name(number, i, name),
               ear_number_has_rows(number) || number->shape == EAR_SHAPE_HEAVY ? "[]" : "");
    }
}

static const char *wire_of(const struct ear_number *number)
{
    switch (number->shape) {
    case EAR_SHAPE_COUNT:
        return "number";
    case EAR_SHAPE_GROUP:
        return "list";
    case EAR_SHAPE_TABLE:
        return "map of code to number";
    case EAR_SHAPE_SERIES:
        return "list of the hour's minutes";
    case EAR_SHAPE_LABELS:
        return number->columns == 1 ? "map of label to number" : "map of label to list";
    case EAR_SHAPE_MONEY:
        return "map of currency to list";
    case EAR_SHAPE_STEPS:
        return "map of view to list";
    case EAR_SHAPE_HEAVY:
        return "most frequent labels";
    case EAR_SHAPE_DISTINCT:
        return "distinct count";
    case EAR_SHAPE_DISTRIBUTION:
        return "distribution";
    default:
        return "number of 63 bits";
    }
}

static const char *windows_of(const struct ear_number *number)
{
    static const char *const windows[] = {"all", "days, hours", "hours"};

    return windows[number->part];
}

static void print_row(const struct ear_number *number)
{
    printf("| %u | ", number->key);
    print_names(number);
    printf(" | %s | %s | %s | %s |\n", wire_of(number), windows_of(number), attributions[number->attribution],
           ear_number_text(number)->says);
}

/* What is derived: the very table that libearshot-merge computes from. */
static void print_derived(const char *table, const char *name, const char *numerator, const char *denominator,
                          const char *says)
{
    printf("| `%s%s%s` | `%s`%s%s%s | %s |\n", table, table[0] != '\0' ? "[]." : "", name, numerator,
           denominator[0] != '\0' ? " / `" : "", denominator, denominator[0] != '\0' ? "`" : "", says);
}

static void print_health(unsigned weight, const char *numerator, const char *denominator, const char *says)
{
    printf("| %u | `%s` / `%s` | %s |\n", weight, numerator, denominator, says);
}

static void print_markdown(void)
{
    puts(
        "<!-- Made by `earshot catalogue --markdown` from core/note/ear_catalogue.def and\n"
        "     tools/merge/earshot_derived.def. -->\n"
        "# The numbers\n"
        "\n"
        "What a summary can hold. To the letter: [meaning.md](meaning.md). How its bytes are laid out:\n"
        "[core/tell/SPEC.md](../core/tell/SPEC.md).\n"
        "\n"
        "* **key**: in the summary's map of numbers. A list has its members in the order given here, without the zeros "
        "at its end; what is zero altogether is not sent.\n"
        "* **in**: which windows have it.\n"
        "* **belongs to**: *event*: the window in which it happened. *cohort*: the window in which the conversation "
        "started, however much later it changes; so a rate of cohort numbers is one of the same conversations.\n"
        "* A table (`[]`) has the labels that came first, as many as were configured (Kconfig), and `other` for the "
        "rest. *Most frequent labels* have a count each and how much of it may be another label's.\n"
        "* A *distinct count* is exact while few; its error after that, and that of a *distribution*'s quantiles, are\n"
        "  in [sketches.md](sketches.md).\n"
        "* Every number is kept per slice (channel, sender, automation, version), and adds up over slices and "
        "devices.\n"
        "\n"
        "| key | name | is a | in | belongs to | says |\n"
        "|---|---|---|---|---|---|");
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        print_row(&ear_catalogue[n]);
    }
    puts(
        "\n"
        "## Derived from them\n"
        "\n"
        "Never sent; computed after adding up, by `earshot merge` and libearshot-merge or by yourself. Sums are "
        "divided,\n"
        "rates never added. Where the denominator is 0 there is *no data*, which is not 0. `csat.*` is the sum of the\n"
        "group, and of a table the sum of its first column over all rows.\n"
        "\n"
        "| | formula | says |\n"
        "|---|---|---|");
#define EARSHOT_DERIVED(table, name, UNIT, numerator, denominator, says) \
    print_derived(table, name, numerator, denominator, says);
#include "tools/merge/earshot_derived.def"
    puts("| distinct people | of `users.unique`, `users.returning`, `contact_users` | The sketches united over slices "
         "and "
         "devices, then estimated: a person seen by two counts once. |\n"
         "| quantiles | of `duration`, `wait` | Buckets added, then any quantile, within 10 %. |\n"
         "| peak volume, and when | the greatest minute of `messages_per_minute` | Added up over slices and devices "
         "minute by "
         "minute, then the greatest. |\n"
         "\n"
         "**Health score**, 0 to 100: the weighted mean of these shares, of those for which there is data; no data if "
         "there\n"
         "is none for any.\n"
         "\n"
         "| weight | share | says |\n"
         "|---|---|---|");
#define EARSHOT_HEALTH(weight, numerator, denominator, says) print_health(weight, numerator, denominator, says);
#include "tools/merge/earshot_derived.def"
}

/* --- the description --- */

static void print_cddl_columns(const struct ear_number *number)
{
    if (number->columns == 1) {
        printf("count");
    } else if (number->wide == 0) {
        printf("[1*%u member]", number->columns);
    } else {
        printf("[1*%u member, 0*%u wide]", (unsigned)number->columns - number->wide, number->wide);
    }
}

static void print_cddl_value(const struct ear_number *number)
{
    switch (number->shape) {
    case EAR_SHAPE_GROUP:
    case EAR_SHAPE_SERIES:
        printf("[1*%u %s]", number->size, number->shape == EAR_SHAPE_GROUP ? "member" : "minute");
        break;
    case EAR_SHAPE_LABELS:
    case EAR_SHAPE_MONEY:
        printf("{ + tstr => ");
        print_cddl_columns(number);
        printf(" }");
        break;
    case EAR_SHAPE_STEPS:
        printf("{ + tstr => [1* member] }");
        break;
    default:
        printf("%s", shapes[number->shape]);
        break;
    }
}

static void print_cddl_number(const struct ear_number *number)
{
    const bool columns = columns_of(number) > 0 && number->shape != EAR_SHAPE_HEAVY;
    char name[64];

    printf("  ? %u => ", number->key);
    print_cddl_value(number);
    printf(", ;");
    for (unsigned i = 0; i < members_of(number); i++) {
        printf(" %s", full_name(number, i, name));
    }
    printf("%s%s\n", columns ? ": " : "", columns ? ear_number_text(number)->members : "");
}

static void print_cddl(void)
{
    puts(
        "; SPDX-License-Identifier: Apache-2.0\n"
        "; A summary of this version (RFC 8610). Made by `earshot catalogue --cddl` from core/note/ear_catalogue.def.\n"
        "; The encoding is deterministic (RFC 8949 4.2.1). A consumer ignores keys that are not here: see SPEC.md.\n"
        "\n"
        "summary = {\n"
        "  0 => 1, ; version\n"
        "  1 => resolution,\n"
        "  2 => seconds, ; start of the window\n"
        "  ? 3 => 1..4294967295, ; its length in seconds, where that is not 60, 3600 or 86400\n"
        "  4 => revision,\n"
        "  5 => boot,\n"
        "  6 => seq,\n"
        "  7 => clock,\n"
        "  8 => slice,\n"
        "  9 => numbers,\n"
        "  10 => ledger,\n"
        "  ? 11 => life, ; where it is not 1\n"
        "}\n"
        "\n"
        "resolution = 0 / 1 / 2 ; minute, hour (UTC), local day\n"
        "seconds = 0..9007199254740 ; since 1970-01-01T00:00Z; before 2001: in the time of a device that did not know "
        "better\n"
        "revision = 0..18446744073709551615 ; boot * 2^24 + n; a higher one replaces a lower one\n"
        "boot = 1..4294967295\n"
        "life = 1..4294967295 ; part of the key: device, resolution, start, slice, life\n"
        "seq = 1..4294967295 ; counts the summaries of a boot, without a gap\n"
        "clock = 0 / 1 / 2 ; how the device knows the time: not, from its own clock, from the network\n"
        "slice = [channel: label, sender: label, automation: label, version: label] / nil ; nil: `other`\n"
        "label = tstr ; \"\" where there is none\n"
        "\n"
        "count = 1..4294967295\n"
        "member = 0..4294967295\n"
        "minute = 0..65535\n"
        "wide = 0..9223372036854775807\n"
        "table = { + tstr => count } ; codes of 1 to 4 bytes, and \"other\"\n"
        "heavy = [total: count, missed: member, { + tstr => count / [count, error: count] }]\n"
        "distinct = bstr ; docs/sketches.md\n"
        "distribution = bstr ; docs/sketches.md\n"
        "ledger = [accepted: member, refused: member, produced: member, acked: member, superseded: member, expired: "
        "member]\n"
        "\n"
        "; The keys of a map of labels are labels, and \"\" for those that found no room; of currencies, codes and "
        "\"other\".\n"
        "\n"
        "numbers = {");
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        print_cddl_number(&ear_catalogue[n]);
    }
    puts("}");
}

/* --- for programs --- */

static void print_json(void)
{
    struct text text = {0};
    char name[64];

    text_printf(&text, "[");
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        const struct ear_number *number = &ear_catalogue[n];
        text_printf(&text, "%s\n  {\"key\": %u, \"shape\": \"%s\", \"attribution\": \"%s\", \"names\": [",
                    n > 0 ? "," : "", number->key, shapes[number->shape], attributions[number->attribution]);
        for (unsigned i = 0; i < members_of(number); i++) {
            text_printf(&text, "%s", i > 0 ? ", " : "");
            full_name(number, i, name);
            text_add_json_string(&text, name, strlen(name));
        }
        text_printf(&text, "], \"columns\": [");
        for (unsigned i = 0; i < columns_of(number); i++) {
            const struct ear_str column = ear_catalogue_member(number, i);
            text_printf(&text, "%s\"%.*s\"", i > 0 ? ", " : "", column.length, column.bytes);
        }
        text_printf(&text, "], \"says\": ");
        text_add_json_string(&text, ear_number_text(number)->says, strlen(ear_number_text(number)->says));
        text_printf(&text, "}");
    }
    text_printf(&text, "\n]");
    puts(text.bytes);
    text_free(&text);
}

int earshot_catalogue(int argc, char **argv)
{
    static const struct option options[] = {{"markdown", no_argument, NULL, 'm'},
                                            {"cddl", no_argument, NULL, 'c'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    void (*print)(void) = print_markdown;
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == '?') {
            return EARSHOT_USAGE;
        }
        print = option == 'c' ? print_cddl : option == 'j' ? print_json : option == 'h' ? print_help : print_markdown;
    }
    if (optind < argc) {
        die_usage("catalogue takes no %s", argv[optind]);
    }
    print();
    return 0;
}
