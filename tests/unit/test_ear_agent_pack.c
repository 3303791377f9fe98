/* SPDX-License-Identifier: Apache-2.0 */
/* Packs that come to a running agent, are at work, are replaced, go, and come back after a restart. Storage is what the
 * outbox has elsewhere: no summary is told here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ear_agent_parts.h"
#include "tests/support/kiosk.h"
#include "tests/support/make_pack.h"
#include "tests/support/needs.h"
#include "tools/pack/phrases_compile.h"

#define SECTOR_BYTES 512u
#define SLOT_SECTORS 4u

static struct pack_bytes file;
static struct ear_pack_fault fault;
static unsigned people;

/* ---- a check of signatures that fails to run ---- */

static unsigned checks, checks_fail_from, checks_fail_to;

static enum ear_err verify_or_fail(void *context, const uint8_t *key_id, uint16_t key_id_bytes,
                                   const struct ear_signed *bytes, const uint8_t signature[64])
{
    checks++;
    return checks >= checks_fail_from && checks <= checks_fail_to
               ? EAR_ERR_IO
               : fake_signature.verify(context, key_id, key_id_bytes, bytes, signature);
}

static void fail_checks(unsigned from, unsigned to)
{
    checks = 0;
    checks_fail_from = from;
    checks_fail_to = to;
}

/* ---- packs ---- */

/* A manifest of tags whose body finds "parcel" (label one) and its word (label two). Free body->bytes. */
static struct pack_manifest manifest_of(const char *name, uint32_t counter, const char *word, struct pack_bytes *body)
{
    struct pack_manifest manifest = small_manifest(name, counter);
    struct phrases phrases = {0};
    char why[PHRASE_FAULT_BYTES];
    const struct phrase one = {.label = 0, .weight = 1000, .line = 1};
    const struct phrase two = {.label = 1, .weight = 1000, .line = 2};

    assert_true(phrases_add(&phrases, &one, "parcel", why) && phrases_add(&phrases, &two, word, why));
    assert_true(phrases_build(&phrases, body));
    phrases_free(&phrases);
    manifest.body = body->bytes;
    manifest.body_bytes = body->length;
    return manifest;
}

/* Into `file`, signed. */
static void write_pack(const char *name, uint32_t counter, const char *word)
{
    struct pack_bytes body = {0};
    const struct pack_manifest manifest = manifest_of(name, counter, word, &body);

    file.length = 0;
    sign_pack(&file, &manifest, FAKE_KEY);
    pack_bytes_free(&body);
}

static bool send_as(const char *name, uint32_t piece)
{
    if (!ear_agent_pack_begin(&agent, name, (uint32_t)file.length, &fault)) {
        return false;
    }
    for (uint32_t at = 0; at < file.length; at += piece) {
        const uint32_t step = file.length - at < piece ? (uint32_t)file.length - at : piece;
        if (!ear_agent_pack_write(&agent, at, file.bytes + at, step, &fault)) {
            return false;
        }
    }
    return ear_agent_pack_finish(&agent, &fault);
}

static bool install(const char *name, uint32_t counter, const char *word)
{
    write_pack(name, counter, word);
    return send_as(name, 100);
}

static void assert_refused(bool taken, enum ear_pack_refusal reason, const char *name)
{
    struct ear_status status;

    assert_false(taken);
    assert_string_equal(ear_pack_refusal_name((enum ear_pack_refusal)fault.reason), ear_pack_refusal_name(reason));
    ear_agent_status(&agent, &status);
    assert_int_equal(status.refused_reason, reason);
    assert_string_equal(status.refused_name, name);
}

/* ---- what is at work ---- */

