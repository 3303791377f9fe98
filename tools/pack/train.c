/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train.c - earshot pack train: labelled texts become a pack. */
#include "tools/pack/train.h"

#include <stdlib.h>
#include <string.h>

#include "tools/earshot/earshot.h"
#include "tools/pack/pack.h"

#define GROUP_BIAS 0.1 /* the smaller, the less a file may lean on its own bias */
#define FOLDS 5u

/* --- lexicons --- */

static void add_entry(struct train *train, unsigned lexicon, const char *line, size_t length, uint32_t number)
{
    const struct train_lexicon *from = &train->wish.lexicons[lexicon];
    const char *tab = memchr(line, '\t', length);
    char *end = NULL;

    if (tab == NULL || tab == line || tab - line > 255) {
        die("%s:%u: a line is word TAB valence", from->path, number);
    }
    const double valence = strtod(tab + 1, &end);
    if (end == tab + 1 || !(valence > -100 && valence < 100)) {
        die("%s:%u: after the tab comes a number between -100 and 100", from->path, number);
    }
    train->prior.words =
        grow((void *)(uintptr_t)train->prior.words, (train->prior.word_count + 1) * sizeof train->prior.words[0]);
    struct train_word *words = (struct train_word *)(uintptr_t)train->prior.words;
    words[train->prior.word_count++] =
        (struct train_word){line, (uint16_t)(tab - line), (uint8_t)lexicon, (float)(valence * from->scale)};
}

void train_read_lexicons(struct train *train)
{
    for (unsigned i = 0; i < train->wish.lexicon_count; i++) {
        size_t length;
        const char *line = read_file(train->wish.lexicons[i].path, &length), *end = line + length;
        for (uint32_t number = 1; line < end; number++) {
            const char *line_end = memchr(line, '\n', (size_t)(end - line));
            line_end = line_end != NULL ? line_end : end;
            if (line_end > line && line[0] != '#') {
                add_entry(train, i, line, (size_t)(line_end - line), number);
            }
            line = line_end + 1;
        }
    }
    train->prior.lexicons = train->wish.lexicon_count;
}

/* --- a run --- */

static uint32_t label_named(const struct train *train, const char *name)
{
    for (uint32_t i = 0; i < train->labels.count; i++) {
        if (strcmp(train->labels.texts[i], name) == 0) {
            return i;
        }
    }
    die("--reject %s: no row has that label", name);
}

static void prepare(struct train *train)
{
    struct train_random random;

    train_read(&train->set, &train->labels, &train->wish);
    train->reject = train->wish.reject != NULL ? label_named(train, train->wish.reject) : TRAIN_ABSENT;
    train->thresholds = grow(NULL, train->labels.count * sizeof train->thresholds[0]);
    memset(train->thresholds, 0, train->labels.count * sizeof train->thresholds[0]);
    train_read_lexicons(train);
    train->prior.files = train->wish.group ? train->wish.file_count : 0;
    train->prior.group = GROUP_BIAS;
    train->overhead = train_overhead(train);
    train_random_seed(&random, train->wish.seed);
    train_add_windows(&train->set, train->wish.windows, &random);
}

/* Figures of the dev files, or of cross-validation where there are none. */
static unsigned measure(const struct train *train, const struct train_cross *cross, struct train_result *results)
{
    struct pack_bytes pack = {0};

    if (train->wish.dev_count == 0) {
        results[0].name = "cross-validation";
        train_figures_of(&results[0].figures, train, cross);
        results[0].rounded = (struct train_figures){.labels = 0};
        return 1;
    }
    train_write(train, NULL, 0, &pack);
    for (unsigned i = 0; i < train->wish.dev_count; i++) {
        struct train_set dev;
        results[i].name = train->wish.devs[i];
        train_read_dev(&dev, &train->labels, &train->wish, train->wish.devs[i]);
        train_measure(&results[i], train, &pack, &dev);
        free(dev.rows);
    }
    pack_bytes_free(&pack);
    return train->wish.dev_count;
}

int earshot_pack_train(int argc, char **argv)
{
    struct train train = {0};
    struct train_result results[TRAIN_FILES_MAX];
    struct train_lists hashes;
    struct train_cross cross;
    struct pack_bytes pack = {0};

    if (!train_options(&train.wish, argc, argv)) {
        return 0;
    }
    prepare(&train);
    train_choose(&train);
    train_hashes(&hashes, &train.set, train.plan.families);
    train_cross(&cross, &train, &train.plan, &hashes, NULL, FOLDS);
    train_fit(&train.model, &train.plan, &train.set, &hashes, NULL, train.labels.count, &train.prior);
    train_calibrate(&train, &cross);
    const unsigned count = measure(&train, &cross, results);
    train_write(&train, results, count, &pack);
    write_file(train.wish.out, pack.bytes, pack.length);
    train_report(&train, results, count, &pack);
    return 0;
}
