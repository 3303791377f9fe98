/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/tell/ear_status.h"

static uint8_t bytes[EAR_STATUS_BYTES + 8];

static struct ear_status full_status(void)
{
    struct ear_status status = {.online = true,
                                .clock = EAR_CLOCK_NETWORK,
                                .plugin_count = EAR_PLUGINS,
                                .pack_count = EAR_PACKS,
                                .refused_reason = UINT8_MAX,
                                .refused_key = UINT8_MAX,
                                .boot = UINT32_MAX,
                                .uptime_s = UINT32_MAX,
                                .time_s = INT64_MAX};
    memset(status.firmware, 'f', EAR_STATUS_FIRMWARE_BYTES);
    memset(&status.health, 0xff, sizeof status.health);
    for (unsigned i = 0; i < EAR_PLUGINS; i++) {
        memset(status.plugins[i].name, 'n', EAR_STATUS_PLUGIN_NAME_BYTES);
        memset(status.plugins[i].version, 'v', EAR_STATUS_PLUGIN_VERSION_BYTES);
        status.plugins[i].state = UINT8_MAX;
    }
    for (unsigned i = 0; i < EAR_PACKS; i++) {
        memset(status.packs[i].name, 'p', EAR_STATUS_PLUGIN_NAME_BYTES);
        memset(status.packs[i].version, 'w', EAR_STATUS_PLUGIN_VERSION_BYTES);
        status.packs[i].counter = UINT32_MAX - i;
        status.packs[i].installed = i % 2 == 0;
        status.packs[i].state = UINT8_MAX;
        status.packs[i].reason = UINT8_MAX;
    }
    memset(status.refused_name, 'r', EAR_STATUS_PLUGIN_NAME_BYTES);
    return status;
}

static void assert_same(const struct ear_status *a, const struct ear_status *b)
{
    assert_int_equal(a->online, b->online);
    assert_int_equal(a->orderly, b->orderly);
    assert_int_equal(a->clock, b->clock);
    assert_int_equal(a->boot, b->boot);
    assert_int_equal(a->uptime_s, b->uptime_s);
    assert_true(a->time_s == b->time_s);
    assert_string_equal(a->firmware, b->firmware);
    assert_memory_equal(&a->health, &b->health, sizeof a->health);
    assert_int_equal(a->plugin_count, b->plugin_count);
    for (unsigned i = 0; i < a->plugin_count; i++) {
        assert_string_equal(a->plugins[i].name, b->plugins[i].name);
        assert_string_equal(a->plugins[i].version, b->plugins[i].version);
        assert_int_equal(a->plugins[i].state, b->plugins[i].state);
    }
    assert_int_equal(a->pack_count, b->pack_count);
    for (unsigned i = 0; i < a->pack_count; i++) {
        assert_string_equal(a->packs[i].name, b->packs[i].name);
        assert_string_equal(a->packs[i].version, b->packs[i].version);
        assert_int_equal(a->packs[i].counter, b->packs[i].counter);
        assert_int_equal(a->packs[i].installed, b->packs[i].installed);
        assert_int_equal(a->packs[i].state, b->packs[i].state);
        assert_int_equal(a->packs[i].reason, b->packs[i].reason);
    }
    assert_string_equal(a->refused_name, b->refused_name);
    assert_int_equal(a->refused_reason, b->refused_reason);
    assert_int_equal(a->refused_key, b->refused_key);
}

static void test_the_table_is_in_the_order_of_its_keys(void **state)
{
    (void)state;
    assert_int_equal(ear_health_count, sizeof(struct ear_health) / sizeof(uint32_t));
    for (unsigned i = 0; i < ear_health_count; i++) {
        const struct ear_health_line *line = &ear_health_table[i];
        assert_true(i == 0 || line->key > ear_health_table[i - 1].key);
        assert_true(strlen(line->name) > 0 && strlen(line->unit) > 0 && strlen(line->says) > 0);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(line->name, ear_health_table[j].name);
        }
    }
}

static void test_get_finds_every_number(void **state)
{
    (void)state;
    struct ear_health health;
    uint32_t *words = (uint32_t *)&health;
    for (unsigned i = 0; i < ear_health_count; i++) {
        words[i] = 1000 + i;
    }
    for (unsigned i = 0; i < ear_health_count; i++) {
        assert_int_equal(ear_health_get(&health, &ear_health_table[i]), 1000 + i);
    }
    assert_int_equal(ear_health_table[0].key, 0);
    assert_string_equal(ear_health_table[0].name, "events.accepted");
}

