/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_base.h"
#include "core/hear/ear_conversation.h"

#define IDLE_MS 172800000u

enum { USER = 0, BOT = 1, AGENT = 2 };

/* A conversation as a list of what happened: 'u' 'b' 'a' messages, 'R' routed, 'X' closed out, 'G' assigned, 'C' closed
 * by (next letter: u b a A=agent resolving i l), 'I' idle, '+' '-' an explicit outcome. One second apart. */
static void play(struct ear_conversation *c, const char *script)
{
    *c = (struct ear_conversation){.flags = EAR_CONVERSATION_BEGUN};
    for (int64_t t = 1000; *script != '\0'; script++, t += 1000) {
        static const char by[] = "ubail";
        ear_conversation_witness(c, t, *script == 'C', IDLE_MS);
        switch (*script) {
        case 'u':
        case 'b':
        case 'a':
            (void)ear_conversation_message(c, t, (uint8_t)(*script == 'u' ? USER : *script == 'b' ? BOT : AGENT));
            break;
        case 'R':
            ear_conversation_handoff(c, EAR_MODE_ROUTED);
            break;
        case 'X':
            ear_conversation_handoff(c, EAR_MODE_CLOSED_OUT);
            break;
        case 'G':
            c->flags = (uint8_t)(c->flags | EAR_CONVERSATION_ASSIGNED);
            break;
        case 'C':
            script++;
            if (*script == 'A') {
                (void)ear_conversation_close(c, t, EAR_BY_AGENT, true);
            } else {
                (void)ear_conversation_close(c, t, (uint8_t)(strchr(by, *script) - by), false);
            }
            break;
        case 'I':
            ear_conversation_idle(c, 500);
            break;
        default:
            ear_conversation_outcome(c, *script == '+');
            break;
        }
    }
}

static void test_status_and_outcome(void **state)
{
    static const struct {
        const char *script;
        uint8_t status, outcome, escalated;
    } cases[] = {
        {"ub", EAR_STATUS_OPEN, EAR_NO_FACT, 0},
        {"ubCu", EAR_STATUS_RESOLVED, EAR_OUTCOME_SUCCESSFUL, 0},
        {"ubI", EAR_STATUS_RESOLVED, EAR_OUTCOME_SUCCESSFUL, 0},
        {"ubCi", EAR_STATUS_RESOLVED, EAR_OUTCOME_SUCCESSFUL, 0},
        {"ubCb", EAR_STATUS_RESOLVED, EAR_OUTCOME_SUCCESSFUL, 0},
        {"ubuCu", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"ubuI", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"ubCl", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"I", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"ubCa", EAR_STATUS_ASSUMED_RESOLVED, EAR_OUTCOME_SUCCESSFUL, 0},
        {"ubGCa", EAR_STATUS_ASSUMED_RESOLVED, EAR_OUTCOME_SUCCESSFUL, 0},
        {"uCa", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"ubR", EAR_STATUS_ROUTED, EAR_NO_FACT, 0},
        {"ubRCu", EAR_STATUS_ROUTED, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"ubRGaCa", EAR_STATUS_ROUTED, EAR_OUTCOME_UNSUCCESSFUL, 1},
        {"ubRGaCA", EAR_STATUS_ROUTED, EAR_OUTCOME_SUCCESSFUL, 1},
        {"ubX", EAR_STATUS_CLOSED_OUT, EAR_NO_FACT, 0},
        {"ubaCa", EAR_STATUS_ROUTED, EAR_OUTCOME_UNSUCCESSFUL, 1},
        {"ubauCu", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 1},
        {"CA", EAR_STATUS_ABANDONED, EAR_OUTCOME_SUCCESSFUL, 0},
        {"ubRGaCAuCu", EAR_STATUS_ROUTED, EAR_OUTCOME_UNSUCCESSFUL, 1},
        {"ubXCu", EAR_STATUS_CLOSED_OUT, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"ubXR", EAR_STATUS_ROUTED, EAR_NO_FACT, 0},
        {"uaCA", EAR_STATUS_ROUTED, EAR_OUTCOME_SUCCESSFUL, 1},
        {"uauI", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 1},
        {"ub++Cu", EAR_STATUS_RESOLVED, EAR_OUTCOME_SUCCESSFUL, 0},
        {"ub+-Cu", EAR_STATUS_RESOLVED, EAR_OUTCOME_MIXED, 0},
        {"ub-Cu", EAR_STATUS_RESOLVED, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"ubCuub", EAR_STATUS_OPEN, EAR_NO_FACT, 0},
        {"ubCuubuCl", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 0},
        {"ubClCa", EAR_STATUS_ABANDONED, EAR_OUTCOME_UNSUCCESSFUL, 0}, /* the first closing stands */
        {"uauCa", EAR_STATUS_ROUTED, EAR_OUTCOME_UNSUCCESSFUL, 1}, /* the user had the last word, a human the case */
        {"ubauCA", EAR_STATUS_ROUTED, EAR_OUTCOME_SUCCESSFUL, 1},
    };
    (void)state;

    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        struct ear_conversation c;
        struct ear_facts facts;
        play(&c, cases[i].script);
        ear_conversation_facts(&c, &facts);
        if (facts.status != cases[i].status || facts.outcome != cases[i].outcome ||
            facts.escalated != cases[i].escalated) {
            fail_msg("%s: status %d, outcome %d, escalated %d", cases[i].script, facts.status, facts.outcome,
                     facts.escalated);
        }
    }
}

