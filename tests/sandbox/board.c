/* SPDX-License-Identifier: Apache-2.0 */
/* tests/sandbox/board.c - native plugins for a board that look sound until they are called. Each is one case, chosen by
 * -DHOSTILE_CASE and listed with what must become of it in cases.def. */
#include "tests/hostile/hostile.h"

#include <string.h>

#define CASE_OF(x) call_##x
#define CASE(x) CASE_OF(x)
#define TEST(name) __attribute__((unused)) static int call_##name(const struct ear_plugin_call *call)

#if defined(HOSTILE_WRITES_BEHIND_STATE) || defined(HOSTILE_WRITES_BEFORE_STATE)
#define STATE_BYTES 8
#else
#define STATE_BYTES 0
#endif

#define RAM 0x20000000u
#define FLASH 0x21000000u /* of which the identity is a part */
#define IDENTITY 0x21210000u
#define HOST_CODE 0x00000000u
#define UART 0x40004000u
#define SYSTEM 0xe000e000u
#define WORD(address) (*(volatile uint32_t *)(uintptr_t)(address))

static volatile uint32_t sink;

static int use(uint32_t value)
{
    sink = value;
    return 0;
}

static int spin(void)
{
    while (sink == 0 || sink != 0) {
    }
    return 0;
}

/* --- reads what is not its own: secrets, the host's memory and code, registers --- */

TEST(reads_host_ram)
{
    return use(WORD(RAM + (uintptr_t)call % 4));
}
TEST(reads_host_stack)
{
    return use(WORD(RAM + 0x2000 + call->struct_size % 4));
}
TEST(reads_host_code)
{
    return use(WORD(HOST_CODE + 0x100 + call->struct_size % 4));
}
TEST(reads_identity)
{
    return use(WORD(IDENTITY + call->struct_size % 4));
}
TEST(reads_uart)
{
    return use(WORD(UART + call->struct_size % 4));
}
TEST(reads_system)
{
    return use(WORD(SYSTEM + 0xd00 + call->struct_size % 4));
}
TEST(reads_cycles)
{
    return use(WORD(0xe0001004u + call->struct_size % 4));
}

/* The memory of the plugin beside it, whichever side that is. */
TEST(reads_neighbour)
{
    const uint32_t own = (uint32_t)(uintptr_t)&sink & ~0x7fffu;
    return use(WORD(own - 0x8000 + 0x1000 + call->struct_size % 4));
}
TEST(reads_neighbour_above)
{
    const uint32_t own = (uint32_t)(uintptr_t)&sink & ~0x7fffu;
    return use(WORD(own + 0x8000 + 0x1000 + call->struct_size % 4));
}

/* What the host had in its registers. A fault if there was anything. */
__attribute__((naked, unused)) static int call_reads_registers(const struct ear_plugin_call *call)
{
    __asm__ volatile("orrs r4, r5\n\torrs r4, r6\n\torrs r4, r7\n\torr r4, r8\n\torr r4, r9\n\torr r4, r10\n\t"
                     "orr r4, r11\n\torr r4, r12\n\torr r4, r1\n\torr r4, r2\n\torrs r4, r3\n\tmov r0, #0\n\t"
                     "it ne\n\tmovne r0, #-1\n\tbx lr");
}

/* --- writes where it must not --- */

TEST(writes_host_ram)
{
    return use(WORD(RAM + 0x8000) = call->struct_size);
}
TEST(writes_vectors)
{
    return use(WORD(HOST_CODE) = call->struct_size);
}
TEST(writes_flash)
{
    return use(WORD(FLASH) = call->struct_size);
}
TEST(writes_uart)
{
    return use(WORD(UART) = call->struct_size);
}
TEST(writes_watchdog)
{
    return use(WORD(0x40008008u) = call->struct_size);
}
TEST(writes_null)
{
    return use(WORD(8) = call->struct_size);
}
TEST(resets)
{
    return use(WORD(SYSTEM + 0xd0c) = 0x05fa0004u + call->struct_size % 4);
}
TEST(moves_vectors)
{
    return use(WORD(SYSTEM + 0xd08) = (uint32_t)(uintptr_t)call);
}
TEST(disables_protection)
{
    return use(WORD(SYSTEM + 0xd94) = call->struct_size % 4);
}
TEST(stops_timer)
{
    return use(WORD(SYSTEM + 0x010) = call->struct_size % 4);
}
TEST(raises_interrupt)
{
    return use(WORD(SYSTEM + 0xf00) = call->struct_size % 4);
}
TEST(writes_text)
{
    *(volatile char *)call->turn->text = 'x';
    return 0;
}
TEST(writes_question)
{
    *(volatile uint16_t *)&call->turn->text_length = 60000;
    return 0;
}
TEST(writes_constants)
{
    *(volatile char *)hostile_labels[0] = 'x';
    return (int)call->struct_size;
}
TEST(writes_code)
{
    *(volatile uint16_t *)((uintptr_t)&use & ~1u) = (uint16_t)call->struct_size;
    return 0;
}
TEST(writes_behind_state)
{
    memset(call->state, 0x55, STATE_BYTES + 8);
    return 0;
}
TEST(writes_before_state)
{
    volatile char *at = call->state;
    for (int i = 1; i < 8; i++) {
        at[-i] = 0x55;
    }
    return 0;
}
TEST(writes_everywhere)
{
    volatile char *at = call->state;
    for (;;) {
        *at++ = (char)call->struct_size;
    }
}

/* --- wants to be more than it is --- */