/* Each cause of refusal that can come from a decoder has a number of its own, called as the cause is. */
static void test_causes_of_refusal(void **state)
{
    (void)state;
    struct ear_health health = {0};
    static const int own[] = {EAR_ERR_SYNTAX,  EAR_ERR_TYPE,     EAR_ERR_RANGE,     EAR_ERR_MISSING,
                              EAR_ERR_UNKNOWN, EAR_ERR_TOO_LONG, EAR_ERR_DUPLICATE, EAR_ERR_UTF8,
                              EAR_ERR_DEPTH,   EAR_ERR_VERSION,  EAR_ERR_TIME};
    for (size_t i = 0; i < EAR_COUNT_OF(own); i++) {
        *ear_health_refused(&health, own[i]) += 1;
    }
    *ear_health_refused(&health, EAR_ERR_BUSY) += 1;
    *ear_health_refused(&health, 12345) += 1;
    unsigned found = 0;
    for (unsigned i = 0; i < ear_health_count; i++) {
        const struct ear_health_line *line = &ear_health_table[i];
        const char *cause = line->name + strlen("events.refused.");
        if (strncmp(line->name, "events.refused.", strlen("events.refused.")) != 0) {
            assert_int_equal(ear_health_get(&health, line), 0);
            continue;
        }
        bool other = strcmp(cause, "other") == 0;
        assert_int_equal(ear_health_get(&health, line), other ? 2 : 1);
        assert_true(other || strcmp(cause, ear_err_name(own[found])) == 0);
        found++;
    }
    assert_int_equal(found, EAR_COUNT_OF(own) + 1);
}

static void test_the_bytes_of_a_small_status(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0xa9, 0x00, 0x01, 0x01, 0xf5, 0x03, 0x07, 0x04, 0x63, '1',
                                       '.',  '0',  0x05, 0x18, 0x3c, 0x06, 0x02, 0x07, 0x1a, 0x65,
                                       0x53, 0xf1, 0x00, 0x08, 0xa2, 0x00, 0x19, 0x03, 0xe8, 0x18,
                                       0x27, 0x05, 0x09, 0x81, 0x83, 0x61, 'a',  0x61, '1',  0x00};
    struct ear_status status = {.online = true,
                                .boot = 7,
                                .firmware = "1.0",
                                .uptime_s = 60,
                                .clock = EAR_CLOCK_NETWORK,
                                .time_s = 1700000000,
                                .health = {.events_accepted = 1000, .outbox_live = 5},
                                .plugin_count = 1,
                                .plugins = {{.name = "a", .version = "1"}}};
    int32_t length = ear_status_encode(&status, bytes, sizeof bytes);
    assert_int_equal(length, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    struct ear_status back;
    assert_int_equal(ear_status_decode(&back, bytes, (size_t)length), EAR_OK);
    assert_same(&status, &back);
}

static void test_a_will_says_only_what_stays_true(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0xa4, 0x00, 0x01, 0x01, 0xf4, 0x03, 0x07, 0x04, 0x61, '1'};
    struct ear_status status = full_status();
    status.online = false;
    status.boot = 7;
    memset(status.firmware, 0, sizeof status.firmware);
    status.firmware[0] = '1';
    assert_int_equal(ear_status_encode(&status, bytes, sizeof bytes), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(ear_status_decode(&status, bytes, sizeof expected), EAR_OK);
    assert_false(status.online || status.orderly);
}

static void test_there_and_back(void **state)
{
    (void)state;
    struct ear_status status = full_status();
    struct ear_status back;
    int32_t length = ear_status_encode(&status, bytes, sizeof bytes);
    assert_true(length > 0 && (uint32_t)length <= EAR_STATUS_BYTES);
    assert_true((uint32_t)length + 48 > EAR_STATUS_BYTES); /* the limit is not far from the truth */
    assert_int_equal(ear_status_decode(&back, bytes, (size_t)length), EAR_OK);
    assert_same(&status, &back);

    status.online = false; /* a farewell */
    status.orderly = true;
    length = ear_status_encode(&status, bytes, EAR_STATUS_BYTES);
    assert_true(length > 0);
    assert_int_equal(ear_status_decode(&back, bytes, (size_t)length), EAR_OK);
    assert_same(&status, &back);

    status = (struct ear_status){.online = true, .clock = EAR_CLOCK_NONE, .time_s = 55};
    length = ear_status_encode(&status, bytes, sizeof bytes);
    assert_true(length > 0 && length < 24);
    assert_int_equal(ear_status_decode(&back, bytes, (size_t)length), EAR_OK);
    status.time_s = 0; /* who does not know the time does not tell it */
    assert_same(&status, &back);
}

static void test_too_small_a_buffer(void **state)
{
    (void)state;
    struct ear_status status = full_status();
    int32_t length = ear_status_encode(&status, bytes, sizeof bytes);
    for (int32_t capacity = 0; capacity < length; capacity++) {
        bytes[capacity] = 0xa5;
        assert_int_equal(ear_status_encode(&status, bytes, (size_t)capacity), EAR_ERR_FULL);
        assert_int_equal(bytes[capacity], 0xa5);
    }
    assert_int_equal(ear_status_encode(&status, bytes, (size_t)length), length);
}

