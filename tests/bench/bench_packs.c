/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_packs.c - what trained packs cost a message, tokens and features included. For every target.
 *   bench_packs [--json] [--tiny] [ROUNDS [PACK...]]
 * Time per message of about 60 bytes, the best of five runs: on the host CPU ns, on a Cortex-M virtual ns, which are
 * instructions where QEMU runs with -icount shift=0. Without packs: four bodies of usual shapes (--tiny: of 16 KB and
 * less) of random numbers, that know about three quarters of the messages' features. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_linear.h"
#include "tests/bench/bench_clock.h"
#include "tests/support/linear_body.h"

#define RUNS 5
#define SEATS 8
#define FEATURES_MOST 8000

static const char *const messages[] = {
    "Hi, I ordered two large pizzas an hour ago and nothing came yet",
    "no, the other one please, the small black coffee with oat milk",
    "that is really great, thank you so much for the quick help!",
    "I don't want to talk to a machine, get me a real person please",
    "what time does the store at the central station open on Sunday",
    "It's not working again, the screen stays black after I pay it.",
    "can you tell me where my parcel 48 110 is, it should be here",
    "I'd like to change the delivery address of my order to Main St",
};
#define MESSAGES EAR_COUNT_OF(messages)

struct seat {
    const char *name;
    struct ear_model model;
};

#define WORDS EAR_FAMILY_BIT(EAR_FAMILY_WORD)
#define NEGATED EAR_FAMILY_BIT(EAR_FAMILY_NEGATED)
#define PAIRS EAR_FAMILY_BIT(EAR_FAMILY_PAIR)
#define MARKS EAR_FAMILY_BIT(EAR_FAMILY_MARK)
#define GRAM2 EAR_FAMILY_BIT(EAR_FAMILY_GRAM2)
#define GRAM3 EAR_FAMILY_BIT(EAR_FAMILY_GRAM3)
#define SCRIPT EAR_FAMILY_BIT(EAR_FAMILY_SCRIPT)

static const struct {
    const char *name;
    uint16_t question;
    struct linear_shape shape;
    uint16_t tiny_labels, tiny_dims, tiny_buckets;
} usual[] = {
    {"language, 45 labels",
     EAR_ASK_LANGUAGE,
     {45, 14, 870, WORDS | GRAM2 | GRAM3 | SCRIPT, 4, EAR_LINEAR_ROOT, 8, 4000},
     16,
     10,
     250},
    {"topic, 27 labels",
     EAR_ASK_TOPIC,
     {27, 32, 1300, WORDS | PAIRS | GRAM3, 1, EAR_LINEAR_ONCE | EAR_LINEAR_ROOT, 8, 4000},
     27,
     32,
     310},
    {"sentiment, 3 labels", EAR_ASK_SENTIMENT, {3, 2, 2600, NEGATED | PAIRS | MARKS, 4, 0, 4, 4000}, 3, 2, 640},
    {"human_requested, 2 labels",
     EAR_ASK_HUMAN_REQUESTED,
     {2, 2, 290, WORDS | PAIRS | GRAM3, 4, EAR_LINEAR_ONCE | EAR_LINEAR_ROOT, 4, 4000},
     2,
     2,
     290},
};

static struct seat seats[SEATS];
static size_t seat_count;
static struct ear_tokens tokens;
static struct ear_features features;
static struct ear_model_turn model_turn = {.features = &features};
static volatile uint32_t sink; /* so that nothing is optimised away */

static void must(bool holds, const char *says)
{
    if (!holds) {
        fprintf(stderr, "bench_packs: %s\n", says);
        exit(1);
    }
}

static struct ear_turn turn; /* the one that is judged */

static void say(const char *text)
{
    uint16_t length = (uint16_t)strlen(text);
    ear_text_tokens(text, length, &tokens);
    turn = (struct ear_turn){.struct_size = sizeof turn,
                             .text = text,
                             .text_length = length,
                             .tokens = tokens.items,
                             .token_count = tokens.count};
    ear_features_begin(&features, &turn);
}

/* ---- packs ---- */

