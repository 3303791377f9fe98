/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_choose.c - how a model is made, decided by trying a few ways on a part of the rows. */
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train.h"

#define SAMPLE 9000    /* rows on which ways are tried */
#define WORTH_IT 0.004 /* better by this much, or the cheaper way is taken */
#define FOLDS 3u

#define WORD EAR_FAMILY_BIT(EAR_FAMILY_WORD)
#define NEGATED EAR_FAMILY_BIT(EAR_FAMILY_NEGATED)
#define PAIR EAR_FAMILY_BIT(EAR_FAMILY_PAIR)
#define MARK EAR_FAMILY_BIT(EAR_FAMILY_MARK)
#define GRAM2 EAR_FAMILY_BIT(EAR_FAMILY_GRAM2)
#define GRAM3 EAR_FAMILY_BIT(EAR_FAMILY_GRAM3)
#define GRAM4 EAR_FAMILY_BIT(EAR_FAMILY_GRAM4)
#define SCRIPT EAR_FAMILY_BIT(EAR_FAMILY_SCRIPT)

/* The ways, the cheapest to run first. */
static const struct train_plan topics[] = {
    {.name = "words",
     .families = WORD | PAIR,
     .once = true,
     .root = true,
     .bits = 1,
     .dims = 32,
     .c = 1,
     .dropout = 0.4},
    {.name = "words and 3 letters",
     .families = WORD | PAIR | GRAM3,
     .once = true,
     .root = true,
     .bits = 1,
     .dims = 32,
     .c = 1,
     .dropout = 0.4},
    {.name = "words, 3 and 4 letters",
     .families = WORD | PAIR | GRAM3 | GRAM4,
     .once = true,
     .root = true,
     .bits = 1,
     .dims = 32,
     .c = 1,
     .dropout = 0.4},
};
static const struct train_plan languages[] = {
    {.name = "words, 2 and 3 letters",
     .families = WORD | GRAM2 | GRAM3 | SCRIPT,
     .root = true,
     .bits = 1,
     .dims = 32,
     .c = 1,
     .dropout = 0.2,
     .balance = 0.5},
};
static const struct train_plan few[] = {
    {.name = "direct, negated words",
     .families = NEGATED | MARK,
     .direct = true,
     .logistic = true,
     .bits = 4,
     .dims = 2,
     .c = 0.1},
    {.name = "direct, negated words and pairs",
     .families = NEGATED | PAIR | MARK,
     .direct = true,
     .logistic = true,
     .bits = 4,
     .dims = 2,
     .c = 0.1},
    {.name = "direct, words",
     .families = WORD | PAIR,
     .direct = true,
     .once = true,
     .root = true,
     .bits = 4,
     .dims = 2,
     .c = 1},
    {.name = "direct, words, 3 and 4 letters",
     .families = WORD | PAIR | GRAM3 | GRAM4,
     .direct = true,
     .once = true,
     .root = true,
     .bits = 4,
     .dims = 2,
     .c = 1},
};

static uint32_t buckets_for(const struct train *train, const struct train_plan *plan)
{
    const double bytes = train->wish.size_kb * 1024 - (double)train->overhead;
    const double fixed = (double)train_body_bytes(plan, 0, train->labels.count);
    const double each = (double)train_body_bytes(plan, 1, train->labels.count) - fixed;
    const double buckets = (bytes - fixed) / each;

    if (buckets < 1) {
        die_usage("--size %g: labels, names and sources alone need %.1f KB", train->wish.size_kb,
                  ((double)train->overhead + fixed + each) / 1024);
    }
    return buckets > 65535 ? 65535 : (uint32_t)buckets;
}

/* A way with what the command line says otherwise. */
static struct train_plan wished(const struct train *train, const struct train_plan *way)
{
    const struct train_wish *wish = &train->wish;
    struct train_plan plan = *way;

