/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/store/ear_settings_store.h"
#include "tests/support/flash.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 512u
#define SECTORS 4u

static struct flash_device device;
static struct flash flash;
static uint32_t room[FLASH_ROOM(SECTOR_BYTES, SECTORS) / 4 + 1];
static struct ear_settings settings;
static struct ear_settings_target target;
static struct ear_settings_store store;
static struct ear_setting_fault fault;

static enum ear_err open_store(void)
{
    ear_settings_init(&settings);
    target = (struct ear_settings_target){&ear_settings_table, &settings};
    return ear_settings_store_open(&store, &flash.port, &target, 1);
}

static int start(void **state)
{
    (void)state;
    device = (struct flash_device){.random = 3};
    flash_init(&flash, &device, SECTOR_BYTES, SECTORS, room);
    assert_int_equal(open_store(), EAR_OK);
    return 0;
}

static enum ear_err set(const char *section, const char *name, const char *value)
{
    return ear_settings_store_set(&store, section, name, value, &fault);
}

static void open_again(void)
{
    flash_power_off(&device);
    flash_power_on(&device);
    assert_int_equal(open_store(), EAR_OK);
}

static void test_what_is_set_lasts(void **state)
{
    (void)state;
    needs(STORAGE);
    assert_int_equal(set("device", "device", "kiosk-7"), EAR_OK);
    assert_int_equal(set("uplink", "backoff_max_ms", "5000"), EAR_OK);
    assert_int_equal(set("records", "policy", "redacted"), EAR_OK);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(settings.device_device, "kiosk-7");
        assert_int_equal(settings.uplink_backoff_max_ms, 5000);
        assert_int_equal(settings.records_policy, 1);
        assert_string_equal(settings.device_tenant, "default");
        open_again();
    }
    assert_int_equal(store.unknown, 0);
}

static void test_the_default_is_not_kept(void **state)
{
    (void)state;
    needs(STORAGE);
    assert_int_equal(set("device", "tenant", "acme"), EAR_OK);
    assert_int_equal(set("device", "tenant", "default"), EAR_OK);
    assert_false(flash_holds(&flash, "device.tenant", 13));
    open_again();
    assert_string_equal(settings.device_tenant, "default");
}

static void test_what_is_wrong_changes_nothing(void **state)
{
    (void)state;
    needs(STORAGE);
    assert_int_equal(set("device", "device", "not a name"), EAR_ERR_SYNTAX);
    assert_string_equal(fault.allowed, "1 to 32 of the characters A-Z a-z 0-9 _ . -");
    assert_string_equal(settings.device_device, "");
    assert_int_equal(set("device", "colour", "red"), EAR_ERR_UNKNOWN);
    assert_string_equal(fault.allowed, "a section and name as `set` lists them");
    assert_int_equal(set("uplink", "backoff_min_ms", "400000"), EAR_ERR_CONFIG); /* alone it would be fine */
    assert_non_null(strstr(fault.allowed, "must not exceed"));
    assert_int_equal(settings.uplink_backoff_min_ms, 1000);
    assert_int_equal(flash.programs, 0);
    assert_int_equal(set("device", "device", "kiosk"), EAR_OK);
    assert_int_equal(set("device", "device", ""), EAR_ERR_RANGE);
    assert_string_equal(settings.device_device, "kiosk");
}

static void test_storage_that_cannot_be_written_changes_nothing(void **state)
{
    (void)state;
    needs(STORAGE);
    assert_int_equal(set("device", "device", "kiosk"), EAR_OK);
    memset(flash.bad, FLASH_FAILS, SECTORS);
    open_again();
    assert_string_equal(settings.device_device, "kiosk");
    assert_int_equal(set("device", "site", "mall"), EAR_ERR_IO);
    assert_int_equal(set("device", "device", "other"), EAR_ERR_IO);
    assert_string_equal(settings.device_site, "default");
    assert_string_equal(settings.device_device, "kiosk");
}

static void test_without_storage_nothing_can_be_set(void **state)
{
    (void)state;
    ear_settings_init(&settings);
    assert_int_equal(ear_settings_store_open(&store, NULL, &target, 1), EAR_OK);
    assert_int_equal(set("device", "device", "kiosk"), EAR_ERR_IO);
    assert_string_equal(settings.device_device, "");
    assert_int_equal(set("device", "tenant", "default"), EAR_ERR_IO);
}

static void test_what_another_build_kept_is_passed_over(void **state)
{
    (void)state;
    needs(STORAGE);
    static const char *const others[] = {"device.colour=red", "save.never=1", "uplink.backoff_min_ms=soon", "nothing"};
    for (unsigned i = 0; i < EAR_COUNT_OF(others); i++) {
        const char *end = strchr(others[i], '=');
        const uint8_t key_bytes = (uint8_t)(end != NULL ? end - others[i] + 1 : 0);
        assert_int_equal(ear_kept_put(&store.kept, 1, key_bytes, others[i], (uint16_t)strlen(others[i])), EAR_OK);
    }
    assert_int_equal(ear_kept_put(&store.kept, 9, 0, "of a later type", 15), EAR_OK);
    assert_int_equal(set("device", "device", "kiosk"), EAR_OK);
    open_again();
    assert_int_equal(store.unknown, 5);
    assert_string_equal(settings.device_device, "kiosk");
    assert_int_equal(settings.uplink_backoff_min_ms, 1000);
}