static void test_reopening_is_said_once(void **state)
{
    struct ear_conversation c;
    (void)state;

    play(&c, "ubCu");
    assert_true(ear_conversation_message(&c, 5000, USER));
    assert_false(ear_conversation_message(&c, 6000, BOT));
}

static void test_a_message_older_than_the_end_does_not_reopen(void **state)
{
    struct ear_conversation c;
    struct ear_facts facts;
    (void)state;

    play(&c, "ub");
    assert_false(ear_conversation_close(&c, 9000, EAR_BY_USER, false));
    ear_conversation_witness(&c, 3000, false, IDLE_MS);
    assert_false(ear_conversation_message(&c, 3000, USER));
    ear_conversation_facts(&c, &facts);
    assert_int_equal(facts.status, EAR_STATUS_ABANDONED); /* the user's was the last word after all */
}

static void test_a_closing_that_was_overtaken_counts_as_reopening(void **state)
{
    struct ear_conversation c;
    struct ear_facts facts;
    (void)state;

    play(&c, "ubub");
    assert_true(ear_conversation_close(&c, 2500, EAR_BY_USER, false));
    ear_conversation_facts(&c, &facts);
    assert_int_equal(facts.status, EAR_STATUS_OPEN);
}

static void test_a_late_event_takes_an_idle_end_back(void **state)
{
    struct ear_conversation c;
    struct ear_facts facts;
    (void)state;

    play(&c, "ub");
    ear_conversation_idle(&c, 10000);
    assert_int_equal(c.end_ms, 12000);
    ear_conversation_witness(&c, 7000, false, IDLE_MS);
    ear_conversation_facts(&c, &facts);
    assert_int_equal(facts.status, EAR_STATUS_OPEN);
    assert_int_equal(c.last_ms, 7000);
}

static void test_facts_need_a_beginning(void **state)
{
    static const struct ear_facts nothing;
    struct ear_conversation c = {0};
    struct ear_facts facts;
    (void)state;

    (void)ear_conversation_close(&c, 1000, EAR_BY_USER, false);
    ear_conversation_facts(&c, &facts);
    assert_memory_equal(&facts, &nothing, sizeof facts);
}

static void test_engagement_needs_the_bot_first(void **state)
{
    static const struct {
        const char *script;
        uint8_t bot, engaged;
    } cases[] = {{"u", 0, 0}, {"ub", 1, 0}, {"ubu", 1, 1}, {"bu", 1, 1}, {"uau", 0, 0}};
    (void)state;

    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        struct ear_conversation c;
        struct ear_facts facts;
        play(&c, cases[i].script);
        ear_conversation_facts(&c, &facts);
        assert_int_equal(facts.bot, cases[i].bot);
        assert_int_equal(facts.engaged, cases[i].engaged);
    }
}

static void test_sentiment_is_the_sign_of_the_balance(void **state)
{
    struct ear_conversation c;
    struct ear_facts facts;
    (void)state;

    play(&c, "u");
    ear_conversation_facts(&c, &facts);
    assert_int_equal(facts.sentiment, EAR_NO_FACT);
    ear_conversation_feel(&c, 0);
    ear_conversation_facts(&c, &facts);
    assert_int_equal(facts.sentiment, 0);
    ear_conversation_feel(&c, 2);
    ear_conversation_feel(&c, 2);
    ear_conversation_feel(&c, 1);
    ear_conversation_facts(&c, &facts);
    assert_int_equal(facts.sentiment, 2);
}

