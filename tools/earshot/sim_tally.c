/* SPDX-License-Identifier: Apache-2.0 */
/* How the tally is reckoned: each conversation's events are walked once in the order of their own times and once in
 * the order in which they are heard, and what docs/meaning.md says is applied to the whole. The core gets there event
 * by event, with tables of fixed size: two ways to the same numbers, so that comparing them means something. */
#include "tools/earshot/sim_tally.h"

#include <stdlib.h>
#include <string.h>

static const char *const section_names[SIM_SECTIONS] = {"exact", "in_order", "at_least", "at_most"};
static const char *const csat_names[] = {"csat.1", "csat.2", "csat.3", "csat.4", "csat.5"};
static const char *const delivery_names[EAR_RECEIPT_COUNT] = {
    "delivery.sent", "delivery.delivered", "delivery.rejected", "delivery.expired", "delivery.undeliverable"};

void sim_tally_row(struct sim_tally *tally, enum sim_section section, const char *table, struct ear_str label,
                   const char *column, uint64_t value)
{
    const char *dot = column[0] != '\0' ? "." : "";

    sim_sums_add(&tally->sums[section], value, "%s%s%s", table, dot, column);
    if (label.length > 0 && value > 0) {
        sim_sums_add(&tally->sums[section], value, "%s[%.*s]%s%s", table, label.length, label.bytes, dot, column);
    }
}

void sim_tally_person(struct sim_tally *tally, enum sim_section section, const char *set, struct ear_str user)
{
    const size_t before = tally->people.count;

    if (user.length == 0) {
        return;
    }
    sim_sums_add(&tally->people, 1, "%s %.*s", set, user.length, user.bytes);
    if (tally->people.count > before) {
        sim_sums_add(&tally->sums[section], 1, "%s", set);
    }
}

static void name_all(struct sim_tally *tally)
{
    static const char *const exact[] = {"interactions_non_conversational",
                                        "assignments",
                                        "add_to_carts",
                                        "link_clicks",
                                        "product_clicks",
                                        "users.unique",
                                        "closing_reasons",
                                        "start_flows",
                                        "intents"};
    struct sim_sums *sums = &tally->sums[SIM_EXACT];

    sim_walk_names(tally);
    for (size_t i = 0; i < EAR_COUNT_OF(exact); i++) {
        sim_sums_add(sums, 0, "%s", exact[i]);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(csat_names); i++) {
        sim_sums_add(sums, 0, "%s", csat_names[i]);
    }
    for (size_t i = 0; i < EAR_COUNT_OF(delivery_names); i++) {
        sim_sums_add(sums, 0, "%s", delivery_names[i]);
    }
    sim_heard_names(tally);
}

/* Facts that belong to no conversation's state, whatever conversation they bear. */
static void count_fact(struct sim_tally *tally, const struct ear_event *event)
{
    struct sim_sums *sums = &tally->sums[SIM_EXACT];

    switch (event->kind) {
    case EAR_KIND_START:
        if (sim_has(event, EAR_HAS(label))) {
            sim_tally_row(tally, SIM_EXACT, "start_flows", event->label, "", 1);
        }
        break;
    case EAR_KIND_MESSAGE:
        if (event->from == EAR_FROM_USER && sim_has(event, EAR_HAS(intent))) {
            sim_tally_row(tally, SIM_EXACT, "intents", event->intent, "", 1);
        }
        break;
    case EAR_KIND_CLOSE:
        if (sim_has(event, EAR_HAS(label))) {
            sim_tally_row(tally, SIM_EXACT, "closing_reasons", event->label, "", 1);
        }
        break;
    case EAR_KIND_CSAT:
        sim_sums_add(sums, 1, "%s", csat_names[event->score - 1]);
        break;
    case EAR_KIND_FLOW:
        sim_sums_add(sums, 1, "interactions_non_conversational");
        break;
    case EAR_KIND_ASSIGN:
        sim_sums_add(sums, 1, "assignments");
        break;
    case EAR_KIND_LINK_CLICK:
        sim_sums_add(sums, 1, "link_clicks");
        break;
    case EAR_KIND_PRODUCT_CLICK:
        sim_sums_add(sums, 1, "product_clicks");
        break;
    case EAR_KIND_ADD_TO_CART:
        sim_sums_add(sums, 1, "add_to_carts");
        break;
    case EAR_KIND_DELIVERY:
        sim_sums_add(sums, sim_has(event, EAR_HAS(count)) ? event->count : 1, "%s", delivery_names[event->delivery]);
        break;
    default:
        break;
    }
}

/* Who did something, and is counted for it. */
static void count_person(struct sim_tally *tally, const struct ear_event *event)
{
    static const uint32_t acts = 1u << EAR_KIND_START | 1u << EAR_KIND_FLOW | 1u << EAR_KIND_CSAT |
                                 1u << EAR_KIND_LINK_CLICK | 1u << EAR_KIND_PRODUCT_CLICK | 1u << EAR_KIND_ADD_TO_CART |
                                 1u << EAR_KIND_ORDER;
    const bool wrote = event->kind == EAR_KIND_MESSAGE && event->from == EAR_FROM_USER;

    if (sim_has(event, EAR_HAS(user)) && (wrote || (acts >> event->kind & 1u) != 0)) {
        sim_tally_person(tally, SIM_EXACT, "users.unique", event->user);
    }
}

