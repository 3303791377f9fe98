/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: every line of the table, what is taken, what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_settings.h"

static enum ear_err set(struct ear_settings *settings, const char *section, const char *name, const char *value,
                        struct ear_setting_fault *fault)
{
    return ear_settings_set(settings, section, name, value, fault);
}

static void test_defaults(void **state)
{
    struct ear_settings settings;
    (void)state;
    memset(&settings, 0xff, sizeof settings);
    ear_settings_init(&settings);
    assert_string_equal(settings.device_tenant, "default");
    assert_string_equal(settings.device_device, "");
    assert_string_equal(settings.device_timezone, "UTC0");
    assert_int_equal(settings.device_clock, EAR_SETTINGS_CLOCK_SYSTEM);
    assert_int_equal(settings.conversation_idle_close_s, 172800);
    assert_int_equal(settings.judge_low_confidence_permille, 400);
    assert_int_equal(settings.publish_minute_s, 0);
    assert_int_equal(settings.publish_hour_s, 60);
    assert_int_equal(settings.uplink_backoff_max_ms, 300000);
}

/* Every default but the empty one is what the table itself allows, and comes out as it went in. */
static void test_every_default_is_allowed(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < ear_settings_table.count; i++) {
        const struct ear_setting *setting = &ear_settings_table.items[i];
        struct ear_settings settings;
        struct ear_setting_fault fault;
        char text[128];
        ear_settings_init(&settings);
        assert_true(ear_setting_print(setting, &settings, text, sizeof text) >= 0);
        assert_string_equal(text, setting->initial);
        if (text[0] != '\0') {
            assert_int_equal(set(&settings, setting->section, setting->name, text, &fault), EAR_OK);
        }
        assert_int_equal(setting->help[0] != '\0', EAR_ENABLED(SETTINGS_HELP));
    }
}

struct attempt {
    const char *section;
    const char *name;
    const char *value;
    enum ear_err err;
    const char *allowed; /* what the fault must say, or NULL */
};

static const struct attempt attempts[] = {
    {"device", "tenant", "acme", EAR_OK, NULL},
    {"device", "tenant", "A-Z_a.z-09", EAR_OK, NULL},
    {"device", "tenant", "12345678901234567890123456789012", EAR_OK, NULL},
    {"device", "tenant", "123456789012345678901234567890123", EAR_ERR_TOO_LONG, "1 to 32"},
    {"device", "tenant", "", EAR_ERR_RANGE, "1 to 32"},
    {"device", "tenant", "a/b", EAR_ERR_SYNTAX, "A-Z a-z 0-9 _ . -"},
    {"device", "tenant", "a+", EAR_ERR_SYNTAX, NULL},
    {"device", "tenant", "caf\xc3\xa9", EAR_ERR_SYNTAX, NULL},
    {"device", "timezone", "CET-1CEST,M3.5.0,M10.5.0/3", EAR_OK, NULL},
    {"device", "timezone", "Europe/Rome", EAR_ERR_SYNTAX, "POSIX TZ rule"},
    {"device", "timezone", "UTC0\n", EAR_ERR_SYNTAX, NULL},
    {"device", "clock", "events", EAR_OK, NULL},
    {"device", "clock", "event", EAR_ERR_UNKNOWN, "system or events"},
    {"device", "clock", "eventsx", EAR_ERR_UNKNOWN, NULL},
    {"device", "clock", "system|events", EAR_ERR_UNKNOWN, NULL},
    {"device", "clock", "", EAR_ERR_UNKNOWN, NULL},
    {"conversation", "idle_close_s", "60", EAR_OK, NULL},
    {"conversation", "idle_close_s", "2592000", EAR_OK, NULL},
    {"conversation", "idle_close_s", "59", EAR_ERR_RANGE, "a whole number from 60 to 2592000 (s)"},
    {"conversation", "idle_close_s", "2592001", EAR_ERR_RANGE, NULL},
    {"conversation", "idle_close_s", "4294967296", EAR_ERR_RANGE, NULL},
    {"conversation", "idle_close_s", "99999999999999999999999999", EAR_ERR_RANGE, NULL},
    {"conversation", "idle_close_s", "", EAR_ERR_SYNTAX, NULL},
    {"conversation", "idle_close_s", "-60", EAR_ERR_SYNTAX, NULL},
    {"conversation", "idle_close_s", "6e1", EAR_ERR_SYNTAX, NULL},
    {"conversation", "idle_close_s", "60 s", EAR_ERR_SYNTAX, NULL},
    {"publish", "minute_s", "0", EAR_OK, NULL},
    {"device", "site", "a~", EAR_ERR_SYNTAX, NULL},
    {"device", "site", "a[", EAR_ERR_SYNTAX, NULL},
    {"device", "site", "a:", EAR_ERR_SYNTAX, NULL},
    {"device", "site", "Z9.a-z_0", EAR_OK, NULL},
    {"publish", "week_s", "1", EAR_ERR_UNKNOWN, "in this section: minute_s, hour_s, day_s"},
    {"Publish", "minute_s", "1", EAR_ERR_UNKNOWN, "sections: device, conversation"},
    {"", "", "", EAR_ERR_UNKNOWN, "sections: "},
};

