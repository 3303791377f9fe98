/* SPDX-License-Identifier: Apache-2.0 */
/* People: users who are seen, human agents who have conversations and are on duty, orders that follow from clicks. */
#include <string.h>

#include "core/ear_agent_entry.h"
#include "core/ear_agent_parts.h"

/* --- users --- */

static bool acts(const struct ear_event *event)
{
    switch (event->kind) {
    case EAR_KIND_MESSAGE:
        return event->from == EAR_FROM_USER;
    case EAR_KIND_START:
    case EAR_KIND_FLOW:
    case EAR_KIND_CSAT:
    case EAR_KIND_LINK_CLICK:
    case EAR_KIND_PRODUCT_CLICK:
    case EAR_KIND_ADD_TO_CART:
    case EAR_KIND_ORDER:
        return true;
    default:
        return false;
    }
}

/* When the hour or the day of this place began, whichever is later: a new value in each new hour or day. */
static int64_t window_of(const struct ear_place *place)
{
    const int64_t hour_ms = place->cells[EAR_HOUR]->start_ms;
    const int64_t day_ms = place->cells[EAR_DAY]->start_ms;

    return hour_ms > day_ms ? hour_ms : day_ms;
}

void ear_agent_see_user(struct ear_hearing *hearing)
{
    struct ear_conversation *conversation = hearing->conversation;
    const int64_t window_ms = window_of(&hearing->place);

    if (hearing->user == 0 || !acts(hearing->event)) {
        return;
    }
    if (conversation != NULL && conversation->user == hearing->user) {
        if (conversation->acted_ms == window_ms + 1 && hearing->place.late == 0) {
            return; /* counted there already */
        }
        conversation->acted_ms = window_ms + 1;
    }
    ear_place_add_distinct(&hearing->place, EAR_NUMBER_users_unique, hearing->user);
    if (!ear_membership_add(hearing->agent->memory.users, EAR_USER_WORDS, hearing->user)) {
        ear_place_add(&hearing->place, EAR_AT_users_new, 1);
    }
}

void ear_agent_see_interaction(struct ear_hearing *hearing, uint64_t user)
{
    if (user == 0) {
        return;
    }
    for (unsigned r = EAR_HOUR; r <= EAR_DAY; r++) {
        struct ear_place place = hearing->place;
        const uint64_t window = (uint64_t)place.cells[r]->start_ms * UINT64_C(0x9e3779b97f4a7c15) + r;
        for (unsigned other = 0; other < EAR_RESOLUTIONS; other++) {
            place.words[other] = other == r ? place.words[other] : NULL;
        }
        if (ear_seen_add(&hearing->agent->memory.interactions, user ^ window)) {
            ear_place_add_distinct(&place, EAR_NUMBER_users_returning, user);
        }
    }
}

void ear_agent_see_conversation(struct ear_hearing *hearing)
{
    struct ear_conversation *conversation = hearing->conversation;
    const unsigned seen = EAR_CONVERSATION_BEGUN | EAR_CONVERSATION_SEEN;

    if (conversation->user != 0 && (conversation->flags & seen) == EAR_CONVERSATION_BEGUN) {
        conversation->flags = (uint16_t)(conversation->flags | EAR_CONVERSATION_SEEN);
        ear_agent_see_interaction(hearing, conversation->user);
    }
}

/* --- human agents in conversations --- */

static uint16_t agent_of(struct ear_hearing *hearing)
{
    return ear_event_has(hearing->event, EAR_HAS(agent)) ? ear_agent_label(hearing->agent, hearing->event->agent)
                                                         : EAR_LABEL_NONE;
}

static void take(struct ear_hearing *hearing)
{
    const uint16_t agent = agent_of(hearing);

    if (agent != EAR_LABEL_NONE && ear_conversation_take(hearing->conversation, agent)) {
        ear_place_add_row(&hearing->place, EAR_NUMBER_agents, agent, EAR_AGENTS_CONVERSATIONS, 1);
    }
}

void ear_agent_talk(struct ear_hearing *hearing)
{
    const struct ear_event *event = hearing->event;
    const struct ear_conversation *conversation = hearing->conversation;
    const bool agent_wrote = event->kind == EAR_KIND_MESSAGE && event->from == EAR_FROM_AGENT;
    const int64_t talked_ms = ear_conversation_talk(hearing->conversation, hearing->at_ms, agent_wrote);

    if (talked_ms > 0) {
        ear_place_add_row(&hearing->place, EAR_NUMBER_agents, conversation->agent, EAR_AGENTS_TALK_MS, talked_ms);
    }
}

void ear_agent_answer(struct ear_hearing *hearing)
{
    int64_t wait_ms = 0;

    take(hearing);
    (void)ear_conversation_talk(hearing->conversation, hearing->at_ms, true);
    if (ear_conversation_answer(hearing->conversation, hearing->at_ms, &wait_ms)) {
        ear_place_add_value(&hearing->place, EAR_NUMBER_wait, (uint64_t)wait_ms, 1);
    }
    if (hearing->user != 0) {
        ear_place_add_distinct(&hearing->place, EAR_NUMBER_contact_users, hearing->user);
    }
}

void ear_agent_assign(struct ear_hearing *hearing)
{
    ear_place_add(&hearing->place, EAR_AT_assignments, 1);
    take(hearing);
    if (ear_conversation_assign(hearing->conversation, hearing->at_ms)) {
        ear_place_add(&hearing->place, EAR_AT_missed, 1);
    }
}