/* A new person may be taken for a known one, one in 125 at most. */
static void bound_new_people(struct sim_tally *tally)
{
    const uint64_t people = sim_sums_get(&tally->sums[SIM_EXACT], "users.unique");

    sim_sums_add(&tally->sums[SIM_AT_MOST], people, "users.new");
    sim_sums_add(&tally->sums[SIM_AT_LEAST], people - people / 25, "users.new");
}

static void count_cost(struct sim_tally *tally, const struct sim_options *options)
{
    const struct sim_sums *exact = &tally->sums[SIM_EXACT];
    const uint64_t talk_ms = sim_sums_get(&tally->sums[SIM_IN_ORDER], "agents.talk_ms");
    const uint64_t cost =
        sim_sums_get(exact, "messages.bot") * options->cost_bot_message_micro +
        (sim_sums_get(exact, "conversations") + sim_sums_get(exact, "interactions_non_conversational")) *
            options->cost_interaction_micro +
        talk_ms * options->cost_agent_minute_micro / 60000;

    if (options->cost_agent_minute_micro % 60000 == 0) { /* else each window is rounded down */
        sim_sums_add(&tally->sums[SIM_IN_ORDER], cost, "cost");
    }
}

static struct sim_tally *tally_devices(const struct sim_plan *plan)
{
    const size_t devices = plan->options->device_count;
    struct sim_tally *tallies = grow(NULL, devices * sizeof *tallies);

    memset(tallies, 0, devices * sizeof *tallies);
    for (size_t i = 0; i < devices; i++) {
        name_all(&tallies[i]);
    }
    for (size_t i = 0; i < plan->conversation_count; i++) {
        const struct sim_conversation *conversation = &plan->conversations[i];
        struct sim_tally *tally = &tallies[conversation->device];
        sim_heard(tally, plan, conversation, sim_walk(tally, plan, conversation));
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct sim_event *event = &plan->events[i];
        struct sim_tally *tally = &tallies[event->device];
        tally->events++;
        tally->again += event->again ? 1 : 0;
        if (!event->again) {
            tally->late += event->sent_ms > event->event.time_ms ? 1 : 0;
            count_fact(tally, &event->event);
            count_person(tally, &event->event);
        }
    }
    for (size_t i = 0; i < devices; i++) {
        sim_heard_device(&tallies[i], plan, (uint16_t)i);
        bound_new_people(&tallies[i]);
        count_cost(&tallies[i], plan->options);
    }
    return tallies;
}

static void write_sums(const struct sim_sums *sums, const char *name, bool with_rows, struct text *json)
{
    bool first = true;

    text_printf(json, "\"%s\":{", name);
    for (size_t i = 0; i < sums->count; i++) {
        if (with_rows || strchr(sums->items[i].name, '[') == NULL) {
            text_printf(json, "%s", first ? "" : ",");
            text_add_json_string(json, sums->items[i].name, strlen(sums->items[i].name));
            text_printf(json, ":%llu", (unsigned long long)sums->items[i].value);
            first = false;
        }
    }
    text_printf(json, "},\n  ");
}

static void write_tally(const struct sim_tally *tally, bool with_rows, struct text *json)
{
    text_printf(json, "{");
    for (unsigned section = 0; section < SIM_SECTIONS; section++) {
        write_sums(&tally->sums[section], section_names[section], with_rows, json);
    }
    text_printf(json, "\"sent\":{\"events\":%llu,\"again\":%llu,\"late\":%llu}}", (unsigned long long)tally->events,
                (unsigned long long)tally->again, (unsigned long long)tally->late);
}

/* People may be known on several devices: their numbers are not added. */
static void add_to(struct sim_tally *total, const struct sim_tally *tally)
{
    for (unsigned section = 0; section < SIM_SECTIONS; section++) {
        const struct sim_sums *sums = &tally->sums[section];
        for (size_t i = 0; i < sums->count; i++) {
            const char *name = sums->items[i].name;
            const bool people = strcmp(name, "users.unique") == 0 || strcmp(name, "users.returning") == 0 ||
                                strcmp(name, "users.new") == 0 || strcmp(name, "contact_users") == 0;
            if (!people) {
                sim_sums_add(&total->sums[section], sums->items[i].value, "%s", name);
            }
        }
    }
    total->events += tally->events;
    total->again += tally->again;
    total->late += tally->late;
}

static void free_tally(struct sim_tally *tally)
{
    for (unsigned section = 0; section < SIM_SECTIONS; section++) {
        sim_sums_free(&tally->sums[section]);
    }
    sim_sums_free(&tally->people);
}

void sim_tally_write(const struct sim_plan *plan, struct text *json)
{
    const bool with_rows = !plan->options->many_labels; /* else it depends on the order which of them find room */
    struct sim_tally *tallies = tally_devices(plan);
    struct sim_tally total = {0};

    text_printf(json, "{\"devices\":{\n");
    for (size_t i = 0; i < plan->options->device_count; i++) {
        text_printf(json, "%s", i == 0 ? "" : ",\n");
        text_add_json_string(json, plan->options->devices[i].name, strlen(plan->options->devices[i].name));
        text_printf(json, ":");
        write_tally(&tallies[i], with_rows, json);
        add_to(&total, &tallies[i]);
        free_tally(&tallies[i]);
    }
    text_printf(json, "},\n\"total\":");
    write_tally(&total, with_rows, json);
    text_printf(json, "}\n");
    free_tally(&total);
    free(tallies);
}