struct refusal {
    int err;
    size_t length;
    uint8_t bytes[24];
};

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {EAR_ERR_SYNTAX, 0, {0}},
        {EAR_ERR_TYPE, 1, {0x80}},                                 /* a list */
        {EAR_ERR_MISSING, 1, {0xa0}},                              /* nothing in it */
        {EAR_ERR_MISSING, 3, {0xa1, 0x00, 0x01}},                  /* no online */
        {EAR_ERR_MISSING, 3, {0xa1, 0x01, 0xf5}},                  /* no version */
        {EAR_ERR_VERSION, 5, {0xa2, 0x00, 0x02, 0x01, 0xf5}},      /* another version */
        {EAR_ERR_TYPE, 5, {0xa2, 0x00, 0x01, 0x01, 0x01}},         /* online is a number */
        {EAR_ERR_TYPE, 5, {0xa2, 0x00, 0x01, 0x01, 0xf6}},         /* or null */
        {EAR_ERR_DUPLICATE, 5, {0xa2, 0x00, 0x01, 0x00, 0x01}},    /* twice the same */
        {EAR_ERR_SYNTAX, 6, {0xa2, 0x00, 0x01, 0x01, 0xf5, 0x00}}, /* more behind it */
        {EAR_ERR_SYNTAX, 4, {0xa2, 0x00, 0x01, 0x01}},             /* cut short */
        {EAR_ERR_SYNTAX, 1, {0xbf}},                               /* indefinite */
        {EAR_ERR_SYNTAX, 3, {0xa1, 0x00, 0x1c}},                   /* reserved */
        {EAR_ERR_SYNTAX, 9, {0xbb, 255, 255, 255, 255, 255, 255, 255, 255}},
        {EAR_ERR_RANGE, 7, {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x06, 0x03}}, /* no such clock */
        {EAR_ERR_RANGE, 15, {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x03, 0x1b, 1, 0, 0, 0, 0, 0, 0, 0}},
        {EAR_ERR_UTF8, 8, {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x04, 0x61, 0xff}},
        {EAR_ERR_SYNTAX, 7, {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x04, 0x61}},
        {EAR_ERR_MISSING, 9, {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x09, 0x81, 0x81, 0x60}},
        {EAR_ERR_MISSING, 9, {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x0a, 0x81, 0x81, 0x60}}, /* half a pack */
        {EAR_ERR_MISSING, 8, {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x0b, 0x81, 0x60}},
        {EAR_ERR_TYPE, 8, {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x0a, 0x81, 0x00}},
    };
    struct ear_status status;
    for (size_t i = 0; i < EAR_COUNT_OF(refusals); i++) {
        int err = ear_status_decode(&status, refusals[i].bytes, refusals[i].length);
        assert_int_equal(err, refusals[i].err);
    }
}

static void test_more_than_fits_is_refused(void **state)
{
    (void)state;
    struct ear_status status;
    uint8_t many[8 + 4 * (EAR_PLUGINS + 1)] = {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x09, 0x98, EAR_PLUGINS + 1};
    static const uint8_t plugin[4] = {0x83, 0x60, 0x60, 0x00};
    for (unsigned i = 0; i <= EAR_PLUGINS; i++) {
        memcpy(many + 8 + i * sizeof plugin, plugin, sizeof plugin);
    }
    assert_int_equal(ear_status_decode(&status, many, sizeof many), EAR_ERR_TOO_LONG);
    many[7]--;
    assert_int_equal(ear_status_decode(&status, many, sizeof many - sizeof plugin), EAR_OK);
    assert_int_equal(status.plugin_count, EAR_PLUGINS);

    uint8_t packs[8 + 7 * (EAR_PACKS + 1)] = {0xa3, 0x00, 0x01, 0x01, 0xf5, 0x0a, 0x98, EAR_PACKS + 1};
    static const uint8_t pack[7] = {0x86, 0x60, 0x60, 0x00, 0xf5, 0x00, 0x00};
    for (unsigned i = 0; i <= EAR_PACKS; i++) {
        memcpy(packs + 8 + i * sizeof pack, pack, sizeof pack);
    }
    assert_int_equal(ear_status_decode(&status, packs, sizeof packs), EAR_ERR_TOO_LONG);
    packs[7]--;
    assert_int_equal(ear_status_decode(&status, packs, sizeof packs - sizeof pack), EAR_OK);
    assert_int_equal(status.pack_count, EAR_PACKS);
}

