/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/test_ear_agent_pack_image.c - packs of the image and of the store that cannot be put to work, and storage
 * of packs that cannot be opened: what is refused is told, and the rest works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/ear_rules_body.h"
#include "tests/support/kiosk.h"
#include "tests/support/make_pack.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 512u
#define SLOT_SECTORS 4u

static struct pack_bytes file;
static struct pack_bytes bytes_of[EAR_PACKS + 2];
static struct ear_pack_image images[EAR_PACKS + 2];
static struct ear_pack_fault fault;

/* ---- those of the image ---- */

static void add_bytes(const void *bytes, size_t length)
{
    struct pack_bytes *to = &bytes_of[config.pack_image_count];

    to->length = 0;
    pack_bytes_add(to, bytes, length);
    images[config.pack_image_count++] = (struct ear_pack_image){to->bytes, (uint32_t)to->length};
}

static void add_image(const struct pack_manifest *manifest)
{
    struct pack_bytes bytes = {0};

    pack_write_manifest(&bytes, manifest);
    add_bytes(bytes.bytes, bytes.length);
    pack_bytes_free(&bytes);
}

static void add_named(const char *name, uint32_t counter)
{
    const struct pack_manifest manifest = small_manifest(name, counter);

    add_image(&manifest);
}

/* ---- those that come ---- */

static bool install(const char *name, uint32_t counter)
{
    const struct pack_manifest manifest = small_manifest(name, counter);

    file.length = 0;
    sign_pack(&file, &manifest, FAKE_KEY);
    return ear_agent_pack_begin(&agent, name, (uint32_t)file.length, &fault) &&
           ear_agent_pack_write(&agent, 0, file.bytes, (uint32_t)file.length, &fault) &&
           ear_agent_pack_finish(&agent, &fault);
}

/* ---- what is at work ---- */