static void take_usual(bool tiny)
{
    static uint32_t known[FEATURES_MOST];
    uint32_t seed = 1;
    for (size_t i = 0; i < EAR_COUNT_OF(usual); i++) {
        struct linear_shape shape = usual[i].shape;
        uint32_t count = 0;
        uint32_t at = 0;
        shape.labels = tiny ? usual[i].tiny_labels : shape.labels;
        shape.dims = tiny ? usual[i].tiny_dims : shape.dims;
        shape.buckets = tiny ? usual[i].tiny_buckets : shape.buckets;
        for (size_t m = 0; m < MESSAGES; m++) {
            say(messages[m]);
            uint32_t new = linear_text_features(&turn, shape.families, known + count, FEATURES_MOST - count);
            for (uint32_t from = count, end = count + new; from < end; from++) {
                if (linear_random(&seed) % 4 != 0) {
                    known[count++] = known[from];
                }
            }
        }
        uint8_t *body = malloc(linear_body_bytes(&shape));
        must(body != NULL, "no memory");
        linear_body_write(&shape, known, count, &seed, body);
        seats[i] = (struct seat){usual[i].name,
                                 {.pack = {.body = body,
                                           .body_bytes = linear_body_bytes(&shape),
                                           .label_count = shape.labels,
                                           .reject = EAR_PACK_NO_LABEL,
                                           .question = (uint8_t)usual[i].question},
                                  .engine = &ear_engine_linear,
                                  .turn = &model_turn}};
        must(ear_engine_linear.check(&seats[i].model.pack, &at) == EAR_OK, "the body is wrong");
    }
    seat_count = EAR_COUNT_OF(usual);
}

static void take_file(const char *path)
{
    struct ear_pack_fault fault;
    struct seat *seat = &seats[seat_count++];
    size_t room = 1u << 20;
    uint8_t *bytes = malloc(room);
    FILE *file = fopen(path, "rb");
    must(bytes != NULL && file != NULL, path);
    size_t length = fread(bytes, 1, room, file);
    fclose(file);
    must(ear_model_open(&seat->model, bytes, (uint32_t)length, &model_turn, &fault), path);
    seat->name = seat->model.pack.name;
}

/* ---- measuring ---- */

/* What is done with a message: up to tokens, up to features, or by these models. */
enum until { TOKENS, FEATURES, VERDICTS };

static void judge(size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        struct ear_verdict items[4];
        struct ear_verdicts verdicts = {.items = items, .capacity = 4};
        struct ear_plugin_call call = {
            .struct_size = sizeof call, .data = &seats[i].model, .turn = &turn, .verdicts = &verdicts};
        seats[i].model.engine->on_turn(&call);
        sink += verdicts.count;
    }
}

static double best_of(long rounds, enum until until, size_t first, size_t end)
{
    double best = 1e30;
    uint8_t families = 0;
    for (size_t i = first; i < end; i++) {
        families |= seats[i].model.pack.body[0];
    }
    for (int run = 0; run < RUNS; run++) {
        double start = bench_ns();
        for (long i = 0; i < rounds; i++) {
            say(messages[(size_t)i % MESSAGES]);
            uint32_t words = 0;
            if (until == FEATURES) {
                ear_features_spare(&features, families, &words);
            } else if (until == VERDICTS) {
                judge(first, end);
            }
            sink += turn.token_count + words;
        }
        double ns = (bench_ns() - start) / (double)rounds;
        best = ns < best ? ns : best;
    }
    return best;
}

static void print(bool json, const char *name, double ns, uint32_t bytes)
{
    static bool later;
    if (json) {
        printf("%s{\"name\": \"%s\", \"ns\": %.1f, \"bytes\": %u}", later ? ", " : "[", name, ns, (unsigned)bytes);
    } else {
        printf("%-32s %9.0f ns a message, %u bytes\n", name, ns, (unsigned)bytes);
    }
    later = true;
}

int main(int argc, char **argv)
{
    bool json = false;
    bool tiny = false;
    uint32_t bytes = 0;
    char name[60];
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        json = json || strcmp(argv[at], "--json") == 0;
        tiny = tiny || strcmp(argv[at], "--tiny") == 0;
    }
    long rounds = at < argc ? atol(argv[at++]) : BENCH_ROUNDS;
    for (; at < argc && seat_count < SEATS; at++) {
        take_file(argv[at]);
    }
    if (seat_count == 0) {
        take_usual(tiny);
    }
    print(json, "tokens", best_of(rounds, TOKENS, 0, 0), 0);
    print(json, "tokens and features", best_of(rounds, FEATURES, 0, seat_count), 0);
    for (size_t i = 0; i < seat_count; i++) {
        print(json, seats[i].name, best_of(rounds, VERDICTS, i, i + 1), seats[i].model.pack.body_bytes);
        bytes += seats[i].model.pack.body_bytes;
    }
    snprintf(name, sizeof name, "all %u", (unsigned)seat_count);
    print(json, name, best_of(rounds, VERDICTS, 0, seat_count), bytes);
    if (json) {
        printf("]\n");
    }
    return 0;
}
