/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_agent_label.c - labels as the agent counts them: views of one automation, greatest numbers, and
 * what a platform adds to its health. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_parts.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

/* Four conversations, each begun by another automation: a view of one counts that one. */
static void test_a_view_is_of_one_automation(void **state)
{
    (void)state;
    static const char *const automations[] = {"guide", "guido", "other", ""};
    if (EAR_SLICES < 6 || EAR_FUNNELS < 1) {
        skip();
    }
    strcpy(settings.funnels_view1, "buying @guide: @start > cart > @end");
    power_on();
    for (size_t i = 0; i < EAR_COUNT_OF(automations); i++) {
        char conversation[2] = {(char)('a' + i), '\0'};
        struct ear_event event = event_of(EAR_KIND_START, conversation, 0);
        event.channel = str("web");
        event.present |= EAR_HAS(channel);
        if (automations[i][0] != '\0') {
            event.automation = str(automations[i]);
            event.present |= EAR_HAS(automation);
        }
        hear(&event);
        event = event_of(EAR_KIND_STEP, conversation, 0);
        event.label = str("cart");
        event.present |= EAR_HAS(label);
        hear(&event);
    }
    assert_int_equal(row_total(EAR_NUMBER_funnel, "buying", 0), 1);
    assert_int_equal(row_total(EAR_NUMBER_funnel, "buying", 1), 1);
}

static void test_a_count_beyond_all_is_the_greatest(void **state)
{
    (void)state;
    struct ear_event event = event_of(EAR_KIND_DELIVERY, NULL, 0);
    event.delivery = 1;
    event.count = UINT32_MAX;
    event.present |= EAR_HAS(delivery) | EAR_HAS(count);
    hear(&event);
    assert_int_equal(total(EAR_AT_delivery + 1), INT32_MAX);
}

static void put_health(void *context, struct ear_health *health)
{
    assert_ptr_equal(context, &settings);
    health->events_accepted += 77;
}

static void test_a_platform_adds_to_health(void **state)
{
    (void)state;
    struct ear_status before, after;
    ear_agent_status(&agent, &before);
    config.add_health = put_health;
    config.health_context = &settings;
    ear_agent_status(&agent, &after);
    config.add_health = NULL;
    assert_int_equal(after.health.events_accepted, before.health.events_accepted + 77);
}

static void test_sectors_that_cannot_be(void **state)
{
    (void)state;
    needs(STORAGE);
    static const uint32_t wrong[] = {2 * EAR_STORAGE_SECTOR_MAX, 3 * 4096};
    for (size_t i = 0; i < EAR_COUNT_OF(wrong); i++) {
        config.state.sector_bytes = wrong[i];
        assert_int_equal(ear_agent_init(&agent, &config), EAR_ERR_CONFIG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_view_is_of_one_automation, set_up),
        cmocka_unit_test_setup(test_a_count_beyond_all_is_the_greatest, set_up),
        cmocka_unit_test_setup(test_a_platform_adds_to_health, set_up),
        cmocka_unit_test_setup(test_sectors_that_cannot_be, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
