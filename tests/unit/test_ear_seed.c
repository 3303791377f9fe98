/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mbedtls/hmac_drbg.h"
#include "platform/firmware/device/ear_seed.h"
#include "tests/support/flash.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 1024u
#define SECTORS 4u

static struct flash_device device;
static struct flash flash;
static uint32_t room[FLASH_ROOM(SECTOR_BYTES, SECTORS) / 4 + 1];
static struct ear_identity identity;
static struct ear_seed seed;
static const uint8_t first_seed[32] = "0123456789abcdef0123456789abcde";

static void open_identity(void)
{
    flash.port.mapped = flash.bytes;
    assert_int_equal(ear_identity_open(&identity, &flash.port), EAR_OK);
}

static int start(void **state)
{
    (void)state;
    device = (struct flash_device){.random = 5};
    flash_init(&flash, &device, SECTOR_BYTES, SECTORS, room);
    open_identity();
    return 0;
}

static enum ear_err source(uint8_t *bytes, size_t length)
{
    memset(bytes, 0x42, length);
    return EAR_OK;
}

static enum ear_err no_source(uint8_t *bytes, size_t length)
{
    memset(bytes, 0x42, length); /* nobody may make do with this */
    return EAR_ERR_EMPTY;
}

static int draw(uint8_t *bytes, size_t length)
{
    const struct ear_entropy port = ear_seed_port(&seed);
    return port.fill(port.context, bytes, length);
}

/* The identity's seed: where the device writes no flash, as a host left it there. */
static void keep_seed(const uint8_t *bytes, size_t length)
{
    if (EAR_ENABLED(STORAGE)) {
        assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_SEED, bytes, length), EAR_OK);
    } else {
        identity.parts[EAR_IDENTITY_SEED] = (struct ear_tls_bytes){bytes, length};
    }
}

static void give_seed(void)
{
    keep_seed(first_seed, sizeof first_seed);
}

static void expect_kept(const uint8_t *bytes)
{
    if (EAR_ENABLED(STORAGE)) {
        assert_memory_equal(identity.parts[EAR_IDENTITY_SEED].bytes, bytes, 32);
    }
}

static void test_without_any_source_it_gives_nothing(void **state)
{
    (void)state;
    uint8_t bytes[16];
    assert_int_equal(ear_seed_open(&seed, &identity, NULL), EAR_ERR_EMPTY);
    assert_int_equal(draw(bytes, sizeof bytes), EAR_ERR_IO);
    assert_int_equal(ear_seed_open(&seed, &identity, no_source), EAR_ERR_EMPTY);
    assert_int_equal(draw(bytes, sizeof bytes), EAR_ERR_IO);
    assert_non_null(strstr(seed.why_not, "provision seed"));
    keep_seed(first_seed, 31); /* too short */
    assert_int_equal(ear_seed_open(&seed, &identity, NULL), EAR_ERR_EMPTY);
}

static void test_the_seed_is_replaced_before_it_is_used(void **state)
{
    (void)state;
    needs(STORAGE);
    uint8_t bytes[3][64];
    give_seed();
    for (unsigned i = 0; i < 3; i++) {
        const uint64_t syncs = flash.syncs;
        assert_int_equal(ear_seed_open(&seed, &identity, NULL), EAR_OK);
        assert_true(flash.syncs > syncs);
        assert_false(flash_holds(&flash, first_seed, 8)); /* nor is the old one there any more */
        assert_int_equal(identity.parts[EAR_IDENTITY_SEED].length, 32);
        assert_int_equal(draw(bytes[i], sizeof bytes[i]), 0);
        assert_memory_not_equal(bytes[i], identity.parts[EAR_IDENTITY_SEED].bytes, 32);
        flash_power_off(&device);
        flash_power_on(&device);
        open_identity();
    }
    assert_memory_not_equal(bytes[0], bytes[1], 64);
    assert_memory_not_equal(bytes[1], bytes[2], 64);
}

