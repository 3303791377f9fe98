/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mbedtls/base64.h"
#include "platform/firmware/device/ear_identity.h"
#include "tests/support/flash.h"
#include "tests/support/identity_pem.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 1024u
#define SECTORS 4u

static struct flash_device device;
static struct flash flash;
static uint32_t room[FLASH_ROOM(SECTOR_BYTES, SECTORS) / 4 + 1];
static struct ear_identity identity;

struct der {
    uint8_t bytes[EAR_IDENTITY_PART_BYTES];
    size_t length;
};

/* What stands between the first line and the last. */
static struct der der_of(const char *pem)
{
    struct der der;
    char letters[1400] = "";
    const char *at = strchr(pem, '\n') + 1;
    size_t count = 0;
    for (; *at != '-'; at++) {
        if (*at != '\n') {
            letters[count++] = *at;
        }
    }
    assert_int_equal(mbedtls_base64_decode(der.bytes, sizeof der.bytes, &der.length, (const uint8_t *)letters, count),
                     0);
    return der;
}

static void open_again(void)
{
    flash_power_off(&device);
    flash_power_on(&device);
    flash.port.mapped = flash.bytes;
    assert_int_equal(ear_identity_open(&identity, &flash.port), EAR_OK);
}

static int start(void **state)
{
    (void)state;
    device = (struct flash_device){.random = 11};
    flash_init(&flash, &device, SECTOR_BYTES, SECTORS, room);
    open_again();
    return 0;
}

static void put_pem(enum ear_identity_part part, const char *pem)
{
    const struct der der = der_of(pem);
    assert_null(ear_identity_fault(&identity, part, der.bytes, der.length));
    assert_int_equal(ear_identity_put(&identity, part, der.bytes, der.length), EAR_OK);
}

static void test_a_device_without_identity(void **state)
{
    (void)state;
    const char *missing = NULL;
    char date[EAR_IDENTITY_DATE_BYTES];
    uint8_t point[65];
    for (int i = 0; i < 2; i++) {
        assert_false(ear_identity_is_complete(&identity, &missing));
        assert_non_null(strstr(missing, EAR_ENABLED(CSR) ? "provision key" : "made on a host"));
        assert_false(ear_identity_public_key(&identity, point));
        assert_string_equal(ear_identity_valid_to(&identity, EAR_IDENTITY_CERTIFICATE, date), "");
        assert_int_equal(ear_identity_open(&identity, NULL), EAR_OK); /* and one without a partition */
    }
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, identity_key, sizeof identity_key), EAR_ERR_IO);
    flash.port.mapped = NULL;
    assert_int_equal(ear_identity_open(&identity, &flash.port), EAR_ERR_CONFIG);
}

static void test_step_by_step_to_a_whole_one(void **state)
{
    (void)state;
    needs(STORAGE);
    const char *missing = NULL;
    char date[EAR_IDENTITY_DATE_BYTES];
    uint8_t point[65];
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, identity_key, sizeof identity_key), EAR_OK);
    assert_false(ear_identity_is_complete(&identity, &missing));
    assert_non_null(strstr(missing, "provision cert"));
    put_pem(EAR_IDENTITY_CERTIFICATE, identity_certificate);
    assert_false(ear_identity_is_complete(&identity, &missing));
    assert_non_null(strstr(missing, "provision ca"));
    put_pem(EAR_IDENTITY_CA, identity_ca);
    put_pem(EAR_IDENTITY_PACK_KEY, identity_public_key);
    for (int i = 0; i < 2; i++) {
        assert_true(ear_identity_is_complete(&identity, &missing));
        assert_null(missing);
        assert_string_equal(ear_identity_valid_to(&identity, EAR_IDENTITY_CERTIFICATE, date), "2051-07-12");
        assert_string_equal(ear_identity_valid_to(&identity, EAR_IDENTITY_CA, date), "2100-10-23");
        assert_true(ear_identity_public_key(&identity, point));
        assert_memory_equal(point, identity_key + 56, 65);
        open_again();
    }
}

