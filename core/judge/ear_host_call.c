/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_host_call.c - asking the loaded plugins: their verdicts held to the contract, their time to the
 * budget. */
#include <assert.h>
#include <string.h>

#include "core/judge/ear_host.h"

#define SCORE_MAX 1000
#define QUESTIONS_YES_NO                                                           \
    (EAR_ASK_BIT(EAR_ASK_HUMAN_REQUESTED) | EAR_ASK_BIT(EAR_ASK_REPETITION_LOOP) | \
     EAR_ASK_BIT(EAR_ASK_LOW_CONFIDENCE) | EAR_ASK_BIT(EAR_ASK_INCOMPLETE_INFO))
#define QUESTIONS_LABELLED (EAR_ASK_BIT(EAR_ASK_TOPIC) | EAR_ASK_BIT(EAR_ASK_LANGUAGE) | EAR_ASK_BIT(EAR_ASK_TAG))
#define QUESTIONS_MANY (EAR_ASK_BIT(EAR_ASK_TAG) | EAR_ASK_BIT(EAR_ASK_REDACTION))

static bool span_fits(const struct ear_verdict *verdict, const struct ear_turn *turn)
{
    if (verdict->question != EAR_ASK_REDACTION) {
        return verdict->span_start == 0 && verdict->span_length == 0;
    }
    return verdict->span_length != 0 && (uint32_t)verdict->span_start + verdict->span_length <= turn->text_length;
}

static bool verdict_is_allowed(const struct ear_plugin *plugin, const struct ear_verdict *verdict,
                               const struct ear_turn *turn)
{
    if (verdict->question >= EAR_ASK_COUNT || (plugin->questions & EAR_ASK_BIT(verdict->question)) == 0) {
        return false;
    }
    uint32_t question = EAR_ASK_BIT(verdict->question);
    uint32_t labels = (question & QUESTIONS_YES_NO) != 0       ? 2
                      : (question & QUESTIONS_LABELLED) != 0   ? plugin->label_count
                      : verdict->question == EAR_ASK_SENTIMENT ? EAR_SENTIMENT_NEGATIVE + 1u
                                                               : EAR_PERSONAL_COUNT;
    return verdict->label < labels && verdict->score >= 0 && verdict->score <= SCORE_MAX && span_fits(verdict, turn);
}

static void add_extra(struct ear_host *host, struct ear_judgement *judgement, const struct ear_verdict *verdict,
                      uint8_t plugin)
{
    if (judgement->extra_count == EAR_VERDICTS) {
        host->verdicts_dropped += host->verdicts_dropped != UINT32_MAX;
        return;
    }
    judgement->extra[judgement->extra_count].verdict = *verdict;
    judgement->extra[judgement->extra_count].plugin = plugin;
    judgement->extra_count++;
}

/* The first verdict on a question wins, and what rules say wins over it; tags and spans are all taken. */
static void take(struct ear_host *host, struct ear_judgement *judgement, const struct ear_verdicts *verdicts,
                 uint8_t plugin)
{
    const bool replaces = host->plugins[plugin].rank == EAR_RANK_RULES;
    for (uint16_t i = 0; i < verdicts->count; i++) {
        const struct ear_verdict *verdict = &verdicts->items[i];
        uint16_t question = (uint16_t)EAR_ASK_BIT(verdict->question);
        if ((question & QUESTIONS_MANY) != 0) {
            add_extra(host, judgement, verdict, plugin);
            continue;
        }
        if ((judgement->answered & question) != 0 && !replaces) {
            continue;
        }
        judgement->answered |= question;
        judgement->yes &= (uint16_t)~question;
        judgement->by[verdict->question].label = verdict->label;
        judgement->by[verdict->question].score = verdict->score;
        judgement->by[verdict->question].plugin = plugin;
        if ((question & QUESTIONS_YES_NO) != 0 && verdict->label == 1) {
            judgement->yes |= question;
        }
    }
}

static bool verdicts_are_allowed(const struct ear_plugin *plugin, const struct ear_verdicts *verdicts,
                                 const struct ear_verdict *items, const struct ear_turn *turn)
{
    if (verdicts->items != items || verdicts->count > EAR_VERDICTS) {
        return false;
    }
    for (uint16_t i = 0; i < verdicts->count; i++) {
        if (!verdict_is_allowed(plugin, &items[i], turn)) {
            return false;
        }
    }
    return true;
}

static void count_up(uint32_t *counter)
{
    *counter += *counter != UINT32_MAX;
}