/* Whether a message with this word bears the tag. */
static bool is_tagged(const char *word, const char *tag)
{
    char conversation[] = "talk-0000";
    const int64_t before = row_total(EAR_NUMBER_tags, tag, 0);

    people++;
    conversation[5] = (char)('0' + people / 100 % 10);
    conversation[6] = (char)('0' + people / 10 % 10);
    conversation[7] = (char)('0' + people % 10);
    struct ear_event event = message_of(conversation, EAR_FROM_USER, NOON_MS);
    WITH(event, text, str(word));
    hear(&event);
    return row_total(EAR_NUMBER_tags, tag, 0) == before + 1;
}

static struct ear_agent_pack_info the_pack(void)
{
    struct ear_agent_pack_info info, other;

    assert_true(ear_agent_pack_at(&agent, 0, &info));
    assert_false(ear_agent_pack_at(&agent, 1, &other));
    return info;
}

static struct ear_host_plugin *plugin_of(const char *name)
{
    const int32_t place = ear_host_find(&agent.host, name);

    assert_true(place >= 0);
    return &agent.host.plugins[place];
}

static int begin(void **state)
{
    (void)set_up(state);
    fake_storage_init(&outbox_flash, SECTOR_BYTES, (2u * EAR_PACKS + 1u) * SLOT_SECTORS);
    config.outbox = (struct ear_storage){0};
    config.packs = outbox_flash.port;
    config.signature = fake_signature;
    people = 0;
    power_on();
    return 0;
}

static int end(void **state)
{
    (void)state;
    pack_bytes_free(&file);
    assert_int_equal(outbox_flash.broken_rules, 0);
    return 0;
}

/* ---- coming ---- */

static void test_a_pack_works_at_once_and_after_a_restart(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_false(is_tagged("voucher", "two"));
    assert_true(install("tags", 1, "voucher"));
    assert_true(is_tagged("my VOUCHER please", "two"));
    const struct ear_agent_pack_info info = the_pack();
    assert_string_equal(info.name, "tags");
    assert_true(info.at_work && info.installed && !info.has_last_good && !info.quarantined);
    assert_int_equal(info.counter, 1);
    assert_int_equal(info.engine, EAR_ENGINE_PHRASES);
    assert_int_equal(info.question, EAR_ASK_TAG);
    assert_int_equal(info.calls, 1);
    power_on(); /* nothing was shut down */
    assert_true(is_tagged("voucher", "two"));
    assert_int_equal(agent.packs.refused, 0);
}

static void test_pieces_of_any_size(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    for (uint32_t piece = 1; piece < 9; piece++) {
        write_pack("tags", piece, "voucher");
        assert_true(send_as("tags", piece));
    }
    write_pack("tags", 9, "coupon");
    assert_true(send_as("tags", (uint32_t)file.length));
    assert_true(is_tagged("coupon", "two"));
}

static void test_an_interrupted_one_goes_on(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    uint32_t written = 1, expected = 1;
    assert_null(ear_agent_pack_coming(&agent, &written, &expected));
    assert_int_equal(expected, 0);
    write_pack("tags", 1, "voucher");
    assert_true(ear_agent_pack_begin(&agent, "tags", (uint32_t)file.length, &fault));
    assert_true(ear_agent_pack_write(&agent, 0, file.bytes, 33, &fault));
    assert_string_equal(ear_agent_pack_coming(&agent, &written, &expected), "tags");
    assert_int_equal(written, 33);
    assert_int_equal(expected, file.length);
    assert_true(ear_agent_pack_write(&agent, 10, file.bytes + 10, 20, &fault)); /* seen */
    assert_true(ear_agent_pack_write(&agent, 33, file.bytes + 33, (uint32_t)file.length - 33, &fault));
    assert_true(ear_agent_pack_finish(&agent, &fault));
    assert_null(ear_agent_pack_coming(&agent, &written, &expected));
    assert_true(is_tagged("voucher", "two"));
}

static void test_a_newer_one_replaces(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    const uint16_t plugins = agent.host.loaded;
    for (uint32_t counter = 1; counter <= 5; counter++) {
        assert_true(install("tags", counter, counter % 2 ? "voucher" : "coupon"));
        assert_int_equal(is_tagged("voucher", "two"), counter % 2);
        assert_int_equal(is_tagged("coupon", "two"), counter % 2 == 0);
        assert_int_equal(agent.host.loaded, plugins + 1);
    }
    assert_int_equal(the_pack().last_good, 4);
    assert_int_equal(agent.packs.taken, 5);
}

