/* SPDX-License-Identifier: Apache-2.0 */
/* OFF --start--> WAITING --tick when due--> CONNECTING --on_connected--> UP --on_lost--> WAITING ...
 * Any of them --stop--> OFF, through CLOSING where the transport still owes an on_lost.
 *
 * Every callback of the transport may come from within the call that caused it, so state is always set before a port is
 * called, and looked at again after. */
#include "core/tell/ear_uplink.h"

#include <assert.h>
#include <string.h>

#include "core/base/ear_utf8.h"

#define CLOSE_GRACE_MS 1000u /* after the deadline of a stop, for the transport to say that the session is closed */
#define BUSY_RETRY_MS 200u   /* until the transport is asked again that had no room for birth or farewell */

static bool backoff_is_possible(uint32_t min_ms, uint32_t max_ms)
{
    return min_ms > 0 && min_ms <= max_ms;
}

/* Xorshift (Marsaglia 2003, 13/17/5). Nobody need be unable to guess it; devices must only differ. */
static uint32_t next_random(struct ear_uplink *uplink)
{
    uint32_t x = uplink->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    uplink->random = x;
    return x;
}

/* The longest that the next wait could be: min * 2^failures, at most max. */
static uint32_t backoff_ceiling(const struct ear_uplink *uplink)
{
    uint64_t ceiling = uplink->backoff_min_ms;
    for (unsigned i = 0; i < uplink->failures && ceiling < uplink->backoff_max_ms; i++) {
        ceiling *= 2;
    }
    return ceiling < uplink->backoff_max_ms ? (uint32_t)ceiling : uplink->backoff_max_ms;
}

/* "Full jitter" of M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog 2015: uniform from 0 to the
 * ceiling, here from min on, so that no device ever asks a struggling broker sooner than that. Of the ways compared
 * there it makes the fewest calls, within noise, and needs no memory of the wait before. */
static uint32_t backoff(struct ear_uplink *uplink)
{
    uint32_t span = backoff_ceiling(uplink) - uplink->backoff_min_ms;
    return uplink->backoff_min_ms + (uint32_t)(((uint64_t)next_random(uplink) * ((uint64_t)span + 1)) >> 32);
}

static void wait_for(struct ear_uplink *uplink, uint64_t due_ms)
{
    uplink->state = EAR_UPLINK_WAITING;
    uplink->due_ms = due_ms;
}

static void wait_after_failure(struct ear_uplink *uplink, uint64_t now_ms)
{
    if (uplink->failures < 32) {
        uplink->failures++;
    }
    wait_for(uplink, now_ms + backoff(uplink));
}

static void keep_reason(struct ear_uplink *uplink, const char *reason)
{
    const char *text = reason == NULL ? "" : reason;
    size_t length = ear_utf8_cut(text, strlen(text), sizeof uplink->last_error - 1);
    memcpy(uplink->last_error, text, length);
    uplink->last_error[length] = '\0';
}

static void forget_flights(struct ear_uplink *uplink)
{
    memset(uplink->flights, 0, sizeof uplink->flights);
    uplink->flight_count = 0;
    uplink->birth_due = false;
    uplink->farewell_sent = false;
}

int ear_uplink_init(struct ear_uplink *uplink, const struct ear_transport *transport, const struct ear_entropy *entropy,
                    const struct ear_uplink_owner *owner, uint32_t backoff_min_ms, uint32_t backoff_max_ms)
{
    *uplink = (struct ear_uplink){.transport = transport, .owner = *owner};
    uint8_t seed[4];
    if (ear_uplink_set_backoff(uplink, backoff_min_ms, backoff_max_ms) != EAR_OK) {
        return EAR_ERR_CONFIG;
    }
    if (entropy->fill(entropy->context, seed, sizeof seed) != 0) {
        return EAR_ERR_IO;
    }
    uplink->random = (uint32_t)seed[0] << 24 | (uint32_t)seed[1] << 16 | (uint32_t)seed[2] << 8 | seed[3];
    uplink->random |= uplink->random == 0;
    return EAR_OK;
}

int ear_uplink_set_backoff(struct ear_uplink *uplink, uint32_t backoff_min_ms, uint32_t backoff_max_ms)
{
    if (!backoff_is_possible(backoff_min_ms, backoff_max_ms)) {
        return EAR_ERR_CONFIG;
    }
    uplink->backoff_min_ms = backoff_min_ms;
    uplink->backoff_max_ms = backoff_max_ms;
    return EAR_OK;
}

void ear_uplink_start(struct ear_uplink *uplink, uint64_t now_ms)
{
    assert(uplink->state == EAR_UPLINK_OFF);
    uplink->stopping = false;
    uplink->failures = 0;
    wait_for(uplink, now_ms);
}

