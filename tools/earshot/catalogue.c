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

static const char *const shapes[] = {"count", "group", "table", "series"};
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

/* --- the page --- */

static void print_row(const struct ear_number *number)
{
    static const char *const on_the_wire[] = {"number", "list", "map of label to number", "list of the hour's minutes"};
    char name[64];

    printf("| %u | ", number->key);
    for (unsigned i = 0; i < members_of(number); i++) {
        printf("%s`%s`", i > 0 ? " " : "", full_name(number, i, name));
    }
    printf(" | %s | %s | %s |\n", on_the_wire[number->shape], attributions[number->attribution], number->says);
}

static void print_markdown(void)
{
    puts(
        "<!-- Made by `earshot catalogue --markdown` from core/note/ear_catalogue.def. -->\n"
        "# The numbers\n"
        "\n"
        "What a summary can hold. How its bytes are laid out is in [core/tell/SPEC.md](../core/tell/SPEC.md).\n"
        "\n"
        "* **key**: in the summary's map of numbers. A list has its members in the order given here, without the zeros "
        "at its end; what is zero altogether is not sent.\n"
        "* **belongs to**: *event*: the window in which it happened. *cohort*: the window in which the conversation "
        "started, however much later it changes; so a rate of cohort numbers is one of the same conversations.\n"
        "* A table has the labels that came first, as many as were configured (Kconfig), and `other` for the rest.\n"
        "* Every number is kept per slice (channel, sender, automation, version), and adds up over slices and "
        "devices.\n"
        "\n"
        "| key | name | is a | belongs to | says |\n"
        "|---|---|---|---|---|");
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        print_row(&ear_catalogue[n]);
    }
    puts("\n"
         "## Derived from them\n"
         "\n"
         "Never sent; computed after adding up. Where the denominator is 0 there is *no data*, which is not 0.\n"
         "\n"
         "| | formula |\n"
         "|---|---|\n"
         "| resolution rate | (`status.resolved` + `status.assumed_resolved`) / (`status.resolved` + "
         "`status.assumed_resolved` + `status.routed` + `status.closed_out`) |\n"
         "| percent resolved | `status.resolved` / `conversations` |\n"
         "| containment | sum of `outcome.contained.*` / sum of `outcome.contained.*` and `outcome.escalated.*` |\n"
         "| escalation rate | `status.routed` / `conversations` |\n"
         "| engagement | `users.engaged` / (`users.engaged` + `users.not_engaged`) |\n"
         "| messages a conversation, in | `messages.user` / `conversations` |\n"
         "| messages a conversation, out | (`messages.bot` + `messages.agent`) / `conversations` |\n"
         "| CSAT average | (1 `csat.1` + 2 `csat.2` + 3 `csat.3` + 4 `csat.4` + 5 `csat.5`) / sum of `csat.*` |\n"
         "| CSAT negative, positive | (`csat.1` + `csat.2`) / sum of `csat.*`, (`csat.4` + `csat.5`) / sum of `csat.*` "
         "|\n"
         "| delivery rate | `delivery.delivered` / `delivery.sent` |\n"
         "| peak volume | the greatest minute of `messages_per_minute`, added up over devices minute by minute |");
}

/* --- the description --- */

static void print_cddl_number(const struct ear_number *number)
{
    char name[64];

    printf("  ? %u => ", number->key);
    if (number->shape == EAR_SHAPE_COUNT || number->shape == EAR_SHAPE_TABLE) {
        printf("%s, ;", number->shape == EAR_SHAPE_COUNT ? "count" : "table");
    } else {
        printf("[1*%u %s], ;", number->size, number->shape == EAR_SHAPE_GROUP ? "member" : "minute");
    }
    for (unsigned i = 0; i < members_of(number); i++) {
        printf(" %s", full_name(number, i, name));
    }
    putchar('\n');
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
        "}\n"
        "\n"
        "resolution = 0 / 1 / 2 ; minute, hour (UTC), local day\n"
        "seconds = 0..8796093022208 ; since 1970-01-01T00:00Z; before 2001: since the device started\n"
        "revision = 0..18446744073709551615 ; boot * 2^24 + n; a higher one replaces a lower one\n"
        "boot = 1..4294967295\n"
        "seq = 1..4294967295 ; counts the summaries of a boot, without a gap\n"
        "clock = 0 / 1 / 2 ; how the device knows the time: not, from its own clock, from the network\n"
        "slice = [channel: label, sender: label, automation: label, version: label] / nil ; nil: `other`\n"
        "label = tstr ; \"\" where there is none\n"
        "\n"
        "count = 1..4294967295\n"
        "member = 0..4294967295\n"
        "minute = 0..65535\n"
        "table = { + tstr => count } ; labels of 1 to 4 bytes, and \"other\"\n"
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
        text_printf(&text, "], \"says\": ");
        text_add_json_string(&text, number->says, strlen(number->says));
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
