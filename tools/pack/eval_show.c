/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/eval_show.c - figures for people, and for programs (their keys are told in docs/packs.md). */
#include <stdlib.h>
#include <string.h>

#include "tools/pack/eval.h"

enum { CONFUSIONS_SHOWN = 10, CONFUSIONS_TOLD = 50 };

static double share(size_t part, size_t all)
{
    return all > 0 ? (double)part / (double)all : -1;
}

/* Columns that a text takes up on a terminal, roughly: characters, not bytes. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return width;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* --- for people --- */

static void print_percent(double value, int width)
{
    if (value < 0) {
        printf("%*s", width, "-");
    } else {
        printf("%*.1f", width, 100 * value);
    }
}

static void print_judge(const struct eval_judge *judge)
{
    for (size_t i = 0; i < judge->pack_count; i++) {
        const struct pack_file *file = &judge->packs[i];
        printf("%s%s %s (%s, %u bytes)", i > 0 ? " + " : "", file->pack.name, file->pack.version, file_name(file->path),
               file->length);
    }
    if (judge->jury->host.loaded > judge->pack_count) {
        printf("%swhat is linked in", judge->pack_count > 0 ? " + " : "");
    }
}

static void print_labels(const struct eval_figures *figures, const struct eval_names *names)
{
    int width = 5;

    for (uint32_t i = 0; i < figures->label_count; i++) {
        const struct eval_label *label = &figures->labels[i];
        const int own = width_of(names->texts[i]);
        width = (label->rows > 0 || label->said > 0) && own > width ? own : width;
    }
    printf("\n  %-*s  precision  recall     F1    rows    said\n", width, "label");
    for (uint32_t i = 0; i < figures->label_count; i++) {
        const struct eval_label *label = &figures->labels[i];
        if (label->rows > 0 || label->said > 0) {
            printf("  %s%*s", names->texts[i], width - width_of(names->texts[i]), "");
            print_percent(eval_precision(label), 11);
            print_percent(eval_recall(label), 8);
            print_percent(label->rows > 0 ? eval_f1(label) : -1, 7);
            printf("%8u%8u\n", label->rows, label->said);
        }
    }
}

static void print_confusions(const struct eval_figures *figures, const struct eval_names *names)
{
    if (figures->confusion_count > 0) {
        puts("\n  mistaken most often");
    }
    for (size_t i = 0; i < figures->confusion_count && i < CONFUSIONS_SHOWN; i++) {
        const struct eval_confusion *pair = &figures->confusions[i];
        printf("  %7u  %s, taken for %s\n", pair->count, names->texts[pair->label], names->texts[pair->said]);
    }
}

/* Rows whose label is another than that for no verdict. */
static size_t to_find(const struct eval_figures *figures)
{
    const uint32_t none = figures->judge->none;

    return figures->set->count - (none < figures->label_count ? figures->labels[none].rows : 0);
}

static void print_steps(const struct eval_figures *figures)
{
    puts("\n  threshold  answered  precision  recall  accuracy");
    for (unsigned i = 0; i < EVAL_STEPS; i++) {
        const struct eval_step *step = &figures->steps[i];
        printf("  %9u", i * EVAL_STEP);
        print_percent(share(step->answered, figures->set->count), 10);
        print_percent(share(step->right_answers, step->answered), 11);
        print_percent(share(step->right_answers, to_find(figures)), 8);
        print_percent(share(step->right, figures->set->count), 10);
        puts("");
    }
}

static bool is_known(const struct eval_judge *judge, uint32_t label)
{
    for (size_t i = 0; i < judge->known_count; i++) {
        if (judge->known[i] == label) {
            return true;
        }
    }
    return label == judge->none;
}

static void print_unknown(const struct eval_figures *figures, const struct eval_names *names)
{
    const char *before = "\n  labels of the file that cannot be said (--map renames): ";

    for (uint32_t i = 0; i < figures->label_count; i++) {
        if (figures->labels[i].rows > 0 && !is_known(figures->judge, i)) {
            printf("%s%s (%u)", before, names->texts[i], figures->labels[i].rows);
            before = ", ";
        }
    }
    if (before[0] == ',') {
        puts("");
    }
}