static void test_reason_by_order_and_recency(void **state)
{
    struct ear_conversation c;
    (void)state;

    play(&c, "ub");
    assert_int_equal(ear_conversation_reason(&c), EAR_REASON_OTHER);
    ear_conversation_signal(&c, EAR_REASON_INCOMPLETE_INFO);
    assert_int_equal(ear_conversation_reason(&c), EAR_REASON_INCOMPLETE_INFO);
    ear_conversation_signal(&c, EAR_REASON_LOW_CONFIDENCE);
    assert_int_equal(ear_conversation_reason(&c), EAR_REASON_LOW_CONFIDENCE);
    ear_conversation_signal(&c, EAR_REASON_REPETITION_LOOP);
    assert_int_equal(ear_conversation_reason(&c), EAR_REASON_REPETITION_LOOP);
    ear_conversation_signal(&c, EAR_REASON_HUMAN_REQUESTED);
    assert_int_equal(ear_conversation_reason(&c), EAR_REASON_HUMAN_REQUESTED);
    for (int i = 0; i < EAR_REASON_TURNS - 1; i++) {
        (void)ear_conversation_message(&c, 3000, BOT);
    }
    assert_int_equal(ear_conversation_reason(&c), EAR_REASON_HUMAN_REQUESTED);
    (void)ear_conversation_message(&c, 3000, BOT);
    assert_int_equal(ear_conversation_reason(&c), EAR_REASON_OTHER);
    ear_conversation_signal(&c, EAR_REASON_HUMAN_REQUESTED);
    ear_conversation_handoff(&c, EAR_MODE_ROUTED);
    assert_int_equal(ear_conversation_reason(&c), EAR_REASON_OTHER);
}

static struct ear_conversation spoken_at(int64_t at_ms)
{
    struct ear_conversation c = {.flags = EAR_CONVERSATION_BEGUN};
    ear_conversation_witness(&c, at_ms, false, 500);
    (void)ear_conversation_message(&c, at_ms, USER);
    return c;
}

static bool close_at(struct ear_conversation *c, int64_t at_ms, uint8_t by, bool resolving)
{
    ear_conversation_witness(c, at_ms, true, 500);
    return ear_conversation_close(c, at_ms, by, resolving);
}

static bool speak_at(struct ear_conversation *c, int64_t at_ms)
{
    ear_conversation_witness(c, at_ms, false, 500);
    return ear_conversation_message(c, at_ms, USER);
}

/* Silence and a closing, in each order: a message takes back the ends that lie before it, and no others. */
static void test_a_message_takes_back_the_ends_before_it(void **state)
{
    (void)state;
    struct ear_conversation c = spoken_at(1000);
    ear_conversation_idle(&c, 500);
    assert_int_equal(c.end_ms, 1500);
    assert_false(close_at(&c, 1200, EAR_BY_USER, false)); /* before the silence was one */
    assert_int_equal(c.end_ms, 1200);
    assert_int_equal(c.ended_by, EAR_BY_USER);
    assert_true(speak_at(&c, 1300));
    assert_int_equal(c.flags & EAR_CONVERSATION_ENDED, 0);

    c = spoken_at(1000);
    assert_false(close_at(&c, 3000, EAR_BY_USER, false)); /* it had ended by silence before */
    assert_int_equal(c.end_ms, 1500);
    assert_int_equal(c.ended_by, EAR_BY_IDLE);
    assert_true(speak_at(&c, 2000));
    assert_int_equal(c.end_ms, 2500); /* and does so again: the closing is later still */
    assert_int_equal(c.ended_by, EAR_BY_IDLE);
    assert_int_equal(c.spoke_ms, 2000);

    c = spoken_at(1000);
    assert_false(close_at(&c, 3000, EAR_BY_USER, false));
    assert_false(close_at(&c, 4000, EAR_BY_BOT, false));
    assert_true(speak_at(&c, 2700));
    assert_int_equal(c.end_ms, 3000); /* of the closings after it the earliest */
    assert_int_equal(c.ended_by, EAR_BY_USER);

    c = spoken_at(1000);
    assert_false(close_at(&c, 1200, EAR_BY_USER, false));
    assert_true(speak_at(&c, 1200)); /* in the same millisecond: it goes on */
    assert_int_equal(c.last_ms, 1200);
    assert_int_equal(c.flags & EAR_CONVERSATION_ENDED, 0);

    c = spoken_at(1000);
    assert_false(close_at(&c, 1000, EAR_BY_USER, false));
    assert_true(speak_at(&c, 1000));
    assert_int_equal(c.spoke_ms, 1000);
    assert_int_equal(c.flags & EAR_CONVERSATION_ENDED, 0);
}

static void test_the_newest_resolving_reason_counts(void **state)
{
    (void)state;
    static const struct {
        int64_t at_ms;
        uint8_t by;
        bool resolving;
        int64_t resolved_ms; /* after that; 0: not resolved */
    } steps[] = {
        {1100, EAR_BY_AGENT, false, 0},   {1110, EAR_BY_USER, true, 0},     {1200, EAR_BY_AGENT, true, 1200},
        {1150, EAR_BY_AGENT, true, 1200}, {1300, EAR_BY_AGENT, true, 1300}, {1400, EAR_BY_AGENT, false, 1300},
    };
    struct ear_conversation c = spoken_at(1000);
    for (size_t i = 0; i < EAR_COUNT_OF(steps); i++) {
        assert_false(close_at(&c, steps[i].at_ms, steps[i].by, steps[i].resolving));
        assert_int_equal((c.flags & EAR_CONVERSATION_RESOLVED) != 0, steps[i].resolved_ms != 0);
        assert_int_equal(c.resolved_ms, steps[i].resolved_ms);
    }
    assert_int_equal(c.end_ms, 1100); /* the earliest closing stands */
}