TEST(masks_interrupts)
{
    __asm__ volatile("cpsid i\n\tcpsid f\n\tmsr basepri, %0" ::"r"(0xffu));
    return call != NULL ? spin() : 0;
}
TEST(becomes_privileged)
{
    __asm__ volatile("msr control, %0\n\tisb" ::"r"(0u));
    return use(WORD(RAM + 0x8000) = call->struct_size);
}
TEST(returns_to_handler)
{
    (void)call;
    __asm__ volatile("bx %0" ::"r"(0xfffffff9u));
    return 0;
}
TEST(calls_system)
{
    __asm__ volatile("svc 7");
    return (int)call->struct_size;
}
TEST(comes_back_early)
{
    __asm__ volatile("mov r0, #0\n\tsvc 0");
    return (int)call->struct_size;
}
TEST(calls_without_stack)
{
    (void)call;
    __asm__ volatile("mov sp, %0\n\tsvc 0" ::"r"(RAM + 0x4000));
    return 0;
}
TEST(faults_without_stack)
{
    (void)call;
    __asm__ volatile("mov sp, %0\n\tudf 0" ::"r"(0u));
    return 0;
}
TEST(divides_without_stack)
{
    (void)call;
    __asm__ volatile("mov sp, %0\n\tsdiv %0, %0, %0" ::"r"(0u));
    return 0;
}
TEST(loops_without_stack)
{
    (void)call;
    __asm__ volatile("mov sp, %0\n1: b 1b" ::"r"(0u));
    return 0;
}
TEST(runs_data)
{
    static volatile uint16_t code[] = {0x2000, 0x4770};
    (void)call;
    return ((int (*)(void))((uintptr_t)code | 1))();
}
TEST(runs_stack)
{
    volatile uint16_t code[] = {0x2000, 0x4770};
    (void)call;
    return ((int (*)(void))((uintptr_t)code | 1))();
}
TEST(runs_text)
{
    return ((int (*)(void))((uintptr_t)call->turn->text | 1))();
}
TEST(runs_host_code)
{
    (void)call;
    return ((int (*)(void))(HOST_CODE + 0x101u))();
}
TEST(runs_peripheral)
{
    (void)call;
    return ((int (*)(void))(UART | 1))();
}

/* --- crashes, does not return --- */

TEST(runs_nonsense)
{
    (void)call;
    __builtin_trap();
}
TEST(uses_coprocessor)
{
    (void)call;
    __asm__ volatile(".short 0xee00, 0x0a10"); /* VMOV S0, R0 */
    return 0;
}
TEST(runs_arm)
{
    (void)call;
    __asm__ volatile("bx %0" ::"r"((uint32_t)(uintptr_t)&use & ~1u));
    return 0;
}
TEST(divides_by_zero)
{
    volatile int nothing = 0;
    return use((uint32_t)((int)call->struct_size / nothing));
}
TEST(breaks)
{
    (void)call;
    __asm__ volatile("bkpt 0");
    return 0;
}
TEST(ends_emulator) /* by semihosting, as if all were well */
{
    static const uint32_t block[] = {0x20026, 0};
    (void)call;
    __asm__ volatile("mov r0, #0x20\n\tmov r1, %0\n\tbkpt 0xab" ::"r"(block) : "r0", "r1", "memory");
    return 0;
}
static int deeper(volatile char *above)
{
    volatile char here[256];
    here[0] = above[0];
    return sink == 77 ? 0 : deeper(here) + here[0];
}
TEST(overflows_stack)
{
    volatile char first = (char)call->struct_size;
    return use((uint32_t)deeper(&first));
}
TEST(jumps_over_stack)
{
    volatile char big[20000];
    big[0] = (char)call->struct_size;
    return use((uint32_t)big[0]);
}
TEST(loops)
{
    return call != NULL ? spin() : 0;
}
TEST(waits)
{
    for (sink = call->struct_size;;) {
        __asm__ volatile("wfi");
    }
}
TEST(sends_events)
{
    for (sink = call->struct_size;;) {
        __asm__ volatile("sev\n\twfe\n\tyield");
    }
}
TEST(fails)
{
    (void)call;
    return -5;
}
TEST(misaligned)
{
    uint32_t some[4];
    (void)call;
    __asm__ volatile("ldrd r2, r3, [%0]" ::"r"((uintptr_t)some + 1) : "r2", "r3", "memory");
    return 0;
}

/* --- after a fault nothing of the call is left --- */

static uint32_t once = 5;
TEST(remembers)
{
    if (once != 5) {
        return -5; /* "returned" would tell */
    }
    once = call->struct_size;
    return use(WORD(RAM));
}

/* --- and these behave --- */

TEST(behaves)
{
    (void)call;
    return 0;
}
TEST(uses_libc) /* memory and division of the library, tables of pointers, data of every kind */
{
    static int (*const table[])(uint32_t) = {use, use};
    static char copy[32];
    static uint64_t sum = 1;
    memset(copy, 0, sizeof copy);
    memcpy(copy, call->turn->text, call->turn->text_length < 31 ? call->turn->text_length : 31);
    sum += strlen(copy) * 1000000007ull / (call->turn->token_count + 3u);
    const double half = (double)sum / 2.0;
    return table[sum & 1]((uint32_t)half) != 0 || strcmp(hostile_labels[0], "hostile") != 0 ? -1 : 0;
}

#define NAMED_OF(x) .name = #x
#define NAMED(x) NAMED_OF(x)
EAR_PLUGIN(call, HOSTILE_SOUND, NAMED(HOSTILE_CASE), .state_size = STATE_BYTES, .on_turn = CASE(HOSTILE_CASE));
