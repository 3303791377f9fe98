/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/ear_le.h"
#include "platform/firmware/sandbox/ear_sandbox_image.h"

/* 64 bytes of zeroed data and 64 of data, 40 of code, whose words 0 and 1 point to data and to the end. */
#define ZEROED 64u
#define DATA 64u
#define CODE 40u
#define RELOCATIONS 2u
#define LENGTH (EAR_SANDBOX_IMAGE_HEAD_BYTES + DATA + CODE + 4 * RELOCATIONS)
#define ADDRESS 0x20040000u

static uint8_t bytes[LENGTH];
static uint8_t memory[8192];
static struct ear_sandbox_image image;
static struct ear_sandbox_room room;

static uint8_t *relocation(unsigned i)
{
    return bytes + EAR_SANDBOX_IMAGE_HEAD_BYTES + DATA + CODE + 4 * i;
}

static uint8_t *code_word(unsigned i)
{
    return bytes + EAR_SANDBOX_IMAGE_HEAD_BYTES + DATA + 4 * i;
}

static int set_up(void **state)
{
    static const uint32_t head[] = {EAR_SANDBOX_IMAGE_MAGIC,
                                    EAR_SANDBOX_IMAGE_FORMAT | EAR_SANDBOX_CORTEX_M4 << 16,
                                    7,
                                    ZEROED,
                                    DATA,
                                    CODE,
                                    ZEROED + DATA + 8,
                                    RELOCATIONS};
    (void)state;
    memset(bytes, 0, sizeof bytes);
    for (unsigned i = 0; i < EAR_COUNT_OF(head); i++) {
        ear_le32_put(bytes + 4 * i, head[i]);
    }
    memcpy(bytes + 32, "returns", 7);
    memset(bytes + EAR_SANDBOX_IMAGE_HEAD_BYTES, 0xda, DATA);
    ear_le32_put(code_word(0), ZEROED);
    ear_le32_put(code_word(1), ZEROED + DATA + CODE);
    ear_le32_put(relocation(0), ZEROED + DATA);
    ear_le32_put(relocation(1), ZEROED + DATA + 4);
    room =
        (struct ear_sandbox_room){.memory = memory, .address = ADDRESS, .bytes = sizeof memory, .exchange_bytes = 512};
    return 0;
}

static bool loads(void)
{
    return ear_sandbox_image_read(bytes, sizeof bytes, &image) == NULL && ear_sandbox_image_place(&image, &room) &&
           ear_sandbox_image_load(&image, &room);
}

static void test_is_read_and_loaded(void **state)
{
    (void)state;
    memset(memory, 0x55, sizeof memory);
    assert_true(loads());
    assert_string_equal(image.name, "returns");
    assert_int_equal(image.counter, 7);
    assert_int_equal(room.code_part, 7);
    assert_int_equal(room.code, ADDRESS + 7 * 1024);
    assert_int_equal(room.base, room.code - ZEROED - DATA);
    assert_int_equal(room.way_back, ADDRESS + sizeof memory - 4);
    const uint8_t *code = memory + 7 * 1024;
    assert_int_equal(ear_le32_get(code), room.base + ZEROED);
    assert_int_equal(ear_le32_get(code + 4), room.base + ZEROED + DATA + CODE);
    assert_int_equal(code[-1], 0xda);
    assert_int_equal(code[-65], 0);
    assert_int_equal(memory[0], 0);
    assert_int_equal(ear_le32_get(memory + sizeof memory - 4), 0xe7fedf00u); /* svc 0; b . */
}