void ear_uplink_hurry(struct ear_uplink *uplink, uint64_t now_ms)
{
    if (uplink->state == EAR_UPLINK_WAITING) {
        uplink->failures = 0;
        wait_for(uplink, now_ms);
    }
}

/* An attempt failed before the transport took it up. */
static void fail_attempt(struct ear_uplink *uplink, const char *reason, uint64_t now_ms)
{
    keep_reason(uplink, reason);
    wait_after_failure(uplink, now_ms);
}

static void attempt(struct ear_uplink *uplink, uint64_t now_ms)
{
    struct ear_message will = {0};
    int err = uplink->owner.status(uplink->owner.context, false, false, &will);
    if (err != EAR_OK) {
        fail_attempt(uplink, "the will could not be encoded", now_ms);
        return;
    }
    uplink->state = EAR_UPLINK_CONNECTING;
    err = uplink->transport->ops->connect(uplink->transport->context, &will);
    if (err == EAR_ERR_BUSY) {
        wait_for(uplink, now_ms + BUSY_RETRY_MS);
        return;
    }
    uplink->attempts++;
    if (err != 0) {
        fail_attempt(uplink, "the transport could not begin to connect", now_ms);
    }
}

static struct ear_uplink_flight *find_flight(struct ear_uplink *uplink, uint32_t token)
{
    for (unsigned i = 0; i < EAR_IN_FLIGHT; i++) {
        if (uplink->flights[i].token == token) {
            return &uplink->flights[i];
        }
    }
    return NULL;
}

static uint32_t new_token(struct ear_uplink *uplink)
{
    uplink->next_token += uplink->next_token == UINT32_MAX ? 2u : 1u; /* 0 means free */
    return uplink->next_token;
}

/* Hand over without asking whether it is anybody's turn. */
static int hand_over(struct ear_uplink *uplink, const struct ear_sent *sent, struct ear_message *message)
{
    struct ear_uplink_flight *flight = find_flight(uplink, 0);
    if (flight == NULL) {
        return EAR_ERR_BUSY;
    }
    uint32_t token = new_token(uplink);
    message->token = token;
    *flight = (struct ear_uplink_flight){.sent = *sent, .token = token};
    uplink->flight_count++;
    uplink->publishes++;
    int err = uplink->transport->ops->publish(uplink->transport->context, message);
    if (err == 0) {
        return EAR_OK;
    }
    uplink->publishes--;
    uplink->busy += err == EAR_ERR_BUSY;
    if (flight->token == token) { /* else the session was lost meanwhile, and it is forgotten already */
        flight->token = 0;
        uplink->flight_count--;
    }
    return err == EAR_ERR_BUSY ? EAR_ERR_BUSY : EAR_ERR_IO;
}

static int say_status(struct ear_uplink *uplink, bool online)
{
    struct ear_message message = {0};
    int err = uplink->owner.status(uplink->owner.context, online, !online, &message);
    message.retain = true;
    const struct ear_sent sent = {.kind = EAR_SENT_STATUS};
    return err == EAR_OK ? hand_over(uplink, &sent, &message) : err;
}

/* First and last word of a session. False: not said; due_ms is when to try again. */
static bool say_status_now(struct ear_uplink *uplink, bool online, uint64_t now_ms)
{
    if (now_ms < uplink->due_ms) {
        return false;
    }
    bool said = say_status(uplink, online) == EAR_OK;
    if (!said && uplink->state == EAR_UPLINK_UP) {
        uplink->due_ms = now_ms + BUSY_RETRY_MS;
    }
    return said;
}

static void say_birth(struct ear_uplink *uplink, uint64_t now_ms)
{
    uplink->birth_due = false;
    if (!say_status_now(uplink, true, now_ms) && uplink->state == EAR_UPLINK_UP) {
        uplink->birth_due = true;
    }
}

static void close_session(struct ear_uplink *uplink)
{
    uplink->state = EAR_UPLINK_CLOSING;
    uplink->transport->ops->disconnect(uplink->transport->context);
}

/* Stopping, and a session is there. */
static void drain(struct ear_uplink *uplink, uint64_t now_ms)
{
    if (now_ms >= uplink->deadline_ms || (uplink->flight_count == 0 && uplink->farewell_sent)) {
        close_session(uplink);
        return;
    }
    if (uplink->flight_count > 0 || uplink->birth_due) {
        return;
    }
    uplink->farewell_sent = true;
    if (!say_status_now(uplink, false, now_ms) && uplink->state == EAR_UPLINK_UP) {
        uplink->farewell_sent = false;
        return;
    }
    if (uplink->state == EAR_UPLINK_UP && uplink->flight_count == 0) { /* acknowledged at once */
        close_session(uplink);
    }
}