static void test_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(attempts); i++) {
        const struct attempt *attempt = &attempts[i];
        struct ear_settings settings;
        struct ear_settings before;
        struct ear_setting_fault fault = {.err = EAR_OK};
        ear_settings_init(&settings);
        before = settings;
        assert_int_equal(set(&settings, attempt->section, attempt->name, attempt->value, &fault), attempt->err);
        assert_int_equal(fault.err, attempt->err);
        if (attempt->err != EAR_OK) {
            assert_memory_equal(&settings, &before, sizeof settings);
        }
        if (attempt->allowed != NULL) {
            assert_non_null(strstr(fault.allowed, attempt->allowed));
        }
    }
}

static void test_print_after_set(void **state)
{
    struct ear_settings settings;
    struct ear_setting_fault fault;
    char text[64];
    bool known = false;
    (void)state;
    ear_settings_init(&settings);
    assert_int_equal(set(&settings, "device", "clock", "events", &fault), EAR_OK);
    const struct ear_setting *clock = ear_setting_find(&ear_settings_table, "device", "clock", &known);
    assert_non_null(clock);
    assert_true(known);
    assert_int_equal(ear_setting_print(clock, &settings, text, sizeof text), 6);
    assert_string_equal(text, "events");
    assert_int_equal(ear_setting_print(clock, &settings, text, 4), EAR_ERR_FULL);
    assert_null(ear_setting_find(&ear_settings_table, "device", "nothing", &known));
    assert_true(known);
    assert_null(ear_setting_find(&ear_settings_table, "nowhere", "clock", &known));
    assert_false(known);
}

/* A shorter text leaves nothing of the longer one behind it: settings are compared as bytes. */
static void test_differs_and_copy(void **state)
{
    struct ear_settings left;
    struct ear_settings right;
    struct ear_setting_fault fault;
    bool known = false;
    const struct ear_setting *site = ear_setting_find(&ear_settings_table, "device", "site", &known);
    (void)state;
    ear_settings_init(&left);
    ear_settings_init(&right);
    assert_int_equal(set(&left, "device", "site", "a-long-name-of-a-site", &fault), EAR_OK);
    assert_true(ear_setting_differs(site, &left, &right));
    ear_setting_copy(site, &right, &left);
    assert_false(ear_setting_differs(site, &left, &right));
    assert_int_equal(set(&left, "device", "site", "b", &fault), EAR_OK);
    assert_int_equal(set(&right, "device", "site", "b", &fault), EAR_OK);
    assert_false(ear_setting_differs(site, &left, &right));
    assert_memory_equal(&left, &right, sizeof left);
}

static void test_check(void **state)
{
    struct ear_settings settings;
    struct ear_setting_fault fault;
    (void)state;
    ear_settings_init(&settings);
    assert_int_equal(ear_settings_check(&settings, &fault), EAR_ERR_CONFIG);
    assert_non_null(strstr(fault.allowed, "[device] device"));
    assert_int_equal(set(&settings, "device", "device", "k1", &fault), EAR_OK);
    assert_int_equal(ear_settings_check(&settings, &fault), EAR_OK);
    assert_int_equal(set(&settings, "uplink", "backoff_min_ms", "300001", &fault), EAR_OK);
    assert_int_equal(ear_settings_check(&settings, &fault), EAR_ERR_CONFIG);
    assert_non_null(strstr(fault.allowed, "backoff_min_ms"));
}

/* What is allowed fits for every setting, in whole. */
static void test_allowed_fits(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < ear_settings_table.count; i++) {
        char text[160];
        ear_setting_allowed(&ear_settings_table.items[i], text, sizeof text);
        assert_in_range(strlen(text), 1, sizeof text - 2);
    }
}

