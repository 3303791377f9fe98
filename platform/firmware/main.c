/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/main.c - an image that counts what comes in on its serial ports and over its network. */
#include "platform/firmware/ear_firmware.h"

#define LONGEST_SLEEP_MS 1000u /* well below what the watchdog allows */

int main(void)
{
    static struct ear_firmware firmware;
    ear_firmware_open(&firmware);
    for (;;) {
        ear_firmware_turn(&firmware, LONGEST_SLEEP_MS);
    }
}