static void test_the_same_one_changes_nothing(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_true(install("tags", 1, "coupon"));
    assert_true(install("tags", 2, "voucher"));
    assert_true(is_tagged("voucher", "two"));
    assert_true(send_as("tags", 100));
    assert_int_equal(the_pack().calls, 1); /* it is the same plugin */
    assert_int_equal(the_pack().last_good, 1);
}

static void test_conversations_go_on(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_true(install("tags", 1, "voucher"));
    speak("long", EAR_FROM_USER, NOON_MS);
    agent.memory.conversations.items[0].plugin_state[0] = 77; /* a linked plugin's */
    const uint32_t fingerprint = ear_host_fingerprint(&agent.host);
    assert_true(install("tags", 2, "coupon"));
    assert_int_equal(agent.memory.conversations.items[0].plugin_state[0], 77);
    assert_int_equal(ear_host_fingerprint(&agent.host), fingerprint);
}

/* ---- refused ---- */

static void test_what_is_refused_changes_nothing(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    struct pack_bytes body = {0};
    assert_true(install("tags", 3, "refund"));
    assert_true(install("tags", 5, "voucher"));
    struct pack_manifest manifest = manifest_of("tags", 6, "coupon", &body);

    file.length = 0;
    pack_write_manifest(&file, &manifest);
    assert_refused(send_as("tags", 64), EAR_PACK_REFUSAL_ENVELOPE, "tags");
    file.length = 0;
    sign_pack(&file, &manifest, FAKE_KEY_UNKNOWN);
    assert_refused(send_as("tags", 64), EAR_PACK_REFUSAL_KEY, "tags");
    write_pack("tags", 6, "coupon");
    file.bytes[file.length / 2] ^= 1;
    assert_refused(send_as("tags", 64), EAR_PACK_REFUSAL_SIGNATURE, "tags");
    assert_refused(install("tags", 4, "coupon"), EAR_PACK_REFUSAL_COUNTER, "tags");
    assert_refused(install("tags", 5, "coupon"), EAR_PACK_REFUSAL_COUNTER, "tags");
    write_pack("tags", 6, "coupon");
    assert_refused(send_as("other", 64), EAR_PACK_REFUSAL_NAME, "other");
    assert_refused(send_as("Not\nA\xffName", 64), EAR_PACK_REFUSAL_NAME, "");
    assert_refused(ear_agent_pack_begin(&agent, "tags", SECTOR_BYTES * SLOT_SECTORS, &fault), EAR_PACK_REFUSAL_SIZE,
                   "tags");
    assert_false(ear_agent_pack_finish(&agent, &fault)); /* nothing was coming: no pack is refused by that */
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_SIZE);
    assert_false(ear_agent_pack_write(&agent, 0, "x", 1, &fault));
    assert_int_equal(fault.reason, EAR_PACK_REFUSAL_SIZE);
    manifest.engine_version++;
    file.length = 0;
    sign_pack(&file, &manifest, FAKE_KEY);
    assert_refused(send_as("tags", 64), EAR_PACK_REFUSAL_ENGINE_VERSION, "tags");
    manifest.engine_version--;
    manifest.body_bytes--;
    file.length = 0;
    sign_pack(&file, &manifest, FAKE_KEY);
    assert_refused(send_as("tags", 64), EAR_PACK_REFUSAL_BODY, "tags");
    pack_bytes_free(&body);

    assert_int_equal(agent.packs.refused, 10);
    assert_int_equal(agent.packs.taken, 2);
    assert_true(is_tagged("voucher", "two"));
    power_on();
    assert_true(is_tagged("voucher", "two"));
    assert_int_equal(the_pack().counter, 5);
    assert_int_equal(the_pack().last_good, 3); /* and it can still be gone back to */
    assert_int_equal(ear_agent_pack_roll_back(&agent, "tags"), EAR_OK);
    assert_int_equal(the_pack().counter, 3);
    assert_true(is_tagged("refund", "two"));
}