static void test_what_does_not_fit_is_told(void **state)
{
    (void)state;
    needs(STORAGE);
    static const uint8_t noise[40] = {0x30, 0x26, 1, 2, 3};
    const struct der other = der_of(identity_other_certificate);
    const struct der own = der_of(identity_certificate);
    const struct der key = der_of(identity_public_key);
    const char *missing = NULL;
    assert_null(ear_identity_fault(&identity, EAR_IDENTITY_CERTIFICATE, other.bytes, other.length)); /* no key yet */
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, identity_key, sizeof identity_key), EAR_OK);
    const char *what = ear_identity_fault(&identity, EAR_IDENTITY_CERTIFICATE, other.bytes, other.length);
    assert_non_null(strstr(what, "another key"));
    assert_non_null(strstr(ear_identity_fault(&identity, EAR_IDENTITY_CA, own.bytes, own.length), "not one of a CA"));
    for (int part = EAR_IDENTITY_KEY; part <= EAR_IDENTITY_PACK_KEY; part++) {
        assert_non_null(ear_identity_fault(&identity, (enum ear_identity_part)part, noise, sizeof noise));
        assert_non_null(ear_identity_fault(&identity, (enum ear_identity_part)part, noise, 0));
        assert_non_null(ear_identity_fault(&identity, (enum ear_identity_part)part, noise, 1025));
    }
    assert_non_null(ear_identity_fault(&identity, EAR_IDENTITY_PACK_KEY, own.bytes, own.length));
    assert_non_null(ear_identity_fault(&identity, EAR_IDENTITY_CERTIFICATE, key.bytes, key.length));
    put_pem(EAR_IDENTITY_CERTIFICATE, identity_certificate);
    put_pem(EAR_IDENTITY_CA, identity_ca);
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_CERTIFICATE, other.bytes, other.length), EAR_OK);
    assert_false(ear_identity_is_complete(&identity, &missing)); /* somebody put it there all the same */
    assert_non_null(strstr(missing, "another key"));
}

static void test_no_former_key_is_left(void **state)
{
    (void)state;
    needs(STORAGE);
    uint8_t next[sizeof identity_key];
    memcpy(next, identity_key, sizeof next);
    for (uint8_t i = 0; i < 60; i++) { /* through both banks, some times */
        memset(next + 7, 0x11 + i, 32);
        assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, next, sizeof next), EAR_OK);
        assert_true(flash_holds(&flash, next + 7, 32));
        if (i > 0) {
            memset(next + 7, 0x10 + i, 32);
            assert_false(flash_holds(&flash, next + 7, 12));
        }
        if (i % 7 == 0) {
            open_again();
        }
    }
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, NULL, 0), EAR_OK);
    memset(next + 7, 0x11 + 59, 32);
    assert_false(flash_holds(&flash, next + 7, 12));
    assert_int_equal(identity.parts[EAR_IDENTITY_KEY].length, 0);
}

static void test_limits(void **state)
{
    (void)state;
    needs(STORAGE);
    static const uint8_t big[EAR_IDENTITY_PART_BYTES + 1] = {1};
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_CA, big, sizeof big), EAR_ERR_TOO_LONG);
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_CA, big, sizeof big - 1), EAR_OK);
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_CERTIFICATE, big, sizeof big - 1), EAR_ERR_FULL);
    assert_int_equal(identity.parts[EAR_IDENTITY_CA].length, EAR_IDENTITY_PART_BYTES);
    assert_int_equal(identity.parts[EAR_IDENTITY_CERTIFICATE].length, 0);
}

static void test_a_partition_that_can_only_be_read(void **state)
{
    (void)state;
    needs(STORAGE);
    const char *missing = NULL;
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, identity_key, sizeof identity_key), EAR_OK);
    put_pem(EAR_IDENTITY_CERTIFICATE, identity_certificate);
    put_pem(EAR_IDENTITY_CA, identity_ca);
    memset(flash.bad, FLASH_FAILS, SECTORS);
    open_again();
    assert_true(ear_identity_is_complete(&identity, &missing));
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, identity_key, 40), EAR_ERR_IO);
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, NULL, 0), EAR_ERR_IO);
    assert_true(ear_identity_is_complete(&identity, &missing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_device_without_identity, start),
        cmocka_unit_test_setup(test_step_by_step_to_a_whole_one, start),
        cmocka_unit_test_setup(test_what_does_not_fit_is_told, start),
        cmocka_unit_test_setup(test_no_former_key_is_left, start),
        cmocka_unit_test_setup(test_limits, start),
        cmocka_unit_test_setup(test_a_partition_that_can_only_be_read, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
