/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/ear_engine.h"
#include "tests/support/make_pack.h"
#include "tests/support/needs.h"

static struct pack_bytes payload;
static struct pack_manifest manifest;
static struct ear_model model;
static struct ear_model_turn turn;
static struct ear_pack_fault fault;

static int start(void **state)
{
    (void)state;
    manifest = small_manifest("alpha", 7);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    pack_bytes_free(&payload);
    return 0;
}

static bool open_model(void)
{
    payload.length = 0;
    pack_write_manifest(&payload, &manifest);
    return ear_model_open(&model, payload.bytes, (uint32_t)payload.length, &turn, &fault);
}

static void expect(enum ear_pack_refusal reason, unsigned key)
{
    assert_false(open_model());
    assert_int_equal(fault.reason, reason);
    assert_int_equal(fault.key, key);
    (void)start(NULL);
}

static void test_engines_are_whole_and_told_apart(void **state)
{
    (void)state;
    for (const struct ear_engine *const *engine = ear_engines; *engine != NULL; engine++) {
        assert_true((*engine)->id >= EAR_ENGINE_LINEAR && (*engine)->id <= EAR_ENGINE_RULES);
        assert_non_null((*engine)->name);
        assert_non_null((*engine)->check);
        assert_non_null((*engine)->on_turn);
        for (const struct ear_engine *const *other = ear_engines; other != engine; other++) {
            assert_int_not_equal((*engine)->id, (*other)->id);
            assert_string_not_equal((*engine)->name, (*other)->name);
        }
    }
}

static void test_a_pack_becomes_a_model(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    assert_true(open_model());
    assert_int_equal(model.engine->id, EAR_ENGINE_PHRASES);
    assert_ptr_equal(model.turn, &turn);
    assert_string_equal(model.pack.name, "alpha");
}

static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static void test_a_model_is_a_plugin(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    static struct ear_host host;
    static const char *const three[] = {"neutral", "positive", "negative"};
    const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};
    ear_host_init(&host, NULL, 0, &ticks);
    assert_true(open_model());
    struct ear_plugin plugin = ear_model_plugin(&model);
    assert_int_equal(ear_host_add(&host, &plugin, EAR_RANK_PACK), EAR_REFUSAL_NONE);
    assert_int_equal(plugin.label_count, 2);
    assert_string_equal(plugin.label(plugin.data, 1), "two");
    assert_int_equal(plugin.questions, EAR_ASK_BIT(EAR_ASK_TAG));
    assert_ptr_equal(plugin.data, &model);

    ear_host_init(&host, NULL, 0, &ticks);
    manifest = small_manifest("beta", 1); /* labels of sentiment are the contract's */
    manifest.question = EAR_ASK_SENTIMENT;
    manifest.labels = three;
    manifest.label_count = 3;
    assert_true(open_model());
    plugin = ear_model_plugin(&model);
    assert_int_equal(ear_host_add(&host, &plugin, EAR_RANK_PACK), EAR_REFUSAL_NONE);
    assert_int_equal(plugin.label_count, 0);
    assert_null(plugin.label);
}

static void test_refusals(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    manifest.engine = 0;
    expect(EAR_PACK_REFUSAL_ENGINE, EAR_PACK_KEY_ENGINE);
    manifest.engine = 4;
    expect(EAR_PACK_REFUSAL_ENGINE, EAR_PACK_KEY_ENGINE);
    manifest.engine_version = 0;
    expect(EAR_PACK_REFUSAL_ENGINE_VERSION, EAR_PACK_KEY_ENGINE_VERSION);
    manifest.text_version = 1000;
    expect(EAR_PACK_REFUSAL_TEXT_VERSION, EAR_PACK_KEY_TEXT_VERSION);
    manifest.body_bytes = 0;
    expect(EAR_PACK_REFUSAL_BODY, EAR_PACK_KEY_BODY);
    manifest.hears = 0;
    expect(EAR_PACK_REFUSAL_MANIFEST, EAR_PACK_KEY_HEARS);
    assert_true(open_model());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_engines_are_whole_and_told_apart, start, finish),
        cmocka_unit_test_setup_teardown(test_a_pack_becomes_a_model, start, finish),
        cmocka_unit_test_setup_teardown(test_a_model_is_a_plugin, start, finish),
        cmocka_unit_test_setup_teardown(test_refusals, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