static void strike(struct ear_host_plugin *p)
{
    p->good_calls = 0;
    if (++p->strikes >= EAR_HOST_STRIKES) {
        p->quarantined = true;
        count_up(&p->meter.quarantines);
    }
}

static void good_call(struct ear_host_plugin *p)
{
    if (p->strikes != 0 && ++p->good_calls >= EAR_HOST_FORGIVE_CALLS) {
        p->strikes = 0;
        p->good_calls = 0;
    }
}

/* A call that was metered by itself. True if it took longer than it may. */
static bool overruns(struct ear_host_plugin *p, uint32_t ticks)
{
    count_up(&p->meter.metered);
    p->meter.ticks += ticks;
    if (ticks > p->meter.ticks_max) {
        p->meter.ticks_max = ticks;
    }
    if (ticks <= p->budget_ticks) {
        return false;
    }
    count_up(&p->meter.overruns);
    return true;
}

static void conclude(struct ear_host_plugin *p, bool fault, bool overrun)
{
    count_up(&p->meter.calls);
    if (fault) {
        count_up(&p->meter.faults);
    }
    if (fault || overrun) {
        strike(p);
    } else {
        good_call(p);
    }
}

/* Whether the calls of this turn are metered one by one. */
static bool meters_singly(struct ear_host *host)
{
    if (host->singly > 0) {
        host->singly--;
        return true;
    }
    host->turns = (uint8_t)((host->turns + 1) % EAR_HOST_METER_EVERY);
    return host->turns == 0;
}

/* Call one plugin. True if it faulted; what it remembers of the conversation then begins anew. */
static bool call_faults(struct ear_host *host, uint8_t index, void *state, const struct ear_turn *turn,
                        struct ear_judgement *judgement)
{
    const struct ear_plugin *plugin = &host->plugins[index].plugin;
    struct ear_verdict items[EAR_VERDICTS];
    struct ear_verdicts verdicts = {.items = items, .count = 0, .capacity = EAR_VERDICTS};
    struct ear_plugin_call call = {
        .struct_size = sizeof(call), .data = plugin->data, .state = state, .turn = turn, .verdicts = &verdicts};
    if (plugin->on_turn(&call) < 0 || !verdicts_are_allowed(plugin, &verdicts, items, turn)) {
        memset(state, 0, plugin->state_size);
        return true;
    }
    take(host, judgement, &verdicts, index);
    return false;
}

/* Whether this plugin looks for what is personal in a message of this sender. */
static bool redacts(const struct ear_host *host, const struct ear_host_plugin *p, const struct ear_turn *turn)
{
    return (p->plugin.questions & host->wanted & EAR_ASK_BIT(EAR_ASK_REDACTION)) != 0 &&
           (p->plugin.hears & EAR_FROM_BIT(turn->from)) != 0;
}

void ear_host_judge(struct ear_host *host, void *state, const struct ear_turn *turn, struct ear_judgement *judgement)
{
    uint32_t dropped = host->verdicts_dropped;
    unsigned looked = 0;
    bool failed = false;
    judgement->answered = 0;
    judgement->yes = 0;
    judgement->extra_count = 0;
    const bool singly = meters_singly(host);
    const uint32_t start = host->ticks.now(host->ticks.context);
    uint32_t before = start;
    for (unsigned i = 0; i < host->loaded; i++) {
        struct ear_host_plugin *p = &host->plugins[host->order[i]];
        bool fault = p->quarantined;
        if (!p->quarantined && (p->plugin.hears & EAR_FROM_BIT(turn->from)) != 0 &&
            (p->plugin.questions & host->wanted) != 0) {
            uint32_t after = before;
            fault = call_faults(host, host->order[i], (uint8_t *)state + p->state_at, turn, judgement);
            if (singly) {
                after = host->ticks.now(host->ticks.context); /* also the start of the next call */
            }
            conclude(p, fault, singly && overruns(p, after - before));
            before = after;
        }
        looked += redacts(host, p, turn);
        failed = failed || (fault && redacts(host, p, turn));
    }
    const uint32_t took = (singly ? before : host->ticks.now(host->ticks.context)) - start;
    host->turn_ticks += took;
    if (took > host->least_budget_ticks) {
        host->singly = EAR_HOST_METER_AFTER;
    }
    judgement->redacted = looked > 0 && !failed && host->verdicts_dropped == dropped && dropped != UINT32_MAX;
}

void ear_host_release(struct ear_host *host, uint16_t plugin)
{
    assert(plugin < host->count);
    host->plugins[plugin].strikes = 0;
    host->plugins[plugin].good_calls = 0;
    host->plugins[plugin].quarantined = false;
}