/* A signature that nobody could look at is neither right nor wrong: the same file may be sent again. */
static void test_a_check_that_does_not_run_burns_no_counter(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    config.signature.verify = verify_or_fail;
    fail_checks(1, 1);
    assert_true(install("tagger", 1, "refund"));
    for (unsigned first = 1; first <= 2; first++) { /* before it is in use, and after */
        write_pack("tagger", 1 + first, "voucher");
        fail_checks(first, 1000);
        assert_refused(send_as("tagger", 100), EAR_PACK_REFUSAL_STORAGE, "tagger");
        fail_checks(first, first); /* once does no harm */
        assert_true(send_as("tagger", 100));
        power_on();
        struct ear_agent_pack_info info;
        assert_true(ear_agent_pack_at(&agent, 0, &info) && info.at_work);
        assert_int_equal(info.counter, 1 + first);
    }
}

static void test_without_keys_or_storage_none_comes(void **state)
{
    (void)state;
    needs(STORAGE);
    write_pack("tags", 1, "voucher");
    config.signature = (struct ear_signature){0};
    power_on();
    assert_refused(send_as("tags", 64), EAR_PACK_REFUSAL_KEY, "tags");
    config.signature = fake_signature;
    config.packs = (struct ear_storage){0};
    power_on();
    assert_refused(send_as("tags", 64), EAR_PACK_REFUSAL_STORAGE, "tags");
    assert_false(ear_agent_pack_write(&agent, 0, "x", 1, &fault));
    assert_int_equal(ear_agent_pack_roll_back(&agent, "tags"), EAR_ERR_UNKNOWN);
    assert_int_equal(ear_agent_pack_remove(&agent, "tags"), EAR_ERR_UNKNOWN);
}

/* Keys that are gone take what they signed with them, and bring it back. */
static void test_a_pack_whose_key_is_gone_rests(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_true(install("tags", 3, "voucher"));
    config.signature = (struct ear_signature){0};
    power_on();
    assert_false(is_tagged("voucher", "two"));
    const struct ear_agent_pack_info info = the_pack();
    assert_false(info.at_work);
    assert_int_equal(info.refusal, EAR_PACK_REFUSAL_KEY);
    assert_string_equal(info.name, "tags");
    assert_int_equal(info.counter, 3);
    struct ear_status status;
    ear_agent_status(&agent, &status);
    assert_int_equal(status.pack_count, 1);
    assert_int_equal(status.packs[0].state, EAR_STATUS_PACK_REFUSED);
    assert_int_equal(status.packs[0].reason, EAR_PACK_REFUSAL_KEY);
    config.signature = fake_signature;
    power_on();
    assert_true(is_tagged("voucher", "two"));
}

static int act(const struct ear_plugin_call *call)
{
    (void)call;
    return 0;
}

static const struct ear_plugin linked = {EAR_PLUGIN_HEADER,
                                         .name = "linked",
                                         .version = "1",
                                         .questions = EAR_ASK_BIT(EAR_ASK_SENTIMENT),
                                         .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                         .state_size = 8,
                                         .budget_us = 1000,
                                         .on_turn = act};

static void add_linked(void *context, struct ear_host *host)
{
    (void)ear_host_add(host, context, EAR_RANK_NATIVE);
}

static void test_a_plugins_name_is_not_a_packs(void **state)
{
    (void)state;
    needs(STORAGE);
    config.add_plugins = add_linked;
    config.add_context = (void *)(uintptr_t)&linked;
    power_on();
    const uint32_t fingerprint = agent.memory.plugins_fingerprint;
    const uint32_t erases = outbox_flash.erases;
    assert_refused(install("linked", 1, "voucher"), EAR_PACK_REFUSAL_HOST, "linked");
    assert_int_equal(outbox_flash.erases, erases); /* before anything of it came */
    assert_int_equal(ear_agent_save(&agent), EAR_OK);
    power_on();
    assert_int_equal(agent.memory.plugins_fingerprint, fingerprint); /* its state lasts */
    assert_true(ear_host_find(&agent.host, "linked") >= 0);
}