void ear_uplink_tick(struct ear_uplink *uplink, uint64_t now_ms)
{
    if (uplink->state == EAR_UPLINK_WAITING && now_ms >= uplink->due_ms) {
        attempt(uplink, now_ms);
        return;
    }
    if (uplink->state == EAR_UPLINK_CLOSING && now_ms >= uplink->deadline_ms + CLOSE_GRACE_MS) {
        ear_uplink_on_lost(uplink, NULL, now_ms);
    }
    if (uplink->state != EAR_UPLINK_UP) {
        return;
    }
    if (uplink->birth_due) {
        say_birth(uplink, now_ms);
    }
    if (uplink->stopping && uplink->state == EAR_UPLINK_UP) {
        drain(uplink, now_ms);
    }
}

uint64_t ear_uplink_next_ms(const struct ear_uplink *uplink)
{
    if (uplink->state == EAR_UPLINK_WAITING) {
        return uplink->due_ms;
    }
    if (uplink->state == EAR_UPLINK_CLOSING) {
        return uplink->deadline_ms + CLOSE_GRACE_MS;
    }
    if (uplink->state != EAR_UPLINK_UP) {
        return EAR_UPLINK_NEVER;
    }
    bool to_say = uplink->birth_due || (uplink->stopping && !uplink->farewell_sent && uplink->flight_count == 0);
    uint64_t deadline_ms = uplink->stopping ? uplink->deadline_ms : EAR_UPLINK_NEVER;
    return to_say && uplink->due_ms < deadline_ms ? uplink->due_ms : deadline_ms;
}

bool ear_uplink_room(const struct ear_uplink *uplink)
{
    return uplink->state == EAR_UPLINK_UP && !uplink->birth_due && !uplink->farewell_sent &&
           uplink->flight_count < EAR_IN_FLIGHT;
}

int ear_uplink_send(struct ear_uplink *uplink, const struct ear_sent *sent, struct ear_message *message)
{
    return ear_uplink_room(uplink) ? hand_over(uplink, sent, message) : EAR_ERR_BUSY;
}

void ear_uplink_stop(struct ear_uplink *uplink, uint64_t now_ms, uint64_t deadline_ms)
{
    uplink->stopping = true;
    uplink->deadline_ms = deadline_ms;
    if (uplink->state == EAR_UPLINK_WAITING) {
        uplink->state = EAR_UPLINK_OFF;
    } else if (uplink->state == EAR_UPLINK_CONNECTING || (uplink->state == EAR_UPLINK_UP && now_ms >= deadline_ms)) {
        close_session(uplink);
    }
}

void ear_uplink_on_connected(struct ear_uplink *uplink, uint64_t now_ms)
{
    if (uplink->state != EAR_UPLINK_CONNECTING) {
        return; /* it was given up meanwhile; on_lost is still to come */
    }
    uplink->state = EAR_UPLINK_UP;
    uplink->due_ms = now_ms;
    uplink->up_since_ms = now_ms;
    uplink->connects++;
    say_birth(uplink, now_ms);
}

void ear_uplink_on_acked(struct ear_uplink *uplink, uint32_t token, uint64_t now_ms)
{
    struct ear_uplink_flight *flight = token == 0 ? NULL : find_flight(uplink, token);
    if (flight == NULL) {
        uplink->stray++;
        return;
    }
    struct ear_sent sent = flight->sent;
    flight->token = 0;
    uplink->flight_count--;
    uplink->acks++;
    uplink->last_ack_ms = now_ms;
    uplink->owner.acked(uplink->owner.context, &sent);
}

void ear_uplink_on_lost(struct ear_uplink *uplink, const char *reason, uint64_t now_ms)
{
    uint8_t was = uplink->state;
    if (was == EAR_UPLINK_OFF || was == EAR_UPLINK_WAITING) {
        return; /* heard of already */
    }
    forget_flights(uplink);
    if (was == EAR_UPLINK_CLOSING || uplink->stopping) {
        uplink->state = EAR_UPLINK_OFF;
    } else {
        keep_reason(uplink, reason);
        uplink->last_loss_ms = now_ms;
        uplink->losses += was == EAR_UPLINK_UP;
        /* A session that lasted longer than we could have waited for it was a success. One that is lost at once, over
         * and over (two devices of one name, a broker that throws us out), is a row of failures. */
        if (was == EAR_UPLINK_UP && now_ms - uplink->up_since_ms > backoff_ceiling(uplink)) {
            uplink->failures = 0;
        }
        wait_after_failure(uplink, now_ms);
    }
    uplink->owner.lost(uplink->owner.context);
}

const char *ear_uplink_state_name(unsigned state)
{
    static const char *const names[] = {"off", "waiting", "connecting", "up", "closing"};
    return state < EAR_COUNT_OF(names) ? names[state] : "unknown";
}
