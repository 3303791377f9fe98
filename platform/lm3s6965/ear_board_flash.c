/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lm3s6965/ear_board_flash.c - the 256 KB of flash, to be read. The chip could write them; QEMU's cannot. */
#include "platform/firmware/ear_board.h"

#include <string.h>

/** The address is opaque to the compiler: flash begins at 0, where no object can be. */
static const uint8_t *flash_at(uint32_t address)
{
    const uint8_t *base = (const uint8_t *)EAR_BOARD_FLASH_BASE;
    __asm__("" : "+r"(base));
    return base + address;
}

static int flash_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    memcpy(bytes, flash_at(address), length);
    return 0;
}

static int flash_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    (void)address;
    (void)bytes;
    (void)length;
    return EAR_ERR_IO;
}

static int flash_erase(void *context, uint32_t address)
{
    (void)context;
    (void)address;
    return EAR_ERR_IO;
}

static int flash_sync(void *context)
{
    (void)context;
    return 0;
}

const struct ear_storage *ear_board_flash(void)
{
    static const struct ear_storage_ops ops = {flash_read, flash_program, flash_erase, flash_sync};
    static struct ear_storage flash = {.ops = &ops,
                                       .sector_bytes = EAR_BOARD_SECTOR_BYTES,
                                       .sector_count = EAR_BOARD_FLASH_BYTES / EAR_BOARD_SECTOR_BYTES};
    flash.mapped = flash_at(0);
    return &flash;
}
