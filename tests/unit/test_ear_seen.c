/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/hear/ear_seen.h"

static struct ear_seen seen;

static int start_empty(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof(seen));
    return 0;
}

/* xorshift64 (Marsaglia, 2003) */
static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static void knows_an_id_that_came(void **state)
{
    (void)state;
    assert_false(ear_seen_add(&seen, 7));
    assert_true(ear_seen_add(&seen, 7));
    assert_false(ear_seen_add(&seen, 0));
    assert_true(ear_seen_add(&seen, 0));
    assert_true(ear_seen_add(&seen, 7));
}

static void holds_exactly_the_newest(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 3 * EAR_SEEN_IDS + 5; id++) {
        assert_false(ear_seen_add(&seen, id));
    }
    for (uint64_t id = 2 * EAR_SEEN_IDS + 6; id <= 3 * EAR_SEEN_IDS + 5; id++) {
        assert_true(ear_seen_add(&seen, id));
    }
    assert_false(ear_seen_add(&seen, 2 * EAR_SEEN_IDS + 5));
}

/* All in one bucket: chains are as long as they can be. */
static void holds_exactly_the_newest_of_one_bucket(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 2 * EAR_SEEN_IDS; id++) {
        assert_false(ear_seen_add(&seen, id << 32));
    }
    for (uint64_t id = EAR_SEEN_IDS + 1; id <= 2 * EAR_SEEN_IDS; id++) {
        assert_true(ear_seen_add(&seen, id << 32));
    }
    assert_false(ear_seen_add(&seen, (uint64_t)EAR_SEEN_IDS << 32));
}

/* Against the plain way: look at all of the newest ids. Ids come from a pool little larger than the memory, from few
 * buckets and from many. */
static void agrees_with_looking_at_all(void **state)
{
    static uint64_t newest[EAR_SEEN_IDS];
    uint64_t random = 88172645463325252u;
    size_t count = 0;
    (void)state;
    for (size_t i = 0; i < 8u * EAR_SEEN_IDS; i++) {
        uint64_t id = next_random(&random) % (EAR_SEEN_IDS + EAR_SEEN_IDS / 2 + 1);
        id = i < 4u * EAR_SEEN_IDS ? id : id * (EAR_SEEN_BUCKETS / 4);
        bool known = false;
        for (size_t j = 0; j < count && j < EAR_SEEN_IDS && !known; j++) {
            known = newest[j] == id;
        }
        assert_true(ear_seen_add(&seen, id) == known);
        if (!known) {
            newest[count++ % EAR_SEEN_IDS] = id;
        }
    }
    assert_true(count > 2u * EAR_SEEN_IDS);
}

static void its_bytes_are_all_of_it(void **state)
{
    static struct ear_seen copy;
    (void)state;
    for (uint64_t id = 0; id < EAR_SEEN_IDS + 3; id++) {
        assert_false(ear_seen_add(&seen, id * 77));
    }
    memcpy(&copy, &seen, sizeof(copy));
    memset(&seen, 0xff, sizeof(seen));
    for (uint64_t id = 3; id < EAR_SEEN_IDS + 3; id++) {
        assert_true(ear_seen_add(&copy, id * 77));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(knows_an_id_that_came, start_empty),
        cmocka_unit_test_setup(holds_exactly_the_newest, start_empty),
        cmocka_unit_test_setup(holds_exactly_the_newest_of_one_bucket, start_empty),
        cmocka_unit_test_setup(agrees_with_looking_at_all, start_empty),
        cmocka_unit_test_setup(its_bytes_are_all_of_it, start_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