void ear_agent_miss(struct ear_agent *agent, struct ear_conversation *conversation, int64_t at_ms)
{
    struct ear_place place;

    if (ear_conversation_miss(conversation)) {
        ear_agent_place(agent, at_ms, conversation->slice, &place);
        ear_place_add(&place, EAR_AT_missed, 1);
    }
}

/* --- human agents on duty --- */

/* Count the time between two moments, sign +1 or -1, piece by piece in the windows that it falls into. */
static void count_connected(struct ear_agent *agent, const struct ear_login *login, int64_t from_ms, int64_t to_ms,
                            int sign)
{
    while (from_ms < to_ms) {
        struct ear_place place;
        ear_agent_find_place(agent, from_ms, login->slice, EAR_LATE_OLDEST, &place);
        const int64_t hour_end_ms = place.cells[EAR_HOUR]->end_ms;
        const int64_t day_end_ms = place.cells[EAR_DAY]->end_ms;
        int64_t end_ms = hour_end_ms < day_end_ms ? hour_end_ms : day_end_ms;
        if (end_ms <= from_ms || end_ms > to_ms) {
            end_ms = to_ms;
        }
        ear_place_add_row(&place, EAR_NUMBER_agents, login->agent, EAR_AGENTS_CONNECTED_MS, sign * (end_ms - from_ms));
        from_ms = end_ms;
    }
}

static void count_up_to(struct ear_agent *agent, struct ear_login *login, int64_t at_ms)
{
    if (at_ms >= login->counted_to_ms) {
        count_connected(agent, login, login->counted_to_ms, at_ms, 1);
    } else { /* it was counted further than it lasted */
        count_connected(agent, login, at_ms, login->counted_to_ms, -1);
    }
    login->counted_to_ms = at_ms;
}

void ear_agent_login(struct ear_hearing *hearing)
{
    const uint16_t agent = agent_of(hearing);

    if (agent != EAR_LABEL_NONE && agent != EAR_LABEL_OTHER) {
        ear_duty_login(&hearing->agent->memory.duty, agent, hearing->slice, hearing->at_ms);
    }
}

void ear_agent_logout(struct ear_hearing *hearing)
{
    struct ear_login *login = ear_duty_find(&hearing->agent->memory.duty, agent_of(hearing));

    if (login != NULL && login->agent != EAR_LABEL_NONE) {
        const int64_t at_ms = hearing->at_ms > login->since_ms ? hearing->at_ms : login->since_ms;
        count_up_to(hearing->agent, login, at_ms);
        ear_duty_logout(login);
    }
}

/* One who is logged in and whose time is not counted up to now, or NULL. */
static struct ear_login *behind(struct ear_agent *agent)
{
    for (unsigned i = 0; i < EAR_DUTY; i++) {
        struct ear_login *login = &agent->memory.duty.logins[i];
        if (login->agent != EAR_LABEL_NONE && agent->now_ms > login->counted_to_ms) {
            return login;
        }
    }
    return NULL;
}

void ear_agent_apply_duty(struct ear_agent *agent)
{
    struct ear_login *login;

    while ((login = behind(agent)) != NULL) {
        count_up_to(agent, login, agent->now_ms);
    }
}

void ear_agent_count_duty(struct ear_agent *agent)
{
    if (behind(agent) != NULL && ear_agent_keep_moment(agent, EAR_ENTRY_DUTY)) {
        ear_agent_apply_duty(agent);
    }
}

/* --- orders --- */

/* "sms=432000, email=86400": the seconds of this channel, or the general ones. */
static int64_t attribution_ms(void *context, uint8_t slice)
{
    const struct ear_agent *agent = context;
    const struct ear_settings *settings = agent->config->settings;
    const struct ear_slice_key key = ear_slice_key(&agent->memory.slices, slice);
    const struct ear_str channel = key.parts[EAR_SLICE_CHANNEL];
    const char *at = settings->sales_attribution_channels;

    while (*at != '\0') {
        at += strspn(at, ", ");
        const size_t length = strcspn(at, "=");
        const char *digits = at[length] == '=' ? at + length + 1 : at + length;
        int64_t seconds = 0;
        for (; *digits >= '0' && *digits <= '9' && seconds < INT32_MAX; digits++) {
            seconds = seconds * 10 + (*digits - '0');
        }
        if (channel.length > 0 && length == channel.length && memcmp(at, channel.bytes, length) == 0) {
            return seconds * 1000;
        }
        at = digits + strcspn(digits, ",");
    }
    return (int64_t)settings->sales_attribution_s * 1000;
}

void ear_agent_sell(struct ear_hearing *hearing)
{
    const struct ear_sales_reach reach = {attribution_ms, hearing->agent};
    const struct ear_event *event = hearing->event;
    const int slice = ear_sales_attribute(&hearing->agent->memory.sales, hearing->user, hearing->at_ms, &reach);
    struct ear_place place;

    if (slice < 0) {
        return;
    }
    ear_agent_place(hearing->agent, hearing->at_ms, (uint8_t)slice, &place);
    ear_place_add_money(&place, EAR_NUMBER_sales, ear_label(event->currency, 3), 1, event->amount);
}