static bool find(const char *name, struct ear_agent_pack_info *info)
{
    for (unsigned i = 0; ear_agent_pack_at(&agent, i, info); i++) {
        if (strcmp(info->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_at_work(const char *name, uint32_t counter)
{
    struct ear_agent_pack_info info;

    return find(name, &info) && info.at_work && info.counter == counter && ear_host_find(&agent.host, name) >= 0;
}

static void assert_refused(uint32_t count, enum ear_pack_refusal reason, const char *name)
{
    struct ear_status status;

    ear_agent_status(&agent, &status);
    assert_int_equal(agent.packs.refused, count);
    assert_string_equal(ear_pack_refusal_name((enum ear_pack_refusal)status.refused_reason),
                        ear_pack_refusal_name(reason));
    assert_string_equal(status.refused_name, name);
}

/* ---- plugins that are in the way ---- */

static int act(const struct ear_plugin_call *call)
{
    (void)call;
    return 0;
}

static char plugin_names[EAR_PLUGINS][16];
static unsigned plugins_to_add;

static void add_plugins(void *context, struct ear_host *host)
{
    struct ear_plugin plugin = {EAR_PLUGIN_HEADER,
                                .version = "1",
                                .questions = EAR_ASK_BIT(EAR_ASK_SENTIMENT),
                                .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                .budget_us = 1000,
                                .on_turn = act};
    (void)context;
    for (unsigned i = 0; i < plugins_to_add; i++) {
        snprintf(plugin_names[i], sizeof plugin_names[i], "own_%u", i);
        plugin.name = plugin_names[i];
        assert_int_equal(ear_host_add(host, &plugin, EAR_RANK_NATIVE), EAR_REFUSAL_NONE);
    }
}

static unsigned errors;

static void count_errors(void *context, enum ear_log_level level, const char *message, const char *detail,
                         int64_t number)
{
    (void)context;
    (void)message;
    (void)detail;
    (void)number;
    errors += level == EAR_LOG_ERROR ? 1u : 0u;
}

static int begin(void **state)
{
    (void)set_up(state);
    fake_storage_init(&outbox_flash, SECTOR_BYTES, (2u * EAR_PACKS + 1u) * SLOT_SECTORS);
    config.outbox = (struct ear_storage){0};
    config.packs = outbox_flash.port;
    config.signature = fake_signature;
    config.pack_images = images;
    config.add_plugins = add_plugins;
    config.log.line = count_errors;
    plugins_to_add = 0;
    errors = 0;
    power_on();
    return 0;
}

static int end(void **state)
{
    (void)state;
    pack_bytes_free(&file);
    for (size_t i = 0; i < EAR_COUNT_OF(bytes_of); i++) {
        pack_bytes_free(&bytes_of[i]);
    }
    assert_int_equal(outbox_flash.broken_rules, 0);
    return 0;
}

/* ---- tests ---- */

/* One that is no pack, one whose engine this program does not have, and a good one behind them. */
static void test_a_bad_image_does_not_stop_the_next(void **state)
{
    (void)state;
    struct pack_manifest other = small_manifest("other", 3);
    other.engine_version++;
    add_bytes("\xa1\x01", 2);
    add_image(&other);
    add_named("tags", 4);
    power_on();
    assert_true(is_at_work("tags", 4));
    assert_true(ear_host_find(&agent.host, "other") < 0);
    assert_refused(2, EAR_PACK_REFUSAL_ENGINE_VERSION, "other");
    struct ear_agent_pack_info info;
    assert_false(find("other", &info));
}

/* More than there is room for: the first ones work. */
static void test_more_images_than_places(void **state)
{
    (void)state;
    char name[] = "pack_a";
    for (unsigned i = 0; i < EAR_PACKS; i++, name[5]++) {
        add_named(name, 1);
    }
    add_named("toomany", 1);
    power_on();
    assert_refused(1, EAR_PACK_REFUSAL_FULL, "toomany");
    assert_true(ear_host_find(&agent.host, "toomany") < 0);
    while (name[5]-- > 'a') {
        assert_true(is_at_work(name, 1));
    }
}

/* A pack of rules is asked last, wherever it came from. */
static void test_rules_of_the_image_are_asked_last(void **state)
{
    (void)state;
    needs(RULES_ENGINE);
    static const uint8_t no_rules[EAR_RULES_HEAD_BYTES] = {0};
    struct pack_manifest rules = small_manifest("rules", 1);
    rules.engine = EAR_ENGINE_RULES;
    rules.engine_version = EAR_RULES_VERSION;
    rules.body = no_rules;
    rules.body_bytes = sizeof no_rules;
    add_image(&rules);
    add_named("tags", 1);
    power_on();
    assert_true(is_at_work("rules", 1) && is_at_work("tags", 1));
    assert_int_equal(agent.host.plugins[ear_host_find(&agent.host, "rules")].rank, EAR_RANK_RULES);
    assert_int_equal(agent.host.plugins[ear_host_find(&agent.host, "tags")].rank, EAR_RANK_BUILT_IN);
    assert_int_equal(agent.host.order[agent.host.loaded - 1], ear_host_find(&agent.host, "rules"));
}

/* An update of the program brings a plugin of a pack's name: the plugin works, the pack is told with its reason, and
 * comes back when the plugin has gone. */
static void test_a_plugin_takes_the_name_of_a_pack(void **state)
{
    (void)state;
    needs(STORAGE);
    struct ear_agent_pack_info info;
    assert_true(install("own_0", 7));
    assert_true(is_at_work("own_0", 7));
    add_named("own_1", 1);
    plugins_to_add = 2;
    power_on();
    assert_refused(2, EAR_PACK_REFUSAL_HOST, "own_1");
    assert_true(find("own_0", &info));
    assert_false(info.at_work);
    assert_int_equal(info.refusal, EAR_PACK_REFUSAL_HOST);
    assert_int_equal(info.counter, 7);
    assert_false(find("own_1", &info));
    assert_true(ear_host_find(&agent.host, "own_0") >= 0 && ear_host_find(&agent.host, "own_1") >= 0);
    plugins_to_add = 0;
    power_on();
    assert_true(is_at_work("own_0", 7));
    assert_true(is_at_work("own_1", 1));
    assert_int_equal(agent.packs.refused, 0);
}

static uint8_t key_that_is_gone;

static enum ear_err verify(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64])
{
    return key_id != NULL && key_id[0] == key_that_is_gone
               ? EAR_ERR_EMPTY
               : fake_signature.verify(context, key_id, key_id_bytes, bytes, signature);
}

/* The key of the last good one is gone when it is returned to: none is at work, and why is told. */
static void test_a_last_good_one_whose_key_is_gone(void **state)
{
    (void)state;
    needs(STORAGE);
    const struct pack_manifest newer = small_manifest("tags", 2);
    struct ear_agent_pack_info info;
    key_that_is_gone = 0;
    config.signature.verify = verify;
    power_on();
    assert_true(install("tags", 1));
    file.length = 0;
    sign_pack(&file, &newer, FAKE_KEY_OTHER);
    assert_true(ear_agent_pack_begin(&agent, "tags", (uint32_t)file.length, &fault) &&
                ear_agent_pack_write(&agent, 0, file.bytes, (uint32_t)file.length, &fault) &&
                ear_agent_pack_finish(&agent, &fault));
    key_that_is_gone = FAKE_KEY;
    assert_true(is_at_work("tags", 2));
    assert_int_equal(ear_agent_pack_roll_back(&agent, "tags"), EAR_OK);
    assert_int_equal(agent.packs.rolled_back, 1);
    assert_refused(1, EAR_PACK_REFUSAL_KEY, "tags");
    assert_true(find("tags", &info));
    assert_false(info.at_work);
    assert_int_equal(info.refusal, EAR_PACK_REFUSAL_KEY);
    assert_int_equal(info.counter, 1);
    assert_true(ear_host_find(&agent.host, "tags") < 0);
    key_that_is_gone = 0;
    power_on();
    assert_true(is_at_work("tags", 1));
}

/* Plugins may leave no room for a pack: that is said before anything of it comes. */
static void test_plugins_leave_no_room(void **state)
{
    (void)state;
    needs(STORAGE);
    plugins_to_add = EAR_PLUGINS;
    power_on();
    const uint32_t erases = outbox_flash.erases;
    assert_false(install("tags", 1));
    assert_refused(1, EAR_PACK_REFUSAL_FULL, "tags");
    assert_int_equal(outbox_flash.erases, erases);
    plugins_to_add = EAR_PLUGINS - 1;
    power_on();
    assert_true(install("tags", 1));
    assert_true(is_at_work("tags", 1));
}

/* A partition that is too small is done without: no pack comes, those of the image work. */
static void test_storage_of_packs_that_cannot_be_opened(void **state)
{
    (void)state;
    needs(STORAGE);
    uint32_t written = 1, expected = 1;
    assert_true(install("mine", 1));
    add_named("tags", 4);
    config.packs.sector_count = 2u * EAR_PACKS;
    power_on();
    assert_int_equal(errors, 1);
    assert_true(is_at_work("tags", 4));
    assert_true(ear_host_find(&agent.host, "mine") < 0);
    assert_false(install("tags", 5));
    assert_refused(1, EAR_PACK_REFUSAL_STORAGE, "tags");
    assert_null(ear_agent_pack_coming(&agent, &written, &expected));
    assert_int_equal(expected, 0);
    assert_false(ear_agent_pack_finish(&agent, &fault));
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_SIZE);
    config.packs = outbox_flash.port;
    power_on();
    assert_true(is_at_work("mine", 1) && is_at_work("tags", 4));
}

/* An older one than the image's comes, and each call of storage fails in turn while it does: the image's works on, now
 * and after a restart, and a newer one can still come. */
static void test_an_older_one_and_storage_that_fails(void **state)
{
    needs(STORAGE);
    bool failed = true;

    for (uint32_t n = 1; failed; n++) {
        assert_int_equal(begin(state), 0);
        add_named("tags", 5);
        power_on();
        fake_storage_power_on(&outbox_flash);
        outbox_flash.fail_at = n;
        outbox_flash.fail_for_good = n % 2 == 0;
        assert_false(install("tags", 4));
        assert_true(fault.reason == EAR_PACK_REFUSAL_COUNTER || fault.reason == EAR_PACK_REFUSAL_STORAGE ||
                    fault.reason == EAR_PACK_REFUSAL_CHECKSUM);
        assert_true(is_at_work("tags", 5));
        failed = outbox_flash.reads + outbox_flash.programs + outbox_flash.erases + outbox_flash.syncs >= n;
        fake_storage_power_on(&outbox_flash);
        power_on();
        assert_true(is_at_work("tags", 5));
        assert_true(install("tags", 6));
        assert_true(is_at_work("tags", 6));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_bad_image_does_not_stop_the_next),     TEST(test_more_images_than_places),
        TEST(test_rules_of_the_image_are_asked_last),      TEST(test_a_plugin_takes_the_name_of_a_pack),
        TEST(test_a_last_good_one_whose_key_is_gone),      TEST(test_plugins_leave_no_room),
        TEST(test_storage_of_packs_that_cannot_be_opened), TEST(test_an_older_one_and_storage_that_fails),
    };
    return run_where(EAR_ENABLED(PHRASES_ENGINE), tests);
}
