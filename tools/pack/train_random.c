/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_random.c - numbers at random (xorshift64*, Vigna 2016), the same ones on every machine. */
#include "tools/pack/train_data.h"

void train_random_seed(struct train_random *random, uint64_t seed)
{
    random->state = (seed + 1) * 0x9E3779B97F4A7C15u;
    for (int i = 0; i < 4; i++) {
        train_random_next(random);
    }
}

uint32_t train_random_next(struct train_random *random)
{
    uint64_t x = random->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return (uint32_t)(x * 0x2545F4914F6CDD1Du >> 32);
}

uint32_t train_random_below(struct train_random *random, uint32_t below)
{
    return (uint32_t)((uint64_t)train_random_next(random) * below >> 32);
}
