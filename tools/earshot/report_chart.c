/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/report_chart.c - charts over time: bars on top of each other, lines, or curves through the points.
 *
 * All are drawn in the same box. The axis goes from 0 to a round number; a value that is not known leaves a gap, and a
 * stretch of which nothing was told is hatched. */
#include "tools/earshot/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 560, HEIGHT = 218, LEFT = 60, RIGHT = 8, TOP = 16, BOTTOM = 26, TICKS = 4, LABEL_WIDTH = 70 };
enum { PLOT_WIDTH = WIDTH - LEFT - RIGHT, PLOT_HEIGHT = HEIGHT - TOP - BOTTOM, MOST_VALUES_SHOWN = 16 };

#define HEADROOM 1.04 /* for the figure on the highest point */

/* What is being drawn, and how values become places. */
struct drawing {
    const struct report_chart *chart;
    struct text *html;
    size_t count;
    double top;  /* of the axis, in values */
    double tick; /* between its lines */
    double unit; /* values a unit of the axis */
    const char *suffix;
};

static double x_of(const struct drawing *drawing, size_t bucket)
{
    return LEFT + ((double)bucket + 0.5) * PLOT_WIDTH / (double)drawing->count;
}

static double y_of(const struct drawing *drawing, double value)
{
    return TOP + PLOT_HEIGHT * (1 - value / drawing->top);
}

/* --- The axes ----------------------------------------------------------------------------------------------------- */

static double greatest(const struct report_chart *chart, size_t count)
{
    double most = 0;

    for (size_t b = 0; b < count; b++) {
        double sum = 0;
        for (unsigned s = 0; s < chart->series_count; s++) {
            const double value = chart->series[s].values[b];
            const double known = isnan(value) ? 0 : value;
            sum = chart->form == REPORT_BARS ? sum + known : fmax(sum, known);
        }
        most = fmax(most, sum);
    }
    return most;
}

/* 1, 2, 2.5 or 5 times a power of ten, at least `least`. */
static double round_up(double least)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    const double power = pow(10, floor(log10(least)));

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i] * power >= least * 0.999999) {
            return steps[i] * power;
        }
    }
    return 10 * power;
}

/* Times are told in what their greatest is best told in, or as asked for. */
static void set_unit(struct drawing *drawing, double most)
{
    const enum report_unit unit = drawing->chart->unit;
    const bool hours = unit == REPORT_MS_IN_HOURS || (unit == REPORT_MS && most >= 7200000);
    const bool minutes = unit == REPORT_MS_IN_MINUTES || (unit == REPORT_MS && most >= 120000);
    const bool plain = unit == REPORT_COUNT || unit == REPORT_DECIMAL;

    drawing->unit = plain ? 1 : hours ? 3600000 : minutes ? 60000 : 1000;
    drawing->suffix = plain ? "" : hours ? " h" : minutes ? " min" : " s";
}

static void set_scale(struct drawing *drawing)
{
    const double most = greatest(drawing->chart, drawing->count);

    set_unit(drawing, most);
    double tick = most > 0 ? round_up(most / drawing->unit / TICKS) : 1;
    if (drawing->chart->unit == REPORT_COUNT) {
        tick = fmax(1, ceil(tick)); /* there are no halves of things */
    }
    drawing->tick = tick * drawing->unit;
    drawing->top = drawing->tick * fmax(1, ceil(most / drawing->tick * HEADROOM));
}

static void add_axis_value(struct drawing *drawing, double value)
{
    const double shown = value / drawing->unit;

    if (shown >= 100000) {
        text_printf(drawing->html, "%gk", shown / 1000);
    } else if (shown >= 1000) {
        report_format(drawing->html, REPORT_COUNT, shown);
    } else {
        text_printf(drawing->html, "%g", shown);
    }
    text_printf(drawing->html, "%s", value > 0 ? drawing->suffix : "");
}

