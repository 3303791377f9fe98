/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/ear_base.h"
#include "core/hear/ear_conversations.h"

static struct ear_conversations table;

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u; /* Numerical Recipes' LCG: plenty for a test */
    return *seed >> 8;
}

/* Both lists are sorted, complete and consistent with the flags; every item is found by its id. */
static void check_table(uint32_t expected)
{
    uint32_t seen = 0;

    for (int ended = 0; ended < 2; ended++) {
        const struct ear_conversation_list *list = ended ? &table.ended : &table.open;
        uint16_t before = EAR_NO_CONVERSATION;
        uint32_t length = 0;
        for (uint16_t i = list->oldest; i != EAR_NO_CONVERSATION; i = table.items[i].newer) {
            assert_int_equal(table.items[i].older, before);
            assert_int_equal(ear_conversation_ended(&table.items[i]), ended);
            assert_ptr_equal(ear_conversations_find(&table, table.items[i].id), &table.items[i]);
            if (before != EAR_NO_CONVERSATION) {
                assert_true(table.items[before].last_ms <= table.items[i].last_ms);
            }
            before = i;
            length++;
        }
        assert_int_equal(list->newest, before);
        assert_int_equal(list->count, length);
        seen += length;
    }
    assert_int_equal(seen, expected);
}

static void test_full_table_names_its_victim(void **state)
{
    (void)state;
    ear_conversations_init(&table);
    assert_null(ear_conversations_victim(&table));
    for (uint32_t i = 0; i < EAR_CONVERSATIONS; i++) {
        assert_non_null(ear_conversations_add(&table, 1000 + i, (int64_t)(i ^ 1u) * 1000));
    }
    assert_null(ear_conversations_add(&table, 1, 0));
    assert_int_equal(ear_conversations_victim(&table)->id, 1001); /* the longest idle */

    struct ear_conversation *ended = ear_conversations_find(&table, 1003);
    ended->flags |= EAR_CONVERSATION_ENDED;
    ear_conversations_sort(&table, ended, false);
    assert_ptr_equal(ear_conversations_victim(&table), ended); /* those that ended go first */
    check_table(EAR_CONVERSATIONS);
}

static void test_random_life(void **state)
{
    uint32_t seed = 7;
    uint32_t held = 0;
    (void)state;

    ear_conversations_init(&table);
    for (int step = 0; step < 20000; step++) {
        const uint64_t id = next_random(&seed) % (2u * EAR_CONVERSATIONS) * UINT64_C(0x100000001);
        struct ear_conversation *c = ear_conversations_find(&table, id);
        if (c == NULL) {
            if (held == EAR_CONVERSATIONS) {
                ear_conversations_remove(&table, ear_conversations_victim(&table));
                held--;
            }
            c = ear_conversations_add(&table, id, step);
            assert_non_null(c);
            held++;
            continue;
        }
        const bool was_ended = ear_conversation_ended(c);
        switch (next_random(&seed) % 4) {
        case 0:
            ear_conversations_remove(&table, c);
            held--;
            break;
        case 1:
            c->flags = (uint8_t)(c->flags ^ EAR_CONVERSATION_ENDED);
            ear_conversations_sort(&table, c, was_ended);
            break;
        default: {
            const int64_t t = (int64_t)(next_random(&seed) % 20000);
            c->last_ms = t > c->last_ms ? t : c->last_ms;
            ear_conversations_sort(&table, c, was_ended);
            break;
        }
        }
        if (step % 64 == 0) {
            check_table(held);
        }
    }
    check_table(held);
}

/* A closing that is heard late takes back what came after it: who was silent last may be silent longest then. */
static void test_a_last_event_that_is_taken_back(void **state)
{
    struct ear_conversation *c[3];
    (void)state;

    ear_conversations_init(&table);
    for (uint32_t i = 0; i < EAR_COUNT_OF(c); i++) {
        c[i] = ear_conversations_add(&table, 1 + i, 1000 * (int64_t)(1 + i));
    }
    c[2]->last_ms = 1500;
    ear_conversations_sort(&table, c[2], false);
    check_table(3);
    assert_ptr_equal(&table.items[table.open.newest], c[1]);
    c[2]->last_ms = 500;
    ear_conversations_sort(&table, c[2], false);
    check_table(3);
    assert_ptr_equal(ear_conversations_idlest(&table), c[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_table_names_its_victim),
        cmocka_unit_test(test_random_life),
        cmocka_unit_test(test_a_last_event_that_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
