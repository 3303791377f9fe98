/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/eval_judge.c - every row judged by the real engines in the real host, and timed. */
#include <string.h>
#include <time.h>

#include "tools/pack/eval.h"

static const char *const sentiments[] = {"neutral", "positive", "negative"};

/* The text of a label as its own pack has it, not as a device cuts it. */
static const char *label_text(const struct jury *jury, unsigned question, uint8_t plugin, uint16_t label)
{
    const struct ear_plugin *who = &jury->host.plugins[plugin].plugin;

    for (unsigned i = 0; i < jury->model_count; i++) {
        if (who->data == &jury->models[i]) {
            return ear_pack_label(&jury->models[i].pack, label);
        }
    }
    return question == EAR_ASK_SENTIMENT ? sentiments[label] : ear_host_label(&jury->host, plugin, label);
}

/* Of tags the one with the highest score, the first of equals. */
static struct eval_answer best_tag(const struct jury *jury, struct eval_names *names)
{
    struct eval_answer best = {.score = -1};

    for (unsigned i = 0; i < jury->judgement.extra_count; i++) {
        const struct ear_verdict *verdict = &jury->judgement.extra[i].verdict;
        if (verdict->question == EAR_ASK_TAG && verdict->score > best.score) {
            const char *text = label_text(jury, EAR_ASK_TAG, jury->judgement.extra[i].plugin, verdict->label);
            best = (struct eval_answer){eval_name(names, text, strlen(text)), verdict->score};
        }
    }
    return best;
}

static struct eval_answer answer_of(const struct jury *jury, const struct eval_judge *judge, struct eval_names *names)
{
    const unsigned question = judge->question;
    struct eval_answer answer = {.score = -1};

    if (question == EAR_ASK_TAG) {
        answer = best_tag(jury, names);
    } else if ((jury->judgement.answered & EAR_ASK_BIT(question)) != 0) {
        const uint16_t label = jury->judgement.by[question].label;
        answer.score = jury->judgement.by[question].score;
        if (pack_question_is_yes_no(question)) {
            answer.said = label != 0 ? judge->yes : judge->no;
        } else {
            const char *text = label_text(jury, question, jury->judgement.by[question].plugin, label);
            answer.said = eval_name(names, text, strlen(text));
        }
    }
    if (answer.score < 0) {
        answer.said = judge->none;
    }
    return answer;
}

static void judge_row(struct jury *jury, uint8_t from, const struct eval_row *row)
{
    struct jury_memory memory = {.turns = 0};

    for (unsigned i = 0; i < row->messages; i++) {
        struct ear_turn turn = {.from = from, .text = row->texts[i]};
        jury_split(jury, row->texts[i], row->lengths[i]);
        jury_judge(jury, &memory, &turn);
    }
}

void eval_answers(const struct eval_judge *judge, struct eval_names *names, const struct eval_set *set,
                  struct eval_answer *answers)
{
    for (size_t i = 0; i < set->count; i++) {
        judge_row(judge->jury, judge->from, &set->rows[i]);
        answers[i] = answer_of(judge->jury, judge, names);
    }
}

/* --- time --- */

enum { PASSES = 7, PASS_MESSAGES = 20000 };

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void split_all(struct jury *jury, const struct eval_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        for (unsigned m = 0; m < set->rows[i].messages; m++) {
            jury_split(jury, set->rows[i].texts[m], set->rows[i].lengths[m]);
        }
    }
}

static void judge_all(struct jury *jury, uint8_t from, const struct eval_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        judge_row(jury, from, &set->rows[i]);
    }
}

void eval_time(const struct eval_judge *judge, const struct eval_set *set, double *split_ns, double *all_ns)
{
    const size_t rounds = 1 + PASS_MESSAGES / set->messages;
    const double messages = (double)(rounds * set->messages);

    *split_ns = *all_ns = 1e18;
    for (int pass = 0; pass < PASSES; pass++) {
        const double start = now_ns();
        for (size_t i = 0; i < rounds; i++) {
            split_all(judge->jury, set);
        }
        const double middle = now_ns();
        for (size_t i = 0; i < rounds; i++) {
            judge_all(judge->jury, judge->from, set);
        }
        const double end = now_ns();
        *split_ns = middle - start < *split_ns * messages ? (middle - start) / messages : *split_ns;
        *all_ns = end - middle < *all_ns * messages ? (end - middle) / messages : *all_ns;
    }
}
