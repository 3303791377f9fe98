/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/report.h"

#include <math.h>
#include <string.h>

void report_tile(struct text *html, const char *name, const char *value, const char *note)
{
    const char *kind = strcmp(value, "no data") == 0 ? " none" : strlen(value) > 12 ? " long" : "";

    text_printf(html, "<div class=\"tile\"><span class=\"name\">%s</span><span class=\"big%s\">%s</span>", name, kind,
                value);
    if (note != NULL) {
        text_printf(html, "<span class=\"note\">%s</span>", note);
    }
    text_printf(html, "</div>\n");
}

static void add_value(struct text *html, enum report_unit unit, const struct report_rank *rank)
{
    if (rank->least < rank->value) {
        report_format(html, unit, rank->least);
        text_printf(html, "\xe2\x80\x93"); /* en dash */
    }
    report_format(html, unit, rank->value);
}

static void add_row(struct text *html, enum report_unit unit, const struct report_rank *rank, double most, double sum)
{
    const double width = most > 0 ? 100 * rank->value / most : 0;

    text_printf(html, "<tr><th>");
    if (rank->label[0] == '\0') {
        text_printf(html, "<i>other</i>");
    } else {
        report_escape(html, rank->label);
    }
    text_printf(html,
                "</th><td class=\"bar\"><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\"><rect class=\"track\" "
                "width=\"100\" height=\"10\"/><rect class=\"%s\" width=\"%.2f\" height=\"10\"/></svg></td><td>",
                rank->label[0] == '\0' ? "rest" : "c0", width);
    add_value(html, unit, rank);
    text_printf(html, "</td><td class=\"share\">");
    if (sum > 0) {
        text_printf(html, "%.0f %%", 100 * rank->value / sum);
    }
    text_printf(html, "</td></tr>\n");
}

/* What is below the rows that are shown, `other` with it. */
static struct report_rank rest_of(const struct report_rank *ranks, size_t count, size_t shown)
{
    struct report_rank rest = {.label = ""};

    for (size_t i = shown; i < count; i++) {
        rest.value += ranks[i].value;
        rest.least += ranks[i].least;
    }
    return rest;
}

void report_ranking(struct text *html, const char *title, const char *note, enum report_unit unit,
                    const struct report_rank *ranks, size_t count, size_t most)
{
    const size_t named = count > 0 && ranks[count - 1].label[0] == '\0' ? count - 1 : count;
    const size_t shown = named < most ? named : most;
    const struct report_rank rest = rest_of(ranks, count, shown);
    double greatest = rest.value;
    double sum = greatest;

    for (size_t i = 0; i < shown; i++) {
        greatest = fmax(greatest, ranks[i].value);
        sum += ranks[i].value;
    }
    text_printf(html, "<figure class=\"card\"><figcaption><h3>%s</h3></figcaption>", title);
    if (!(sum > 0)) {
        text_printf(html, "<p class=\"nodata\">No data in this period</p></figure>\n");
        return;
    }
    text_printf(html, "<table class=\"ranking\">");
    for (size_t i = 0; i < shown; i++) {
        add_row(html, unit, &ranks[i], greatest, sum);
    }
    if (rest.value > 0) {
        add_row(html, unit, &rest, greatest, sum);
    }
    text_printf(html, "</table>");
    if (note != NULL) {
        text_printf(html, "<p class=\"note\">%s</p>", note);
    }
    text_printf(html, "</figure>\n");
}
