/* SPDX-License-Identifier: Apache-2.0 */
/* tests/board/faults.c - a program for a board that does on a key's word what must never happen, and after the reset
 * says what it knows of it. tests/board/faults types the keys, in QEMU. */
#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/cpu/ear_reset.h"
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_board.h"

#include <string.h>

static void say(const char *text)
{
    ear_board_serial_write(0, (const uint8_t *)text, strlen(text));
}

static void say_number(const char *name, uint32_t number)
{
    char digits[11];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number > 0);
    say(name);
    say(&digits[at]);
    say("\r\n");
}

static uint32_t run_over(uint32_t depth)
{
    volatile uint32_t some[64];
    some[depth % 64u] = depth;
    return depth == 0 ? 0 : run_over(depth + 1) + some[depth % 64u];
}

static void act(uint8_t key)
{
    switch (key) {
    case 'r':
        ear_reset();
    case 'h':
        ((void (*)(void))(uintptr_t)0xe0000001u)(); /* never executable: Armv7-M, B3.1 */
        break;
    case 'a':
        __builtin_trap();
    case 's':
        say_number("s ", run_over(1));
        break;
    case 'w':
        for (;;) {
        }
    default:
        say_number("ms ", (uint32_t)ear_board_monotonic_ms());
        say_number("ticks ", ear_board_ticks());
        say_number("stack ", ear_start_stack_used());
        break;
    }
}

int main(void)
{
    struct ear_fault_record fault;
    ear_board_init();
    say(EAR_BOARD_NAME "\r\n");
    say_number("start ", ear_board_start_cause());
    if (ear_fault_take(&fault)) {
        say(ear_fault_name(fault.kind));
        say_number(" pc ", fault.pc);
        say_number(" status ", fault.status);
        say_number(" address ", fault.address);
        say_number(" uptime ", fault.uptime_ms);
        say_number(" count ", fault.count);
    }
    say("ready\r\n");
    ear_board_watchdog_start();
    for (;;) {
        uint8_t key;
        ear_board_sleep(1000);
        ear_board_watchdog_feed();
        while (ear_board_serial_read(0, &key, 1) == 1) {
            act(key);
        }
    }
}
