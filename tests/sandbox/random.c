/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/random.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "platform/firmware/cpu/ear_start.h"

#define BYTES 8192u
#define PART (BYTES / EAR_SANDBOX_PARTS)
#define CODE_PART 4u
#define WAY_BACK 0xe7fedf00u
#define SYSTICK_CONTROL 0xe000e010u
#define DEADLINE_US 100u
#define LOOK_EVERY 64u /* a sum over all that is watched takes a while */

static uint8_t memory[BYTES] __attribute__((aligned(BYTES)));
static uint8_t input[256] __attribute__((aligned(256)));
static uint32_t seed = 1;

/* xorshift32 (Marsaglia, 2003) */
static uint32_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* Half of it is anything; the other half can be executed for longer: moves, sums, loads, stores and short branches. */
static uint16_t instruction(void)
{
    static const uint16_t bases[] = {0x2000, 0x1800, 0x6000, 0x6800, 0x4000, 0x4600,
                                     0xb400, 0xbc00, 0xd000, 0xe000, 0x4700, 0xb660};
    const uint32_t any = draw();
    return (uint16_t)((any & 0x10000u) != 0 ? any : bases[(any >> 20) % EAR_COUNT_OF(bases)] | (any & 0xffu));
}

static void fill(struct ear_sandbox_room *room)
{
    *room = (struct ear_sandbox_room){.memory = memory,
                                      .address = (uint32_t)(uintptr_t)memory,
                                      .bytes = BYTES,
                                      .code_part = CODE_PART,
                                      .code_bytes = BYTES - CODE_PART * PART};
    room->code = room->base = room->address + CODE_PART * PART;
    room->way_back = room->address + BYTES - 4;
    memset(memory, 0, CODE_PART * PART);
    for (uint32_t at = CODE_PART * PART; at < BYTES; at += 2) {
        const uint16_t word = instruction();
        memcpy(memory + at, &word, sizeof word);
    }
    ear_le32_put(memory + BYTES - 4, WAY_BACK);
}

/* What a plugin must not change, as one number. */
static uint32_t host_state(void)
{
    static const uint32_t registers[] = {0xe000ed94, 0xe000ed08,      0xe000ed10, 0xe000ed14,
                                         0xe000ed24, SYSTICK_CONTROL, 0xe000e100};
    uint32_t control, primask, basepri, faultmask;
    uint32_t sum = 0;
    __asm__ volatile("mrs %0, control" : "=r"(control));
    __asm__ volatile("mrs %0, primask" : "=r"(primask));
    __asm__ volatile("mrs %0, basepri" : "=r"(basepri));
    __asm__ volatile("mrs %0, faultmask" : "=r"(faultmask));
    for (unsigned i = 0; i < EAR_COUNT_OF(registers); i++) {
        const uint32_t value = EAR_REGISTER(registers[i]);
        sum = sum * 31u + (registers[i] == SYSTICK_CONTROL ? value & 7u : value); /* above: whether time has run out */
    }
    return sum * 31u + (control | primask << 8 | basepri << 16 | faultmask << 24);
}

unsigned sandbox_random(unsigned rounds, const void *watched, uint32_t bytes, uint32_t ends[SANDBOX_RANDOM_ENDS])
{
    const struct ear_sandbox_input readable = {.address = (uint32_t)(uintptr_t)input, .bytes = sizeof input};
    const uint32_t before = host_state();
    const uint32_t sum = ear_crc32(0, watched, bytes);
    unsigned changed = 0;
    for (unsigned i = 1; i <= rounds; i++) {
        struct ear_sandbox_room room;
        fill(&room);
        const uint32_t function = room.code + draw() % (room.code_bytes - 4);
        const struct ear_sandbox_ending ending =
            ear_sandbox_cpu_run(&room, &readable, function, draw(), readable.address, DEADLINE_US);
        ends[ending.end]++;
        changed += host_state() != before;
        changed += i % LOOK_EVERY == 0 && ear_crc32(0, watched, bytes) != sum;
    }
    return changed;
}
