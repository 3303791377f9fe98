/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/hear/ear_event.h"
#include "core/hear/ear_event_field.h"

static struct ear_fault fault;

static void expect(const struct ear_event *event, enum ear_err err, unsigned key)
{
    assert_int_equal(ear_event_check(event, &fault), err);
    assert_int_equal(fault.err, err);
    assert_int_equal(fault.key, key);
    assert_non_null(fault.allowed);
    assert_int_equal(fault.allowed[0] != '\0', err != EAR_OK && EAR_ENABLED(FAULT_TEXTS));
}

/* The least that a kind may be: its required fields. */
static struct ear_event least(unsigned kind)
{
    return (struct ear_event){.present = EAR_HAS(kind) | ear_event_required(kind), .kind = (uint8_t)kind, .score = 3};
}

static void every_kind_wants_its_fields_and_no_more(void **state)
{
    (void)state;
    for (unsigned kind = 1; kind < EAR_KIND_COUNT; kind++) {
        struct ear_event event = least(kind);
        event.present |= kind == EAR_KIND_MESSAGE ? EAR_HAS(text) : 0;
        expect(&event, EAR_OK, EAR_EVENT_KEY_COUNT);
        for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
            if ((ear_event_required(kind) & (1u << key)) != 0) {
                struct ear_event without = event;
                without.present &= ~(1u << key);
                expect(&without, EAR_ERR_MISSING, key);
            }
        }
    }
}

static void a_kind_must_be_there_and_known(void **state)
{
    struct ear_event event = {.present = 0};
    (void)state;
    expect(&event, EAR_ERR_MISSING, EAR_EVENT_KEY_kind);
    event.present = EAR_HAS(kind);
    expect(&event, EAR_ERR_UNKNOWN, EAR_EVENT_KEY_kind);
    event.kind = EAR_KIND_COUNT;
    expect(&event, EAR_ERR_UNKNOWN, EAR_EVENT_KEY_kind);
    assert_int_equal(ear_event_required(EAR_KIND_COUNT), 0);
}

static void version_is_one_or_not_said(void **state)
{
    struct ear_event event = least(EAR_KIND_TIME);
    (void)state;
    event.present |= EAR_HAS(version);
    event.version = 1;
    expect(&event, EAR_OK, EAR_EVENT_KEY_COUNT);
    event.version = 2;
    expect(&event, EAR_ERR_VERSION, EAR_EVENT_KEY_version);
    event.version = 0;
    expect(&event, EAR_ERR_VERSION, EAR_EVENT_KEY_version);
}

static void a_score_is_one_to_five(void **state)
{
    struct ear_event event = least(EAR_KIND_CSAT);
    (void)state;
    for (event.score = 0; event.score < 8; event.score++) {
        bool good = event.score >= 1 && event.score <= 5;
        expect(&event, good ? EAR_OK : EAR_ERR_RANGE, good ? EAR_EVENT_KEY_COUNT : EAR_EVENT_KEY_score);
    }
}

static void names_are_those_of_the_vocabulary(void **state)
{
    (void)state;
    assert_string_equal(ear_event_field_name(EAR_EVENT_KEY_time_ms), "t");
    assert_string_equal(ear_event_field_name(EAR_EVENT_KEY_COUNT - 1), "count");
    assert_null(ear_event_field_name(EAR_EVENT_KEY_COUNT));
    assert_string_equal(ear_event_kind_name(EAR_KIND_MESSAGE), "message");
    assert_null(ear_event_kind_name(0));
    assert_null(ear_event_kind_name(EAR_KIND_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_wants_its_fields_and_no_more),
        cmocka_unit_test(a_kind_must_be_there_and_known),
        cmocka_unit_test(version_is_one_or_not_said),
        cmocka_unit_test(a_score_is_one_to_five),
        cmocka_unit_test(names_are_those_of_the_vocabulary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
