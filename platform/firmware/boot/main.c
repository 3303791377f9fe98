/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/boot/main.c - the boot loader: looks which slot may run (ear_slots.h), says so on serial port 0,
 * and starts it. Of a slot that it need not check it says what the slot's trailer says, and that it was not checked.
 * The watchdog runs from here on, so that an image that hangs before it feeds it is not started again. Where none can
 * start, the watchdog resets the device, which then looks again. */
#include "platform/firmware/boot/ear_boot_start.h"
#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/update/ear_image_p256.h"
#include "platform/firmware/update/ear_slots.h"

#include <string.h>

int main(void);

static void say(const char *text)
{
    ear_board_serial_write(0, (const uint8_t *)text, strlen(text));
}

static void say_slot(unsigned which, const struct ear_slot_look *look)
{
    static const char *const states[] = {"empty", "new", "given up: it never proved itself", "confirmed", "refused"};
    char version[EAR_IMAGE_VERSION_BYTES];
    say(which == 0 ? "boot: slot a: " : "boot: slot b: ");
    if (look->is_read) {
        say(ear_image_version_text(&look->image.version, version));
        say(", ");
    }
    say(states[look->state]);
    if (look->state == EAR_SLOT_EMPTY || look->state == EAR_SLOT_REFUSED) {
        say(": ");
        say(look->why);
    } else if (!look->is_checked) {
        say(", not checked");
    }
    say("\r\n");
}

static void feed(void *context)
{
    (void)context;
    ear_board_watchdog_feed();
}

int main(void)
{
    struct ear_slots slots = {.check = ear_image_p256(&ear_boot_key)};
    struct ear_slot_look looks[EAR_SLOTS];
    ear_board_init();
    ear_board_watchdog_start();
    ear_partitions_open();
    ear_slots_open_partitions(&slots);
    slots.check.alive = feed;
    const int which = ear_slots_start(&slots, looks);
    for (unsigned i = 0; i < EAR_SLOTS; i++) {
        say_slot(i, &looks[i]);
    }
    if (which >= 0) {
        say(which == 0 ? "boot: starts slot a\r\n" : "boot: starts slot b\r\n");
        ear_board_watchdog_feed();
        ear_boot_start(slots.slot[which].address + looks[which].image.head_bytes);
    }
    say("boot: no slot can start. A reset tries again, and comes by itself\r\n");
    for (;;) { /* until the watchdog ends it */
    }
}