static void test_full_says_so(void **state)
{
    (void)state;
    needs(STORAGE);
    char site[33];
    memset(site, 's', 32);
    site[32] = '\0';
    static const char filler[430] = {'f'};
    assert_int_equal(ear_kept_put(&store.kept, 9, 0, filler, sizeof filler), EAR_OK);
    assert_int_equal(ear_kept_put(&store.kept, 9, 1, "1", 1), EAR_OK);
    assert_int_equal(ear_kept_put(&store.kept, 8, 0, filler, sizeof filler), EAR_OK);
    assert_int_equal(set("device", "site", site), EAR_OK);
    assert_int_equal(set("device", "tenant", site), EAR_ERR_FULL);
    assert_string_equal(settings.device_tenant, "default");
    assert_int_equal(set("device", "site", "mall"), EAR_OK);
}

/* The power goes at each operation in turn, in each way: the former value or the new one, and no other is touched. */
static void test_a_cut_leaves_the_former_or_the_new(void **state)
{
    (void)state;
    needs(STORAGE);
    static const char *const values[] = {"one", "two", "default", "three", "a-longer-name-than-the-others"};
    unsigned runs = 0;
    for (uint8_t cut = 0; cut < FLASH_CUTS; cut++) {
        for (uint64_t at = 1;; at++, runs++) {
            unsigned step = 0;
            start(NULL);
            device.random = at;
            assert_int_equal(set("device", "device", "kiosk"), EAR_OK);
            device.cut_at = device.operations + at;
            device.cut = cut;
            while (step < 60 && set("device", "tenant", values[step % 5]) == EAR_OK && !device.off) {
                step++;
            }
            if (!device.off) {
                break;
            }
            const char *former = step > 0 ? values[(step - 1) % 5] : "default";
            assert_true(step == 60 || strcmp(settings.device_tenant, former) == 0 ||
                        strcmp(settings.device_tenant, values[step % 5]) == 0);
            flash_power_on(&device);
            assert_int_equal(open_store(), EAR_OK);
            assert_string_equal(settings.device_device, "kiosk");
            assert_true(strcmp(settings.device_tenant, former) == 0 ||
                        strcmp(settings.device_tenant, values[step % 5]) == 0);
            assert_int_equal(set("device", "tenant", "after"), EAR_OK);
        }
    }
    assert_true(runs > 800);
}

/* Each call of the port fails in turn, and so do all after it. */
static void test_what_cannot_be_read_is_told(void **state)
{
    needs(STORAGE);
    enum ear_err err = EAR_ERR_IO;
    for (uint64_t at = 1; err != EAR_OK; at++) {
        (void)start(state);
        assert_int_equal(set("device", "device", "kiosk-7"), EAR_OK);
        assert_int_equal(set("device", "tenant", "acme"), EAR_OK);
        device.fail_at = device.calls + at;
        device.fail_for_good = true;
        err = open_store();
        assert_true(err == EAR_OK || (err == EAR_ERR_IO && store.kept.storage == NULL));
        if (err != EAR_OK) {
            assert_int_equal(set("device", "device", "other"), EAR_ERR_IO);
        }
    }
    assert_string_equal(settings.device_device, "kiosk-7");
}

/* Of a table whose names or values are longer than what is kept, such a setting is refused; others are not. */
static void test_a_table_of_long_names(void **state)
{
    (void)state;
    needs(STORAGE);
    static char longest[EAR_SETTINGS_STORE_BYTES + 1], longer[EAR_KEPT_KEY_BYTES + 1],
        value[EAR_SETTINGS_STORE_BYTES - 1];
    memset(longest, 's', sizeof longest - 1);
    memset(longer, 'n', sizeof longer - 1);
    memset(value, 'v', sizeof value - 1);
    struct own {
        char text[EAR_SETTINGS_STORE_BYTES];
    } own = {""};
    const struct ear_setting proto = {.section = "a",
                                      .name = "b",
                                      .initial = "",
                                      .unit = "",
                                      .help = "",
                                      .max = sizeof value,
                                      .type = EAR_SETTING_TEXT};
    struct ear_setting items[4] = {proto, proto, proto, proto};
    items[0].section = longest;
    items[1].name = longest;
    items[2].name = longer;
    const struct ear_setting_table table = {items, 4, sizeof own};
    const struct ear_settings_target targets[] = {{&table, &own}};
    assert_int_equal(ear_settings_store_open(&store, &flash.port, targets, 1), EAR_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(set(items[i].section, items[i].name, "x"), EAR_ERR_TOO_LONG);
    }
    assert_int_equal(set("a", "b", value), EAR_ERR_TOO_LONG);
    assert_string_equal(own.text, "");
    assert_int_equal(set("a", "b", "short"), EAR_OK);
    assert_string_equal(own.text, "short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_set_lasts, start),
        cmocka_unit_test_setup(test_the_default_is_not_kept, start),
        cmocka_unit_test_setup(test_what_is_wrong_changes_nothing, start),
        cmocka_unit_test_setup(test_storage_that_cannot_be_written_changes_nothing, start),
        cmocka_unit_test_setup(test_without_storage_nothing_can_be_set, start),
        cmocka_unit_test_setup(test_what_another_build_kept_is_passed_over, start),
        cmocka_unit_test_setup(test_full_says_so, start),
        cmocka_unit_test(test_a_cut_leaves_the_former_or_the_new),
        cmocka_unit_test_setup(test_what_cannot_be_read_is_told, start),
        cmocka_unit_test_setup(test_a_table_of_long_names, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