static void test_a_seed_that_cannot_be_replaced_is_not_used(void **state)
{
    (void)state;
    needs(STORAGE);
    uint8_t bytes[16];
    give_seed();
    memset(flash.bad, FLASH_FAILS, SECTORS);
    assert_int_equal(ear_seed_open(&seed, &identity, NULL), EAR_ERR_IO);
    assert_int_equal(draw(bytes, sizeof bytes), EAR_ERR_IO);
    assert_non_null(strstr(seed.why_not, "cannot be replaced"));
    assert_int_equal(ear_seed_open(&seed, &identity, no_source), EAR_ERR_IO);
    assert_int_equal(ear_seed_open(&seed, &identity, source), EAR_OK); /* the board's own is enough */
    assert_int_equal(draw(bytes, sizeof bytes), 0);
}

/* Whatever a cut leaves: no two starts draw the same. */
static void test_a_cut_never_lets_a_seed_be_used_twice(void **state)
{
    (void)state;
    needs(STORAGE);
    static uint8_t drawn[400][32];
    unsigned runs = 0;
    for (uint8_t cut = 0; cut < FLASH_CUTS; cut++) {
        for (uint64_t at = 1; at < 100; at++) {
            unsigned count = 0;
            start(NULL);
            give_seed();
            device.random = at;
            for (unsigned boot = 0; boot < 3; boot++) {
                if (boot == 0) {
                    device.cut_at = device.operations + at;
                    device.cut = cut;
                }
                if (ear_seed_open(&seed, &identity, NULL) == EAR_OK) {
                    assert_int_equal(draw(drawn[count++], 32), 0);
                }
                runs += device.off;
                flash_power_on(&device);
                open_identity();
            }
            assert_true(count >= 2);
            for (unsigned i = 1; i < count; i++) {
                assert_memory_not_equal(drawn[0], drawn[i], 32);
                assert_memory_not_equal(drawn[i - 1], drawn[i], 32);
            }
        }
    }
    assert_true(runs > 20);
}

static void test_adding_a_seed_begins(void **state)
{
    (void)state;
    needs(STORAGE);
    uint8_t bytes[16];
    assert_int_equal(ear_seed_open(&seed, &identity, NULL), EAR_ERR_EMPTY);
    assert_int_equal(ear_seed_add(&seed, first_seed, 31), EAR_ERR_RANGE);
    assert_int_equal(draw(bytes, sizeof bytes), EAR_ERR_IO);
    assert_int_equal(ear_seed_add(&seed, first_seed, 32), EAR_OK);
    assert_int_equal(draw(bytes, sizeof bytes), 0);
    assert_string_equal(seed.why_not, "");
    assert_false(flash_holds(&flash, first_seed, 8)); /* what was brought is not what is kept */
    open_identity();
    assert_int_equal(ear_seed_open(&seed, &identity, NULL), EAR_OK);
    assert_int_equal(ear_seed_add(&seed, first_seed, 4), EAR_OK); /* more is never worse */
}

static void test_adding_where_it_cannot_be_kept_fails_closed(void **state)
{
    (void)state;
    uint8_t bytes[16];
    memset(flash.bad, FLASH_FAILS, SECTORS);
    assert_int_equal(ear_seed_open(&seed, &identity, NULL), EAR_ERR_EMPTY);
    assert_int_equal(ear_seed_add(&seed, first_seed, 32), EAR_ERR_IO);
    assert_int_equal(draw(bytes, sizeof bytes), EAR_ERR_IO);
}