static void draw_value_axis(struct drawing *drawing)
{
    const unsigned ticks = (unsigned)lround(drawing->top / drawing->tick);

    for (unsigned i = 0; i <= ticks; i++) {
        const double value = i * drawing->tick, y = y_of(drawing, value);
        text_printf(drawing->html, "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                    value > 0 ? "grid" : "base", LEFT, WIDTH - RIGHT, y, y);
        text_printf(drawing->html, "<text class=\"tick\" text-anchor=\"end\" x=\"%d\" y=\"%.1f\">", LEFT - 7, y + 3.5);
        add_axis_value(drawing, value);
        text_printf(drawing->html, "</text>");
    }
}

/* As many labels as have room, evenly spread. */
static void draw_time_axis(struct drawing *drawing)
{
    const struct report *report = drawing->chart->report;
    const double room = (double)PLOT_WIDTH / (report->step == REPORT_HOURS ? LABEL_WIDTH * 0.55 : LABEL_WIDTH);
    size_t every = (size_t)ceil((double)drawing->count / room);

    if (report->step == REPORT_HOURS) {
        static const size_t steps[] = {1, 2, 3, 6, 12, 24};
        size_t i = 0;
        while (i + 1 < sizeof steps / sizeof steps[0] && steps[i] < every) {
            i++;
        }
        every = steps[i];
    }
    for (size_t b = 0; b < drawing->count; b += every) {
        text_printf(drawing->html, "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>",
                    x_of(drawing, b), HEIGHT - 8, report->buckets[b].label);
    }
}

static void draw_untold(struct drawing *drawing)
{
    const double width = (double)PLOT_WIDTH / (double)drawing->count;

    for (size_t b = 0; b < drawing->count; b++) {
        if (!drawing->chart->report->buckets[b].told) {
            text_printf(
                drawing->html,
                "<rect class=\"untold\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s: nothing was "
                "told</title></rect>",
                LEFT + (double)b * width, TOP, width, PLOT_HEIGHT, drawing->chart->report->buckets[b].name);
        }
    }
}

/* --- What is shown ------------------------------------------------------------------------------------------------ */

static void add_tip(struct drawing *drawing, size_t bucket, const struct report_series *series)
{
    text_printf(drawing->html, "<title>%s: ", drawing->chart->report->buckets[bucket].name);
    if (drawing->chart->series_count > 1) {
        report_escape(drawing->html, series->name);
        text_printf(drawing->html, " ");
    }
    report_format(drawing->html, drawing->chart->unit, series->values[bucket]);
    text_printf(drawing->html, "</title>");
}

static void draw_value(struct drawing *drawing, size_t bucket, double value)
{
    const bool is_short = drawing->chart->unit == REPORT_COUNT || drawing->chart->unit == REPORT_DECIMAL;

    if (drawing->count > MOST_VALUES_SHOWN || !is_short || value <= 0) {
        return;
    }
    text_printf(drawing->html, "<text class=\"value\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">",
                x_of(drawing, bucket), y_of(drawing, value) - 4);
    report_format(drawing->html, drawing->chart->unit, value);
    text_printf(drawing->html, "</text>");
}

static void draw_bars(struct drawing *drawing)
{
    const struct report_chart *chart = drawing->chart;
    const double width = fmin(34, 0.66 * PLOT_WIDTH / (double)drawing->count);

    for (size_t b = 0; b < drawing->count; b++) {
        double below = 0;
        for (unsigned s = 0; s < chart->series_count; s++) {
            const double value = chart->series[s].values[b];
            if (isnan(value) || value <= 0) {
                continue;
            }
            const double y = y_of(drawing, below + value);
            text_printf(drawing->html,
                        "<rect class=\"c%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"1.5\">",
                        chart->series[s].colour, x_of(drawing, b) - width / 2, y, width, y_of(drawing, below) - y);
            add_tip(drawing, b, &chart->series[s]);
            text_printf(drawing->html, "</rect>");
            below += value;
        }
        draw_value(drawing, b, below);
    }
}

/* Slopes at the points of a stretch such that the curve between them never leaves their range (F. N. Fritsch,
 * R. E. Carlson 1980, in the simple form of harmonic means); x is in buckets. */
static void find_slopes(const double *values, size_t count, double *slopes)
{
    for (size_t i = 0; i < count; i++) {
        const double before = i > 0 ? values[i] - values[i - 1] : 0;
        const double after = i + 1 < count ? values[i + 1] - values[i] : 0;
        slopes[i] = before * after > 0 ? 2 * before * after / (before + after) : 0;
    }
}

/* A stretch without gaps, as a path. */
static void draw_path(struct drawing *drawing, const double *values, size_t from, size_t to)
{
    const double third = (double)PLOT_WIDTH / (double)drawing->count / 3;
    double *slopes = grow(NULL, (to - from) * sizeof slopes[0]);

    find_slopes(values + from, to - from, slopes);
    text_printf(drawing->html, "M%.1f %.1f", x_of(drawing, from), y_of(drawing, values[from]));
    for (size_t b = from + 1; b < to; b++) {
        if (drawing->chart->form == REPORT_CURVE) {
            text_printf(drawing->html, "C%.1f %.1f %.1f %.1f %.1f %.1f", x_of(drawing, b - 1) + third,
                        y_of(drawing, values[b - 1] + slopes[b - 1 - from] / 3), x_of(drawing, b) - third,
                        y_of(drawing, values[b] - slopes[b - from] / 3), x_of(drawing, b), y_of(drawing, values[b]));
        } else {
            text_printf(drawing->html, "L%.1f %.1f", x_of(drawing, b), y_of(drawing, values[b]));
        }
    }
    free(slopes);
}

static void draw_points(struct drawing *drawing, const struct report_series *series)
{
    const double radius = drawing->count > 40 ? 1.6 : 2.6;

    for (size_t b = 0; b < drawing->count; b++) {
        if (!isnan(series->values[b])) {
            text_printf(drawing->html, "<circle class=\"c%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\">", series->colour,
                        x_of(drawing, b), y_of(drawing, series->values[b]), radius);
            add_tip(drawing, b, series);
            text_printf(drawing->html, "</circle>");
        }
    }
}

static void draw_line(struct drawing *drawing, const struct report_series *series)
{
    text_printf(drawing->html, "<path class=\"l%u\" d=\"", series->colour);
    for (size_t from = 0, to; from < drawing->count; from = to + 1) {
        to = from;
        while (to < drawing->count && !isnan(series->values[to])) {
            to++;
        }
        if (to > from) {
            draw_path(drawing, series->values, from, to);
        }
    }
    text_printf(drawing->html, "\"/>");
    draw_points(drawing, series);
    if (drawing->chart->series_count == 1) {
        for (size_t b = 0; b < drawing->count; b++) {
            draw_value(drawing, b, isnan(series->values[b]) ? 0 : series->values[b]);
        }
    }
}

static bool has_data(const struct report_chart *chart, size_t count)
{
    for (unsigned s = 0; s < chart->series_count; s++) {
        for (size_t b = 0; b < count; b++) {
            if (!isnan(chart->series[s].values[b])) {
                return true;
            }
        }
    }
    return false;
}

static void draw_legend(const struct report_chart *chart, struct text *html)
{
    if (chart->series_count < 2) {
        return;
    }
    text_printf(html, "<p class=\"legend\">");
    for (unsigned s = 0; s < chart->series_count; s++) {
        const unsigned colour = chart->series[s].colour;
        text_printf(html, "<span><svg viewBox=\"0 0 18 10\">");
        if (chart->form == REPORT_BARS) {
            text_printf(html, "<rect class=\"c%u\" x=\"3\" y=\"0\" width=\"10\" height=\"10\" rx=\"2\"/>", colour);
        } else {
            text_printf(html, "<path class=\"l%u\" d=\"M0 5H18\"/>", colour);
        }
        text_printf(html, "</svg>");
        report_escape(html, chart->series[s].name);
        text_printf(html, "</span>");
    }
    text_printf(html, "</p>");
}

void report_chart(const struct report_chart *chart, struct text *html)
{
    struct drawing drawing = {.chart = chart, .html = html, .count = chart->report->bucket_count};

    text_printf(html, "<figure class=\"card\"><figcaption><h3>%s</h3>", chart->title);
    if (chart->headline != NULL) {
        text_printf(html, "<span class=\"headline\">%s</span>", chart->headline);
    }
    text_printf(html, "</figcaption>");
    if (!has_data(chart, drawing.count)) {
        text_printf(html, "<p class=\"nodata\">No data in this period</p></figure>\n");
        return;
    }
    draw_legend(chart, html);
    text_printf(html, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", WIDTH, HEIGHT,
                chart->title);
    set_scale(&drawing);
    draw_untold(&drawing);
    draw_value_axis(&drawing);
    draw_time_axis(&drawing);
    if (chart->form == REPORT_BARS) {
        draw_bars(&drawing);
    } else {
        for (unsigned s = chart->series_count; s > 0; s--) { /* the first one on top */
            draw_line(&drawing, &chart->series[s - 1]);
        }
    }
    text_printf(html, "</svg>");
    if (chart->note != NULL) {
        text_printf(html, "<p class=\"note\">%s</p>", chart->note);
    }
    text_printf(html, "</figure>\n");
}