static void test_a_full_device_says_so(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    char name[] = "pack_a";
    for (unsigned i = 0; i < EAR_PACKS; i++, name[5]++) {
        assert_true(install(name, 1, "voucher"));
    }
    assert_refused(install(name, 1, "voucher"), EAR_PACK_REFUSAL_FULL, name);
    assert_true(install("pack_a", 2, "coupon")); /* one that is there still can */
    struct ear_status status;
    ear_agent_status(&agent, &status);
    assert_int_equal(status.pack_count, EAR_PACKS);
    static uint8_t bytes[EAR_STATUS_BYTES];
    assert_true(ear_status_encode(&status, bytes, sizeof bytes) > 0);
}

/* ---- going ---- */

static void test_a_rollback_returns_to_the_last_good_one(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_int_equal(ear_agent_pack_roll_back(&agent, "tags"), EAR_ERR_UNKNOWN);
    assert_true(install("tags", 1, "voucher"));
    assert_true(install("tags", 2, "coupon"));
    assert_int_equal(ear_agent_pack_roll_back(&agent, "tags"), EAR_OK);
    assert_true(is_tagged("voucher", "two"));
    assert_refused(install("tags", 2, "coupon"), EAR_PACK_REFUSAL_COUNTER, "tags");
    power_on();
    assert_true(is_tagged("voucher", "two"));
    assert_refused(install("tags", 2, "coupon"), EAR_PACK_REFUSAL_COUNTER, "tags");
    assert_true(install("tags", 3, "coupon"));
    assert_true(is_tagged("coupon", "two"));
}

static void test_a_removed_one_is_gone_for_good(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_true(install("tags", 1, "voucher"));
    assert_true(install("tags", 2, "voucher"));
    assert_int_equal(ear_agent_pack_remove(&agent, "tags"), EAR_OK);
    assert_false(is_tagged("voucher", "two"));
    assert_int_equal(ear_agent_pack_remove(&agent, "tags"), EAR_ERR_EMPTY);
    struct ear_agent_pack_info info;
    assert_false(ear_agent_pack_at(&agent, 0, &info));
    power_on();
    assert_false(is_tagged("voucher", "two"));
    assert_false(ear_agent_pack_at(&agent, 0, &info));
    assert_true(install("tags", 3, "voucher"));
}

/* ---- those of the image ---- */

static void test_the_image_brings_packs(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    struct pack_bytes body = {0}, image = {0};
    struct pack_manifest manifest = manifest_of("tags", 5, "voucher", &body);
    pack_write_manifest(&image, &manifest);
    const struct ear_pack_image images[] = {{image.bytes, (uint32_t)image.length}};
    config.pack_images = images;
    config.pack_image_count = 1;

    power_on();
    assert_true(is_tagged("voucher", "two"));
    assert_false(the_pack().installed);
    assert_int_equal(ear_agent_pack_roll_back(&agent, "tags"), EAR_ERR_UNKNOWN);
    assert_refused(install("tags", 4, "coupon"), EAR_PACK_REFUSAL_COUNTER, "tags"); /* older than the image's */
    assert_false(the_pack().installed);                                             /* and not kept either */
    assert_true(is_tagged("voucher", "two"));
    assert_true(install("tags", 6, "coupon"));
    assert_true(is_tagged("coupon", "two"));
    assert_true(the_pack().installed);
    power_on();
    assert_true(is_tagged("coupon", "two"));
    assert_int_equal(ear_agent_pack_remove(&agent, "tags"), EAR_OK); /* back to the image's */
    assert_true(is_tagged("voucher", "two"));
    assert_true(install("tags", 7, "coupon"));

    struct pack_bytes newer = {0}; /* an update of the program brings a newer one */
    manifest.counter = 8;
    pack_write_manifest(&newer, &manifest);
    const struct ear_pack_image updated[] = {{newer.bytes, (uint32_t)newer.length}};
    config.pack_images = updated;
    power_on();
    assert_true(is_tagged("voucher", "two"));
    struct ear_agent_pack_info info;
    assert_true(ear_agent_pack_at(&agent, 0, &info) && info.at_work && !info.installed && info.counter == 8);
    assert_true(ear_agent_pack_at(&agent, 1, &info) && !info.at_work && info.refusal == EAR_PACK_REFUSAL_COUNTER);
    assert_int_equal(agent.packs.refused, 0);
    pack_bytes_free(&body);
    pack_bytes_free(&image);
    pack_bytes_free(&newer);
}