/* Where nothing can be kept: what is drawn depends on the flash's seed and on what is brought, and on nothing else. */
static void test_bytes_for_one_start(void **state)
{
    (void)state;
    static const uint8_t brought[3][32] = {"the first start", "the second one", "the first start"};
    static const char *const cannot = EAR_ENABLED(STORAGE) ? "cannot be replaced" : "after each start";
    uint8_t drawn[4][32];
    for (unsigned i = 0; i < 4; i++) {
        start(NULL);
        if (i < 3) {
            give_seed();
        }
        memset(flash.bad, FLASH_FAILS, SECTORS);
        assert_int_equal(ear_seed_open(&seed, &identity, NULL), i < 3 ? EAR_ERR_IO : EAR_ERR_EMPTY);
        assert_non_null(strstr(seed.why_not, i < 3 ? cannot : "there is no seed"));
        assert_int_equal(ear_seed_add_for_now(&seed, brought[i % 3], 31), EAR_ERR_RANGE);
        assert_int_equal(draw(drawn[i], 32), EAR_ERR_IO);
        assert_int_equal(ear_seed_add_for_now(&seed, brought[i % 3], 32), EAR_OK);
        assert_string_equal(seed.why_not, "");
        assert_int_equal(draw(drawn[i], 32), 0);
    }
    assert_memory_not_equal(drawn[0], drawn[1], 32);
    assert_memory_equal(drawn[0], drawn[2], 32);     /* whoever brings the same again gets the same */
    assert_memory_not_equal(drawn[0], drawn[3], 32); /* who does not know the flash's seed cannot tell what is drawn */
    const uint8_t more = 1;
    assert_int_equal(ear_seed_add_for_now(&seed, &more, 1), EAR_OK); /* more is never worse */
}

/* The generator is that of mbedTLS, which NIST's vectors have been run against. */
static void test_the_generator_is_hmac_drbg(void **state)
{
    (void)state;
    static const char purpose[] = "Earshot seed 1";
    uint8_t material[48 + 32 + sizeof purpose];
    uint8_t expected[100];
    uint8_t bytes[100];
    mbedtls_hmac_drbg_context drbg;
    memset(material, 0x42, 48);
    memcpy(material + 48, first_seed, 32);
    memcpy(material + 80, purpose, sizeof purpose);
    mbedtls_hmac_drbg_init(&drbg);
    assert_int_equal(
        mbedtls_hmac_drbg_seed_buf(&drbg, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), material, sizeof material), 0);
    assert_int_equal(mbedtls_hmac_drbg_random(&drbg, expected, 32), 0);
    give_seed();
    assert_int_equal(ear_seed_open(&seed, &identity, source), EAR_OK);
    expect_kept(expected);
    for (size_t length = 1; length <= sizeof bytes; length += 11) {
        assert_int_equal(mbedtls_hmac_drbg_random(&drbg, expected, length), 0);
        assert_int_equal(draw(bytes, length), 0);
        assert_memory_equal(bytes, expected, length);
    }
    assert_int_equal(mbedtls_hmac_drbg_update(&drbg, (const uint8_t *)"more", 4), 0);
    assert_int_equal(mbedtls_hmac_drbg_random(&drbg, expected, 32), 0);
    assert_int_equal(ear_seed_add(&seed, (const uint8_t *)"more", 4), EAR_ENABLED(STORAGE) ? EAR_OK : EAR_ERR_IO);
    expect_kept(expected);
    assert_int_equal(mbedtls_hmac_drbg_random(&drbg, expected, 32), 0);
    assert_int_equal(draw(bytes, 32), 0);
    assert_memory_equal(bytes, expected, 32); /* kept or not, it was mixed in */
    mbedtls_hmac_drbg_free(&drbg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_without_any_source_it_gives_nothing, start),
        cmocka_unit_test_setup(test_the_seed_is_replaced_before_it_is_used, start),
        cmocka_unit_test_setup(test_a_seed_that_cannot_be_replaced_is_not_used, start),
        cmocka_unit_test(test_a_cut_never_lets_a_seed_be_used_twice),
        cmocka_unit_test_setup(test_adding_a_seed_begins, start),
        cmocka_unit_test_setup(test_adding_where_it_cannot_be_kept_fails_closed, start),
        cmocka_unit_test(test_bytes_for_one_start),
        cmocka_unit_test_setup(test_the_generator_is_hmac_drbg, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