/* A word of the head with another value, or a shorter image. */
static void test_contradictions_are_refused(void **state)
{
    static const struct {
        unsigned at;
        uint32_t value;
    } wrong[] = {{0, 1},
                 {4, 2 | EAR_SANDBOX_CORTEX_M4 << 16},
                 {4, 1 | 3u << 16},
                 {12, 0},
                 {12, 62},
                 {12, UINT32_MAX - 3},
                 {12, (1u << 20) + 64},
                 {16, 0},
                 {16, UINT32_MAX - 63},
                 {20, 0},
                 {20, CODE + 4},
                 {20, UINT32_MAX - 3},
                 {24, ZEROED + DATA - 4},
                 {24, ZEROED + DATA + 2},
                 {24, ZEROED + DATA + CODE},
                 {24, UINT32_MAX - 3},
                 {28, RELOCATIONS + 1},
                 {28, 0x40000001u},
                 {32, 0},
                 {32, 'A'},
                 {32, '.'}};
    for (unsigned i = 0; i < EAR_COUNT_OF(wrong); i++) {
        set_up(state);
        ear_le32_put(bytes + wrong[i].at, wrong[i].value);
        assert_non_null(ear_sandbox_image_read(bytes, sizeof bytes, &image));
    }
    set_up(state);
    memset(bytes + 32, 'a', EAR_SANDBOX_IMAGE_NAME_BYTES);
    assert_non_null(ear_sandbox_image_read(bytes, sizeof bytes, &image));
    set_up(state);
    for (uint32_t length = 0; length < sizeof bytes; length++) {
        assert_non_null(ear_sandbox_image_read(bytes, length, &image));
    }
}

static void test_relocations_stay_inside(void **state)
{
    static const uint32_t places[] = {0, ZEROED - 4, ZEROED + DATA + CODE, ZEROED + DATA + 2, UINT32_MAX - 3};
    static const uint32_t targets[] = {ZEROED + DATA + CODE + 1, 0x20000000u, UINT32_MAX};
    for (unsigned i = 0; i < EAR_COUNT_OF(places); i++) {
        set_up(state);
        ear_le32_put(relocation(1), places[i]);
        assert_false(loads());
    }
    for (unsigned i = 0; i < EAR_COUNT_OF(targets); i++) {
        set_up(state);
        ear_le32_put(code_word(0), targets[i]);
        assert_false(loads());
    }
    set_up(state);
    ear_le32_put(relocation(1), ZEROED + DATA); /* the same word twice: then it points far away */
    assert_false(loads());
}

static bool fits(uint32_t zeroed, uint32_t code)
{
    const struct ear_sandbox_image wanted = {.zeroed_bytes = zeroed, .code_bytes = code};
    struct ear_sandbox_room place = {.address = ADDRESS, .bytes = sizeof memory, .exchange_bytes = 512};
    return ear_sandbox_image_place(&wanted, &place);
}

static void test_room(void **state)
{
    (void)state;
    assert_true(fits(0, 1020)); /* with the way back, one part */
    assert_true(fits(6 * 1024 - 512, 1020));
    assert_false(fits(6 * 1024 - 512 + 4, 1020));
    assert_true(fits(5 * 1024 - 512, 1024));
    assert_false(fits(5 * 1024 - 512 + 4, 1024));
    assert_true(fits(512, 6 * 1024 - 4));
    assert_false(fits(516, 6 * 1024 - 4));
    assert_false(fits(0, 6 * 1024));
    assert_false(fits(1u << 20, 1u << 20));
    struct ear_sandbox_room small = {.address = ADDRESS, .bytes = EAR_SANDBOX_ROOM_MIN / 2};
    assert_false(ear_sandbox_image_place(&image, &small));
}

static void test_withdrawn(void **state)
{
    (void)state;
    for (unsigned at = 12; at <= 28; at += 4) {
        ear_le32_put(bytes + at, 0);
    }
    assert_null(ear_sandbox_image_read(bytes, EAR_SANDBOX_IMAGE_HEAD_BYTES, &image));
    assert_true(ear_sandbox_image_is_withdrawn(&image));
    assert_non_null(ear_sandbox_image_read(bytes, EAR_SANDBOX_IMAGE_HEAD_BYTES + 4, &image));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_is_read_and_loaded, set_up),
        cmocka_unit_test_setup(test_contradictions_are_refused, set_up),
        cmocka_unit_test_setup(test_relocations_stay_inside, set_up),
        cmocka_unit_test(test_room),
        cmocka_unit_test_setup(test_withdrawn, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