static void test_what_a_shop_brought_is_asked_first(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    struct pack_bytes body = {0}, image = {0};
    struct pack_manifest manifest = manifest_of("tags", 5, "voucher", &body);
    pack_write_manifest(&image, &manifest);
    const struct ear_pack_image images[] = {{image.bytes, (uint32_t)image.length}};
    config.pack_images = images;
    config.pack_image_count = 1;
    power_on();
    assert_true(install("mine", 1, "coupon"));
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(plugin_of("mine")->rank, EAR_RANK_PACK);
        assert_int_equal(plugin_of("tags")->rank, EAR_RANK_BUILT_IN);
        power_on();
    }
    pack_bytes_free(&body);
    pack_bytes_free(&image);
}

static void test_a_broken_image_is_told(void **state)
{
    (void)state;
    static const uint8_t nonsense[] = {0xa1, 0x01};
    const struct ear_pack_image images[] = {{nonsense, sizeof nonsense}};
    config.pack_images = images;
    config.pack_image_count = 1;
    power_on();
    assert_int_equal(agent.packs.refused, EAR_RUNS_PACKS); /* without any engine none is looked at */
    if (EAR_RUNS_PACKS) {
        assert_int_equal(agent.packs.refused_fault.reason, EAR_PACK_REFUSAL_MANIFEST);
    }
}

/* ---- misbehaving ---- */

static void quarantine(uint32_t calls)
{
    struct ear_host_plugin *plugin = plugin_of("tags");

    plugin->quarantined = true;
    plugin->meter.quarantines++;
    plugin->meter.calls = calls;
    (void)ear_agent_tick(&agent);
}

static void test_a_young_one_that_misbehaves_is_given_up_at_once(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_true(install("tags", 1, "voucher"));
    assert_true(install("tags", 2, "coupon"));
    quarantine(EAR_PACK_YOUNG_CALLS - 1);
    assert_true(is_tagged("voucher", "two"));
    assert_int_equal(agent.packs.rolled_back, 1);
    assert_int_equal(the_pack().counter, 1);
    assert_false(the_pack().quarantined);
}

static void test_an_old_one_rests_twice_before(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_true(install("tags", 1, "voucher"));
    assert_true(install("tags", 2, "coupon"));
    for (int i = 1; i < EAR_PACK_QUARANTINES; i++) {
        quarantine(EAR_PACK_YOUNG_CALLS);
        assert_true(the_pack().quarantined);
        assert_false(is_tagged("coupon", "two"));
        fake_clock_pass(&wrist, EAR_PACK_REST_MS - 1);
        (void)ear_agent_tick(&agent);
        assert_true(the_pack().quarantined);
        fake_clock_pass(&wrist, 1);
        (void)ear_agent_tick(&agent);
        assert_false(the_pack().quarantined);
        assert_true(is_tagged("coupon", "two"));
        assert_int_equal(agent.packs.rolled_back, 0);
    }
    quarantine(EAR_PACK_YOUNG_CALLS);
    assert_true(is_tagged("voucher", "two"));
    assert_int_equal(agent.packs.rolled_back, 1);
}

