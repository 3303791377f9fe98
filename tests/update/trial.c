/* SPDX-License-Identifier: Apache-2.0 */
/* tests/update/trial.c - the smallest image that can be updated: for tests/update/run. It does what it is told by
 * single letters on serial port 0:
 *
 *   c  confirm what runs       r  reset       h  hang, without feeding the watchdog
 *   u  take the image that lies in the partition `packs`: its length, and from the second sector on its bytes */
#include "platform/firmware/cpu/ear_reset.h"
#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/update/ear_image_p256.h"
#include "platform/firmware/update/ear_update.h"

#include "core/base/ear_le.h"

#include <string.h>

#define PIECE_BYTES 500u

int main(void);

static struct ear_slots slots;
static struct ear_update update;

static void say(const char *text)
{
    ear_board_serial_write(0, (const uint8_t *)text, strlen(text));
}

static void say_number(const char *before, uint32_t number)
{
    char digits[11] = {0};
    size_t at = sizeof digits - 1;
    do {
        digits[--at] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number > 0);
    say(before);
    say(&digits[at]);
}

static void feed(void *context)
{
    (void)context;
    ear_board_watchdog_feed();
}

static enum ear_err deliver(const struct ear_storage *from, uint32_t bytes, const char **why)
{
    const struct ear_delivery_port port = ear_update_delivery(&update);
    const char *name;
    uint32_t expected;
    bool restart;
    enum ear_err err = EAR_OK;
    uint32_t at = port.ops->written(port.context, &name, &expected);
    if (expected == bytes) {
        say_number("goes on at ", at);
        say("\r\n");
    } else {
        at = 0;
        err = port.ops->begin(port.context, "trial", bytes, why);
    }
    for (; err == EAR_OK && at < bytes; at += PIECE_BYTES) {
        const uint32_t piece = bytes - at < PIECE_BYTES ? bytes - at : PIECE_BYTES;
        err = port.ops->write(port.context, at, from->mapped + from->sector_bytes + at, piece, why);
        ear_board_watchdog_feed();
        say(".");
    }
    return err == EAR_OK ? port.ops->finish(port.context, &restart, why) : err;
}

static void act(uint8_t key)
{
    const struct ear_storage *packs = ear_partition_get("packs");
    const char *why = "";
    switch (key) {
    case 'c':
        say(ear_update_confirm(&update) == EAR_OK ? "confirmed\r\n" : "not confirmed\r\n");
        break;
    case 'r':
        ear_reset();
    case 'h':
        say("hangs\r\n");
        for (;;) {
        }
    case 'u':
        if (deliver(packs, ear_le32_get(packs->mapped), &why) == EAR_OK) {
            say("\r\ntaken\r\n");
        } else {
            say("\r\nrefused: ");
            say(why);
            say("\r\n");
        }
        break;
    default:
        break;
    }
}

int main(void)
{
    char version[EAR_IMAGE_VERSION_BYTES];
    uint8_t key;
    ear_board_init();
    ear_board_watchdog_start();
    ear_partitions_open();
    slots.check = ear_image_p256(&ear_boot_key);
    slots.check.alive = feed;
    if (!ear_slots_open_partitions(&slots) || ear_update_init(&update, &slots, (uint32_t)(uintptr_t)&main) != EAR_OK) {
        say("trial: runs in no slot\r\n");
        return 1;
    }
    say("trial: ");
    say(ear_image_version_text(&update.version, version));
    say(update.running == 0 ? " runs in slot a, " : " runs in slot b, ");
    say(update.confirmed ? "confirmed\r\n" : "not confirmed\r\n");
    for (;;) {
        ear_board_sleep(1000);
        ear_board_watchdog_feed();
        while (ear_board_serial_read(0, &key, 1) == 1) {
            act(key);
        }
    }
}
