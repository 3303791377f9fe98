/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_aside.c - what happens beside conversations. Host only. */
#include "tools/earshot/sim_tell.h"
#include "tools/earshot/sim_words.h"

static void add(struct sim_plan *plan, uint16_t device, struct ear_event event)
{
    const struct ear_event slice = sim_slice(plan);

    tell_slice(&event, &slice);
    tell_id(plan, &event);
    event.present |= EAR_HAS(kind);
    sim_plan_add(plan, device, &event);
}

static void give_user(struct sim_plan *plan, uint16_t device, struct ear_event *event)
{
    event->user = sim_user(plan, device);
    event->present |= EAR_HAS(user);
}

static void give_order(struct sim_plan *plan, struct ear_event *event)
{
    const struct ear_str currency = sim_word(plan, SIM_CURRENCIES);

    event->kind = EAR_KIND_ORDER;
    event->present = EAR_HAS(amount) | EAR_HAS(currency);
    event->amount = (uint32_t)sim_between(plan, 99, 9999);
    for (unsigned i = 0; i < sizeof event->currency; i++) {
        event->currency[i] = currency.bytes[i];
    }
}

void sim_aside(struct sim_plan *plan, uint16_t device, int64_t at_ms)
{
    struct ear_event event = {.time_ms = at_ms};

    switch (sim_random(plan, 4)) {
    case 0:
        event.kind = EAR_KIND_FLOW;
        event.present = EAR_HAS(label);
        event.label = sim_string(PICK(plan, "print-receipt", "find-shelf", "survey"));
        if (sim_chance(plan, 70)) {
            give_user(plan, device, &event);
        }
        break;
    case 1:
        event.kind = EAR_KIND_DELIVERY;
        event.present = EAR_HAS(delivery) | EAR_HAS(count);
        event.delivery = (uint8_t)sim_random(plan, EAR_RECEIPT_COUNT);
        event.count = (uint32_t)sim_between(plan, 1, 20);
        break;
    case 2:
        give_order(plan, &event);
        give_user(plan, device, &event);
        break;
    default:
        event.kind = EAR_KIND_CSAT;
        event.present = EAR_HAS(score);
        event.score = (uint32_t)sim_between(plan, 1, 5);
        break;
    }
    add(plan, device, event);
}

static void add_duty(struct sim_plan *plan, uint16_t device, struct ear_str agent, uint8_t kind, int64_t at_ms)
{
    add(plan, device, (struct ear_event){.present = EAR_HAS(agent), .kind = kind, .agent = agent, .time_ms = at_ms});
}

/* One agent's day: comes late, has breaks, sometimes says twice that they are there or gone. */
static void work(struct sim_plan *plan, uint16_t device, struct ear_str agent, int64_t begin_ms, int64_t end_ms,
                 bool stays_open)
{
    const int64_t span_ms = end_ms - begin_ms;
    int64_t at_ms = begin_ms + sim_between(plan, 0, span_ms / 4);

    if (sim_chance(plan, 20)) { /* nobody heard of the login */
        add_duty(plan, device, agent, EAR_KIND_AGENT_LOGOUT, at_ms);
    }
    for (;;) {
        const int64_t until_ms = at_ms + sim_between(plan, span_ms / 8, span_ms / 2);
        add_duty(plan, device, agent, EAR_KIND_AGENT_LOGIN, at_ms);
        if (sim_chance(plan, 30)) {
            add_duty(plan, device, agent, EAR_KIND_AGENT_LOGIN,
                     sim_between(plan, at_ms, until_ms < end_ms ? until_ms : end_ms));
        }
        if (until_ms >= end_ms) {
            if (!stays_open || sim_chance(plan, 50)) {
                add_duty(plan, device, agent, EAR_KIND_AGENT_LOGOUT, end_ms);
            }
            return;
        }
        add_duty(plan, device, agent, EAR_KIND_AGENT_LOGOUT, until_ms);
        at_ms = until_ms + sim_between(plan, 1, span_ms / 8);
        if (sim_chance(plan, 30)) {
            add_duty(plan, device, agent, EAR_KIND_AGENT_LOGOUT, sim_between(plan, until_ms, at_ms));
        }
        if (at_ms >= end_ms) {
            return;
        }
    }
}

void sim_duty(struct sim_plan *plan, uint16_t device, int64_t begin_ms, int64_t end_ms, bool stays_open)
{
    const unsigned count = sim_word_count(plan, SIM_AGENTS);

    for (unsigned i = 0; i < count && i < EAR_DUTY; i++) {
        work(plan, device, sim_word_at(plan, SIM_AGENTS, i), begin_ms, end_ms, stays_open);
    }
}