static void test_one_that_cannot_be_rolled_back_stays_in_quarantine(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    assert_true(install("tags", 1, "voucher"));
    outbox_flash.fail_at = outbox_flash.reads + outbox_flash.programs + outbox_flash.erases + outbox_flash.syncs + 1;
    outbox_flash.fail_for_good = true;
    quarantine(1);
    assert_true(the_pack().quarantined);
    for (int i = 0; i < 10; i++) {
        fake_clock_pass(&wrist, EAR_PACK_REST_MS);
        (void)ear_agent_tick(&agent);
    }
    assert_true(the_pack().quarantined);
    assert_int_equal(agent.packs.rolled_back, 0);
}

static void test_one_of_the_image_is_set_aside_for_good(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    struct pack_bytes body = {0}, image = {0};
    const struct pack_manifest manifest = manifest_of("tags", 5, "voucher", &body);
    pack_write_manifest(&image, &manifest);
    const struct ear_pack_image images[] = {{image.bytes, (uint32_t)image.length}};
    config.pack_images = images;
    config.pack_image_count = 1;
    power_on();
    for (int i = 0; i < EAR_PACK_QUARANTINES; i++) {
        quarantine(1);
        fake_clock_pass(&wrist, EAR_PACK_REST_MS);
        (void)ear_agent_tick(&agent);
        assert_int_equal(the_pack().quarantined, i + 1 == EAR_PACK_QUARANTINES);
    }
    pack_bytes_free(&body);
    pack_bytes_free(&image);
}

/* ---- power ---- */

/* Power goes at each program and erase of an install in turn: the former pack or the new one is at work, never none. */
static void test_a_cut_of_power_leaves_one_at_work(void **state)
{
    needs(PHRASES_ENGINE);
    needs(STORAGE);
    bool taken = false;

    for (uint32_t cut = 1; !taken; cut++) {
        begin(state);
        assert_true(install("tags", 1, "voucher"));
        fake_storage_power_on(&outbox_flash);
        outbox_flash.cut_at = cut;
        outbox_flash.cut = (enum fake_cut)(cut % FAKE_CUT_COUNT);
        outbox_flash.lose_unsynced = true;
        taken = install("tags", 2, "coupon");
        assert_int_equal(is_tagged("coupon", "two"), taken); /* what was said is so */
        fake_storage_power_on(&outbox_flash);
        power_on();
        const bool coupon = is_tagged("coupon", "two");
        assert_true(coupon || is_tagged("voucher", "two"));
        assert_true(coupon || !taken);
        assert_true(install("tags", 3, "refund"));
        assert_true(is_tagged("refund", "two"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pack_works_at_once_and_after_a_restart),
        TEST(test_pieces_of_any_size),
        TEST(test_an_interrupted_one_goes_on),
        TEST(test_a_newer_one_replaces),
        TEST(test_the_same_one_changes_nothing),
        TEST(test_conversations_go_on),
        TEST(test_what_is_refused_changes_nothing),
        TEST(test_a_check_that_does_not_run_burns_no_counter),
        TEST(test_without_keys_or_storage_none_comes),
        TEST(test_a_pack_whose_key_is_gone_rests),
        TEST(test_a_plugins_name_is_not_a_packs),
        TEST(test_a_full_device_says_so),
        TEST(test_a_rollback_returns_to_the_last_good_one),
        TEST(test_a_removed_one_is_gone_for_good),
        TEST(test_the_image_brings_packs),
        TEST(test_what_a_shop_brought_is_asked_first),
        TEST(test_a_broken_image_is_told),
        TEST(test_a_young_one_that_misbehaves_is_given_up_at_once),
        TEST(test_an_old_one_rests_twice_before),
        TEST(test_one_that_cannot_be_rolled_back_stays_in_quarantine),
        TEST(test_one_of_the_image_is_set_aside_for_good),
        TEST(test_a_cut_of_power_leaves_one_at_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