void eval_show(const struct eval_figures *figures, const struct eval_names *names)
{
    print_judge(figures->judge);
    printf("\non %s: %zu rows, question %s\n\n  accuracy ", figures->set->path, figures->set->count,
           pack_question_name(figures->judge->question));
    print_percent(share(figures->right, figures->set->count), 1);
    printf(" %%, macro F1 ");
    print_percent(figures->macro_f1, 1);
    printf(" %% (mean of the %u labels that occur); ", figures->occurring);
    print_percent(share(figures->answered, figures->set->count), 1);
    printf(" %% got a verdict, the others count as %s\n", names->texts[figures->judge->none]);
    if (figures->auroc >= 0) {
        printf("  AUROC of rejecting %s ", names->texts[figures->judge->reject]);
        print_percent(figures->auroc, 1);
        puts(" %");
    }
    printf("  %.0f ns a message: %.0f to split it into tokens, %.0f to judge it\n", figures->all_ns, figures->split_ns,
           figures->all_ns - figures->split_ns);
    print_unknown(figures, names);
    print_labels(figures, names);
    print_confusions(figures, names);
    if (figures->has_steps) {
        print_steps(figures);
    }
    puts("");
}

void eval_show_table(const struct eval_figures *figures, size_t count)
{
    int pack_width = 4, file_width = 4;

    for (size_t i = 0; i < count; i++) {
        const char *name = figures[i].judge->pack_count == 1 ? figures[i].judge->packs[0].pack.name : "together";
        pack_width = width_of(name) > pack_width ? width_of(name) : pack_width;
        const int file = width_of(file_name(figures[i].set->path));
        file_width = file > file_width ? file : file_width;
    }
    printf("%-*s  %-*s     rows  accuracy  macro F1  verdicts   AUROC  ns/message\n", pack_width, "pack", file_width,
           "file");
    for (size_t i = 0; i < count; i++) {
        const char *name = figures[i].judge->pack_count == 1 ? figures[i].judge->packs[0].pack.name : "together";
        printf("%-*s  %-*s %8zu", pack_width, name, file_width, file_name(figures[i].set->path), figures[i].set->count);
        print_percent(share(figures[i].right, figures[i].set->count), 10);
        print_percent(figures[i].macro_f1, 10);
        print_percent(share(figures[i].answered, figures[i].set->count), 10);
        print_percent(figures[i].auroc, 8);
        printf("%12.0f\n", figures[i].all_ns);
    }
}

/* --- for programs --- */

static void add_string(struct text *out, const char *key, const char *value)
{
    text_printf(out, "\"%s\":", key);
    if (value == NULL) {
        text_printf(out, "null");
    } else {
        text_add_json_string(out, value, strlen(value));
    }
}

static void add_share(struct text *out, const char *key, double value)
{
    if (value < 0) {
        text_printf(out, ",\"%s\":null", key);
    } else {
        text_printf(out, ",\"%s\":%.6f", key, value);
    }
}

static void add_packs(struct text *out, const struct eval_judge *judge)
{
    text_printf(out, "\"packs\":[");
    for (size_t i = 0; i < judge->pack_count; i++) {
        const struct pack_file *file = &judge->packs[i];
        text_printf(out, "%s{", i > 0 ? "," : "");
        add_string(out, "file", file->path);
        text_printf(out, ",");
        add_string(out, "name", file->pack.name);
        text_printf(out, ",");
        add_string(out, "version", file->pack.version);
        text_printf(out, ",\"bytes\":%u}", file->length);
    }
    text_printf(out, "],\"linked\":%s,", judge->jury->host.loaded > judge->pack_count ? "true" : "false");
}