/* What a later version may add is passed over, whatever it holds and however deep. */
static void test_unknown_keys_are_passed_over(void **state)
{
    (void)state;
    static const uint8_t later[] = {0xa5, 0x00, 0x01, 0x01, 0xf4, 0x18, 0x63, 0x9a, 0,    0,    0,    2,
                                    0xa1, 0x61, 'k',  0xc1, 0x80, 0x42, 1,    2,    0x08, 0xa2, 0x00, 0x03,
                                    0x18, 0xfe, 0x82, 0x01, 0xfb, 0,    0,    0,    0,    0,    0,    0,
                                    0,    0x09, 0x81, 0x84, 0x61, 'p',  0x60, 0x01, 0xa0};
    struct ear_status status;
    assert_int_equal(ear_status_decode(&status, later, sizeof later), EAR_OK);
    assert_int_equal(status.health.events_accepted, 3);
    assert_int_equal(status.plugin_count, 1);
    assert_string_equal(status.plugins[0].name, "p");
    assert_int_equal(status.plugins[0].state, 1);
    uint8_t deep[2000];
    memset(deep, 0x81, sizeof deep);
    memcpy(deep, "\xa3\x00\x01\x01\xf4\x0c", 6);
    deep[sizeof deep - 1] = 0x00;
    assert_int_equal(ear_status_decode(&status, deep, sizeof deep), EAR_OK);
}

static void test_nothing_makes_the_decoder_read_beyond(void **state)
{
    (void)state;
    struct ear_status status = full_status();
    uint8_t copy[EAR_STATUS_BYTES];
    uint32_t random = 5;
    int32_t length = ear_status_encode(&status, bytes, sizeof bytes);
    for (int32_t cut = 0; cut < length; cut++) { /* ASan and valgrind watch */
        memcpy(copy + sizeof copy - (size_t)cut, bytes, (size_t)cut);
        assert_int_not_equal(ear_status_decode(&status, copy + sizeof copy - (size_t)cut, (size_t)cut), EAR_OK);
    }
    for (unsigned round = 0; round < 20000; round++) {
        memcpy(copy, bytes, (size_t)length);
        for (unsigned flips = 0; flips < 3; flips++) {
            random = random * 1664525u + 1013904223u;
            copy[(random >> 8) % (uint32_t)length] = (uint8_t)(random >> 4);
        }
        int err = ear_status_decode(&status, copy, (size_t)length);
        assert_true(err <= EAR_OK && status.plugin_count <= EAR_PLUGINS);
    }
}

/* core/tell/status.cddl names every number, in order, and no other. */
static void test_the_cddl_names_every_number(void **state)
{
    (void)state;
    FILE *file = fopen(EAR_SOURCE_DIR "/core/tell/status.cddl", "r");
    char line[256] = "";
    char expected[256];
    assert_non_null(file);
    while (strcmp(line, "health = {\n") != 0) {
        assert_non_null(fgets(line, sizeof line, file));
    }
    for (unsigned i = 0; i < ear_health_count; i++) {
        const struct ear_health_line *number = &ear_health_table[i];
        (void)snprintf(expected, sizeof expected, "  ? %u => number, ; %s (%s, %s) %s\n", (unsigned)number->key,
                       number->name, number->kind == EAR_HEALTH_COUNTER ? "c" : "g", number->unit, number->says);
        assert_non_null(fgets(line, sizeof line, file));
        assert_string_equal(line, expected);
    }
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "}\n");
    assert_int_equal(fclose(file), 0);
}

static void test_a_time_that_is_none_is_not_told(void **state)
{
    (void)state;
    static const struct {
        uint8_t clock;
        int64_t time_s;
    } rows[] = {{EAR_CLOCK_NETWORK, -1}, {EAR_CLOCK_NONE, 5}};
    for (size_t i = 0; i < EAR_COUNT_OF(rows); i++) {
        struct ear_status status = full_status(), back;
        status.clock = rows[i].clock;
        status.time_s = rows[i].time_s;
        const int32_t length = ear_status_encode(&status, bytes, sizeof bytes);
        assert_true(length > 0);
        assert_int_equal(ear_status_decode(&back, bytes, (size_t)length), EAR_OK);
        assert_int_equal(back.time_s, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_in_the_order_of_its_keys),
        cmocka_unit_test(test_get_finds_every_number),
        cmocka_unit_test(test_causes_of_refusal),
        cmocka_unit_test(test_the_bytes_of_a_small_status),
        cmocka_unit_test(test_a_will_says_only_what_stays_true),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_too_small_a_buffer),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_more_than_fits_is_refused),
        cmocka_unit_test(test_unknown_keys_are_passed_over),
        cmocka_unit_test(test_nothing_makes_the_decoder_read_beyond),
        cmocka_unit_test(test_the_cddl_names_every_number),
        cmocka_unit_test(test_a_time_that_is_none_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