/* Counters stop at their greatest value; none begins again at 0. */
static void test_counters_stop(void **state)
{
    (void)state;
    struct ear_conversation c = spoken_at(1000);
    c.turns = c.messages[USER] = UINT16_MAX - 1;
    c.csat_count = c.inquiries = UINT16_MAX - 1;
    c.inquiries_resolved = 3;
    c.sentiment = INT16_MAX - 1;
    for (int i = 0; i < 3; i++) {
        (void)speak_at(&c, 1100);
        ear_conversation_rate(&c, 5);
        ear_conversation_outcome(&c, true);
        ear_conversation_feel(&c, 1);
    }
    assert_int_equal(c.turns, UINT16_MAX);
    assert_int_equal(c.messages[USER], UINT16_MAX);
    assert_int_equal(c.csat_count, UINT16_MAX);
    assert_int_equal(c.csat_sum, 5); /* of the answers that are counted */
    assert_int_equal(c.inquiries, UINT16_MAX);
    assert_int_equal(c.inquiries_resolved, 4);
    assert_int_equal(c.sentiment, INT16_MAX);
    c.sentiment = -INT16_MAX + 1;
    for (int i = 0; i < 3; i++) {
        ear_conversation_feel(&c, 2);
    }
    assert_int_equal(c.sentiment, -INT16_MAX);
}

/* An answer that was given before the assignment, and heard after it, does not end the waiting. */
static void test_an_answer_older_than_the_assignment_is_none(void **state)
{
    (void)state;
    struct ear_conversation c = spoken_at(1000);
    int64_t wait_ms = -1;
    assert_false(ear_conversation_assign(&c, 3000));
    assert_false(ear_conversation_answer(&c, 2999, &wait_ms));
    assert_int_equal(wait_ms, -1);
    assert_true(ear_conversation_answer(&c, 3000, &wait_ms));
    assert_int_equal(wait_ms, 0);
    assert_false(ear_conversation_miss(&c)); /* nobody waits any more */
}

/* What bears a date keeps it when the time becomes known; what does not gets its place, and may then lie behind. */
static void test_dates_stay_when_the_time_becomes_known(void **state)
{
    enum { KNOWN_MS = 1000000, OFFSET_MS = 5000000 };
    struct ear_facts facts;
    (void)state;

    struct ear_conversation c = spoken_at(1000);
    c.first_ms = c.start_ms = 1000;
    ear_conversation_idle(&c, 500);
    assert_false(close_at(&c, OFFSET_MS + 1200, EAR_BY_USER, false)); /* the source knows the time already */
    assert_int_equal(c.end_ms, 1500);
    assert_int_equal(c.ended_by, EAR_BY_IDLE);
    ear_conversation_shift(&c, KNOWN_MS, OFFSET_MS);
    assert_int_equal(c.start_ms, OFFSET_MS + 1000);
    assert_int_equal(c.spoke_ms, OFFSET_MS + 1000);
    assert_int_equal(c.close_ms, OFFSET_MS + 1200);
    assert_int_equal(c.last_close_ms, OFFSET_MS + 1200);
    assert_int_equal(c.idle_end_ms, OFFSET_MS + 1500);
    ear_conversation_witness(&c, OFFSET_MS + 9000, false, 500); /* it was closed before it was silent for so long */
    assert_int_equal(c.end_ms, OFFSET_MS + 1200);
    assert_int_equal(c.ended_by, EAR_BY_USER);
    ear_conversation_facts(&c, &facts);
    assert_int_equal(facts.duration_ms, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_and_outcome),
        cmocka_unit_test(test_reopening_is_said_once),
        cmocka_unit_test(test_a_message_older_than_the_end_does_not_reopen),
        cmocka_unit_test(test_a_closing_that_was_overtaken_counts_as_reopening),
        cmocka_unit_test(test_a_late_event_takes_an_idle_end_back),
        cmocka_unit_test(test_facts_need_a_beginning),
        cmocka_unit_test(test_engagement_needs_the_bot_first),
        cmocka_unit_test(test_sentiment_is_the_sign_of_the_balance),
        cmocka_unit_test(test_reason_by_order_and_recency),
        cmocka_unit_test(test_a_message_takes_back_the_ends_before_it),
        cmocka_unit_test(test_the_newest_resolving_reason_counts),
        cmocka_unit_test(test_counters_stop),
        cmocka_unit_test(test_an_answer_older_than_the_assignment_is_none),
        cmocka_unit_test(test_dates_stay_when_the_time_becomes_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