static void add_labels(struct text *out, const struct eval_figures *figures, const struct eval_names *names)
{
    const char *comma = "";

    text_printf(out, ",\"labels\":{");
    for (uint32_t i = 0; i < figures->label_count; i++) {
        const struct eval_label *label = &figures->labels[i];
        if (label->rows == 0 && label->said == 0) {
            continue;
        }
        text_printf(out, "%s", comma);
        text_add_json_string(out, names->texts[i], strlen(names->texts[i]));
        text_printf(out, ":{\"support\":%u,\"said\":%u,\"right\":%u", label->rows, label->said, label->right);
        add_share(out, "precision", eval_precision(label));
        add_share(out, "recall", eval_recall(label));
        add_share(out, "f1", label->rows > 0 ? eval_f1(label) : -1);
        text_printf(out, ",\"known\":%s}", is_known(figures->judge, i) ? "true" : "false");
        comma = ",";
    }
    text_printf(out, "}");
}

static void add_confusions(struct text *out, const struct eval_figures *figures, const struct eval_names *names)
{
    text_printf(out, ",\"confusions\":[");
    for (size_t i = 0; i < figures->confusion_count && i < CONFUSIONS_TOLD; i++) {
        const struct eval_confusion *pair = &figures->confusions[i];
        text_printf(out, "%s{", i > 0 ? "," : "");
        add_string(out, "label", names->texts[pair->label]);
        text_printf(out, ",");
        add_string(out, "said", names->texts[pair->said]);
        text_printf(out, ",\"count\":%u}", pair->count);
    }
    text_printf(out, "]");
}

static void add_steps(struct text *out, const struct eval_figures *figures)
{
    text_printf(out, ",\"by_threshold\":[");
    for (unsigned i = 0; i < EVAL_STEPS; i++) {
        const struct eval_step *step = &figures->steps[i];
        text_printf(out, "%s{\"threshold\":%u,\"answered\":%u", i > 0 ? "," : "", i * EVAL_STEP, step->answered);
        add_share(out, "precision", share(step->right_answers, step->answered));
        add_share(out, "recall", share(step->right_answers, to_find(figures)));
        add_share(out, "accuracy", share(step->right, figures->set->count));
        text_printf(out, "}");
    }
    text_printf(out, "]");
}

static void add_result(struct text *out, const struct eval_figures *figures, const struct eval_names *names)
{
    const struct eval_judge *judge = figures->judge;

    text_printf(out, "{");
    add_packs(out, judge);
    add_string(out, "file", figures->set->path);
    text_printf(out, ",");
    add_string(out, "question", pack_question_name(judge->question));
    text_printf(out, ",\"n\":%zu,\"answered\":%zu,\"right\":%zu", figures->set->count, figures->answered,
                figures->right);
    add_share(out, "accuracy", share(figures->right, figures->set->count));
    add_share(out, "macro_f1", figures->macro_f1);
    text_printf(out, ",");
    add_string(out, "none", names->texts[judge->none]);
    text_printf(out, ",");
    add_string(out, "reject", judge->reject != EVAL_NOBODY ? names->texts[judge->reject] : NULL);
    add_share(out, "auroc", figures->auroc);
    text_printf(out, ",\"ns_per_message\":%.1f,\"ns_tokens\":%.1f,\"ns_judging\":%.1f", figures->all_ns,
                figures->split_ns, figures->all_ns - figures->split_ns);
    add_labels(out, figures, names);
    add_confusions(out, figures, names);
    if (figures->has_steps) {
        add_steps(out, figures);
    }
    text_printf(out, "}");
}

void eval_show_json(const struct eval_figures *figures, size_t count, const struct eval_names *names)
{
    struct text out = {0};

    if (count != 1) {
        text_printf(&out, "{\"results\":[");
    }
    for (size_t i = 0; i < count; i++) {
        text_printf(&out, "%s", i > 0 ? ",\n" : "");
        add_result(&out, &figures[i], names);
    }
    text_printf(&out, "%s\n", count != 1 ? "]}" : "");
    fwrite(out.bytes, 1, out.length, stdout);
    text_free(&out);
}