/* What only the check of all settings together sees. */
static void test_check_of_channels_and_views(void **state)
{
    static const struct {
        const char *section, *name, *value, *says; /* says NULL: it is taken */
    } rows[] = {
        {"sales", "attribution_channels", "sms=432000, email=86400", NULL},
        {"sales", "attribution_channels", "sms=1,email=2", NULL},
        {"sales", "attribution_channels", "sms", "attribution_channels"},
        {"sales", "attribution_channels", "sms=", "attribution_channels"},
        {"sales", "attribution_channels", "=5", "attribution_channels"},
        {"sales", "attribution_channels", "sms=5;email=6", "attribution_channels"},
        {"sales", "attribution_channels", "sms=5x", "attribution_channels"},
        {"sales", "attribution_channels", "", NULL},
        {"funnels", "view1", "buy: @start > offer > @end", NULL},
        {"funnels", "view1", "buy", "view1"},
        {"funnels", "view1", "", NULL},
    };
    struct ear_settings settings;
    (void)state;
    ear_settings_init(&settings);
    strcpy(settings.device_device, "kiosk-1");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ear_setting_fault fault = {0};
        assert_int_equal(set(&settings, rows[i].section, rows[i].name, rows[i].value, &fault), EAR_OK);
        const enum ear_err err = ear_settings_check(&settings, &fault);
        assert_int_equal(err, rows[i].says == NULL ? EAR_OK : EAR_ERR_CONFIG);
        assert_true(rows[i].says == NULL || strstr(fault.allowed, rows[i].says) != NULL);
    }
}

/* A view that this build has no room for. */
static void test_check_of_views_beyond_the_build(void **state)
{
    struct ear_settings settings;
    struct ear_setting_fault fault = {0};
    (void)state;
    ear_settings_init(&settings);
    strcpy(settings.device_device, "kiosk-1");
    assert_int_equal(set(&settings, "funnels", "view4", "buy: @start > @end", &fault), EAR_OK);
    assert_int_equal(ear_settings_check(&settings, &fault), EAR_FUNNELS >= 4 ? EAR_OK : EAR_ERR_CONFIG);
    assert_true(EAR_FUNNELS >= 4 || strstr(fault.allowed, "view4 must be nothing") != NULL);
}

static void test_a_key_is_hexadecimal_of_its_length(void **state)
{
    struct ear_settings settings;
    struct ear_setting_fault fault;
    (void)state;
    ear_settings_init(&settings);
    assert_int_equal(set(&settings, "device", "user_key", "00112233445566778899aabbccddeeff", &fault), EAR_OK);
    assert_int_equal(set(&settings, "device", "user_key", "00112233445566778899aabbccddeefg", &fault), EAR_ERR_SYNTAX);
    assert_int_equal(set(&settings, "device", "user_key", "0011", &fault), EAR_ERR_SYNTAX);
    assert_int_equal(set(&settings, "device", "user_key", "", &fault), EAR_OK);
    assert_int_equal(set(&settings, "device", "device", "Kiosk-9", &fault), EAR_OK);
    assert_int_equal(set(&settings, "device", "device", "kiosk[9", &fault), EAR_ERR_SYNTAX);
    assert_int_equal(set(&settings, "sales", "attribution_channels", "a\x7f=1", &fault), EAR_ERR_SYNTAX);
}

/* Settings of every type are compared and copied, also where they are text. */
static void test_every_setting_is_copied_whole(void **state)
{
    struct ear_settings from, to;
    (void)state;
    memset(&from, 'a', sizeof from);
    memset(&to, 'b', sizeof to);
    for (uint16_t i = 0; i < ear_settings_table.count; i++) {
        const struct ear_setting *setting = &ear_settings_table.items[i];
        assert_true(ear_setting_differs(setting, &from, &to));
        ear_setting_copy(setting, &to, &from);
        assert_false(ear_setting_differs(setting, &from, &to));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_default_is_allowed),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_print_after_set),
        cmocka_unit_test(test_differs_and_copy),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_allowed_fits),
        cmocka_unit_test(test_check_of_channels_and_views),
        cmocka_unit_test(test_check_of_views_beyond_the_build),
        cmocka_unit_test(test_a_key_is_hexadecimal_of_its_length),
        cmocka_unit_test(test_every_setting_is_copied_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
