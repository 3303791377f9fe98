/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/report.h"

#include <string.h>

/* "Mon 12 Oct 2026 to Sun 18 Oct 2026", or one day. */
static void add_period(const struct report *report, struct text *html)
{
    struct text from = {0}, to = {0};

    report_format_time(&from, &report->select.zone, REPORT_DATE, report->from_s);
    report_format_time(&to, &report->select.zone, REPORT_DATE, report->to_s - 1);
    text_printf(html, "%s", from.bytes);
    if (strcmp(from.bytes, to.bytes) != 0) {
        text_printf(html, " to %s", to.bytes);
    }
    text_free(&from);
    text_free(&to);
}

static void add_header(const struct report *report, struct text *html)
{
    const struct earshot_extent extent = earshot_total_extent(report->total);
    struct text selected = {0};

    merge_select_text(&report->select, &selected);
    text_printf(html, "<header><h1>");
    report_escape(html, report->title);
    text_printf(html, "</h1><p class=\"period\">");
    add_period(report, html);
    text_printf(html, "</p><p>%zu device%s", extent.devices, extent.devices == 1 ? "" : "s");
    if (selected.length > 0) {
        text_printf(html, " \xc2\xb7 only ");
        report_escape(html, selected.bytes);
    }
    text_printf(html, " \xc2\xb7 local time, ");
    report_escape(html, report->select.zone_rule);
    text_printf(html, "</p></header>\n");
    text_free(&selected);
}

/* --- How complete it is ------------------------------------------------------------------------------------------- */

struct completeness {
    uint64_t produced, arrived, superseded, expired, waiting, lost;
};

static struct completeness add_up(const struct report *report)
{
    struct completeness sum = {0};
    struct earshot_account account;

    for (size_t i = 0; earshot_store_account(report->store, i, &account); i++) {
        sum.produced += account.produced;
        sum.arrived += account.arrived;
        sum.superseded += account.superseded;
        sum.expired += account.expired;
        sum.waiting += account.waiting;
        sum.lost += account.lost;
    }
    return sum;
}

static void add_count(struct text *html, double value, const char *what)
{
    report_format(html, REPORT_COUNT, value);
    text_printf(html, "%s", what);
}

enum { ACCOUNTS_SHOWN = 12 };

static void add_accounts(const struct report *report, struct text *html)
{
    struct earshot_account account;
    unsigned shown = 0;

    for (size_t i = 0; earshot_store_account(report->store, i, &account); i++) {
        if ((account.lost == 0 && account.expired == 0) || shown == ACCOUNTS_SHOWN) {
            continue;
        }
        if (shown++ == 0) {
            text_printf(html, "<table class=\"ledger\"><thead><tr><th>device</th><th>start</th><th>produced</th>"
                              "<th>arrived</th><th>never sent</th><th>lost</th></tr></thead>");
        }
        text_printf(html, "<tr><th>");
        report_escape(html, account.device);
        text_printf(html, "</th><td>%u</td><td>%u</td><td>%u</td><td>%u</td><td>%u</td></tr>", account.boot,
                    account.produced, account.arrived, account.expired, account.lost);
    }
    text_printf(html, "%s", shown > 0 ? "</table>" : "");
}

static void add_completeness(const struct report *report, struct text *html)
{
    const struct completeness sum = add_up(report);

    text_printf(html, "<h2>How complete this is</h2><p>The devices made ");
    add_count(html, (double)sum.produced, " summaries in all; ");
    add_count(html, (double)sum.arrived, " arrived here, ");
    add_count(html, (double)sum.superseded, " were replaced by newer ones before they were sent, ");
    add_count(html, (double)sum.waiting, " are still to come, ");
    add_count(html, (double)sum.expired, " left their device unsent, and ");
    add_count(html, (double)sum.lost,
              " were lost on the way. Each summary is the whole state of its window, so a later one "
              "makes up for a lost one. In hatched stretches nothing was told.</p>");
    add_accounts(report, html);
}

static void add_left_out(const struct report *report, struct text *html)
{
    const struct earshot_extent extent = earshot_total_extent(report->total);

    if (extent.undated > 0) {
        text_printf(html, "<p>%zu summaries are of a device that did not know the time, and left out.</p>",
                    extent.undated);
    }
    if (extent.unsliced > 0) {
        text_printf(html, "<p>%zu summaries are of mixed channels and automations, and left out of this selection.</p>",
                    extent.unsliced);
    }
}

static void add_footer(const struct report *report, struct text *html)
{
    text_printf(html, "<footer>");
    add_completeness(report, html);
    add_left_out(report, html);
    text_printf(
        html,
        "<h2>How to read it</h2><p>Added up from windows of %ss; the busiest minute comes from hours. Messages, "
        "assignments and waits count when they happened, durations and languages when their conversation began. "
        "People are counted by keyed hashes, across devices only where these share a key; the same person can be "
        "new on more than one device. <i>Other</i> is what found no room in a device's table. <i>No data</i> is not "
        "zero: there was nothing to divide by.</p></footer>\n",
        merge_resolution_name(report->select.filter.resolution));
}

void report_page(const struct report *report, struct text *html)
{
    text_printf(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                      "<meta name=\"generator\" content=\"earshot report\"><title>");
    report_escape(html, report->title);
    text_printf(html, "</title><style>");
    for (size_t i = 0; report_style[i] != NULL; i++) {
        text_printf(html, "%s", report_style[i]);
    }
    text_printf(html, "</style></head>\n<body><main>\n");
    text_printf(html, "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs><pattern "
                      "id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
                      "patternTransform=\"rotate(45)\"><rect width=\"7\" height=\"7\" fill=\"#f3f5f8\"/><line y2=\"7\" "
                      "stroke=\"#d9dfe7\" stroke-width=\"3\"/></pattern></defs></svg>\n");
    add_header(report, html);
    report_activity(report, html);
    report_chatbot(report, html);
    report_contact_center(report, html);
    add_footer(report, html);
    text_printf(html, "</main></body></html>\n");
}