    plan.families = wish->families != 0 ? wish->families : plan.families;
    plan.bits = wish->bits != 0 && !plan.direct ? wish->bits : plan.bits;
    plan.dims = wish->dims != 0 && !plan.direct ? wish->dims : plan.dims;
    plan.c = wish->c > 0 ? wish->c : plan.c;
    plan.seed = wish->seed;
    if (plan.dims * plan.bits % 8 != 0) {
        die_usage("--dims %u --bits %u: dims times bits must be a multiple of 8", plan.dims, plan.bits);
    }
    plan.buckets = buckets_for(train, &plan);
    return plan;
}

static size_t add_ways(const struct train *train, const struct train_plan *ways, size_t count, struct train_plan *to)
{
    size_t added = 0;

    for (size_t i = 0; i < count; i++) {
        const bool prior = train->prior.word_count > 0 || train->prior.files > 0;
        const bool other = (train->wish.kind == TRAIN_DIRECT && !ways[i].direct) ||
                           (train->wish.kind == TRAIN_EMBED && ways[i].direct) || (prior && !ways[i].direct);
        if (!other) {
            to[added++] = wished(train, &ways[i]);
        }
        if (train->wish.families != 0 && added > 0 && to[added - 1].direct == ways[count - 1].direct &&
            !ways[i].direct) {
            break; /* they would differ in nothing */
        }
    }
    return added;
}

#define WAYS 8

static size_t list_ways(const struct train *train, struct train_plan plans[WAYS])
{
    size_t count = 0;

    if (train->wish.question == EAR_ASK_LANGUAGE) {
        return add_ways(train, languages, sizeof languages / sizeof languages[0], plans);
    }
    if (train->labels.count <= 3) {
        count = add_ways(train, few, sizeof few / sizeof few[0], plans);
    }
    return count + add_ways(train, topics, sizeof topics / sizeof topics[0], plans + count);
}

/* Mean of accuracy and macro F1. */
static double try_way(const struct train *train, const struct train_plan *plan, const uint8_t *use)
{
    struct train copy = *train; /* calibrated on its own */
    struct train_cross cross;
    struct train_figures figures;
    struct train_lists hashes;

    copy.plan = *plan;
    copy.wish.precision = 0;
    copy.wish.never_no = false;
    train_hashes(&hashes, &copy.set, plan->families);
    train_cross(&cross, &copy, plan, &hashes, use, FOLDS);
    copy.model = (struct train_model){.biases = grow(NULL, copy.labels.count * sizeof(float))};
    memset(copy.model.biases, 0, copy.labels.count * sizeof(float));
    train_calibrate(&copy, &cross);
    train_figures_of(&figures, &copy, &cross);
    const double accuracy = (double)figures.right / (double)figures.rows, f1 = figures.macro_f1;
    if (!train->wish.json) {
        printf("  %-34s accuracy %.1f %%, macro F1 %.1f %%\n", plan->name, 100 * accuracy, 100 * f1);
        fflush(stdout);
    }
    free(copy.model.biases);
    train_figures_free(&figures);
    train_cross_free(&cross);
    train_lists_free(&hashes);
    return (accuracy + f1) / 2;
}

/* Rows that take part in trying: all, or an even sample. */
static uint8_t *sample(const struct train *train)
{
    uint8_t *use = grow(NULL, train->set.count + 1);
    struct train_random random;

    train_random_seed(&random, train->wish.seed);
    for (size_t i = 0; i < train->set.count; i++) {
        const uint32_t drawn = train_random_below(&random, (uint32_t)train->set.count);
        use[i] = !train->set.rows[i].window && (train->set.count <= SAMPLE || drawn < SAMPLE);
    }
    return use;
}

void train_choose(struct train *train)
{
    struct train_plan plans[WAYS];
    const size_t count = list_ways(train, plans);
    double best = -1;

    if (count == 0) {
        die_usage("--direct is for two or three labels; here are %u", train->labels.count);
    }
    train->plan = plans[0];
    if (count == 1) {
        return;
    }
    uint8_t *use = sample(train);
    if (!train->wish.json) {
        puts("ways of making the model, tried by cross-validation on a part of the rows:");
    }
    for (size_t i = 0; i < count; i++) {
        const double good = try_way(train, &plans[i], use);
        if (good > best + WORTH_IT) {
            best = good;
            train->plan = plans[i];
        }
    }
    free(use);
}
