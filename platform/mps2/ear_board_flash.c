/* SPDX-License-Identifier: Apache-2.0 */
/* platform/mps2/ear_board_flash.c - 16 MB of PSRAM as if they were NOR flash: programming can only clear bits, erasing
 * sets a whole sector. QEMU can keep them in a file (tools/run-board --flash). Mapped. */
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_board.h"

#include <assert.h>
#include <string.h>

static uint8_t *at(uint32_t address)
{
    return (uint8_t *)(uintptr_t)(EAR_BOARD_FLASH_BASE + address);
}

static int flash_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    memcpy(bytes, at(address), length);
    return 0;
}

/** What would set a bit leaves it cleared, as in flash; whoever wrote it finds out by its checksums. */
static int flash_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    assert(address % 4u == 0 && length % 4u == 0);
    const uint8_t *from = bytes;
    for (uint32_t i = 0; i < length; i += 4u) {
        uint32_t word;
        memcpy(&word, from + i, sizeof word);
        volatile uint32_t *to = (volatile uint32_t *)(uintptr_t)(EAR_BOARD_FLASH_BASE + address + i);
        *to = *to & word;
    }
    return 0;
}

static int flash_erase(void *context, uint32_t address)
{
    (void)context;
    assert(address % EAR_BOARD_SECTOR_BYTES == 0);
    memset(at(address), 0xff, EAR_BOARD_SECTOR_BYTES);
    return 0;
}

static int flash_sync(void *context)
{
    (void)context;
    __asm__ volatile("dsb" ::: "memory");
    return 0;
}

const struct ear_storage *ear_board_flash(void)
{
    static const struct ear_storage_ops ops = {flash_read, flash_program, flash_erase, flash_sync};
    static const struct ear_storage flash = {.ops = &ops,
                                             .sector_bytes = EAR_BOARD_SECTOR_BYTES,
                                             .sector_count = EAR_BOARD_FLASH_BYTES / EAR_BOARD_SECTOR_BYTES,
                                             .mapped = (const uint8_t *)EAR_BOARD_FLASH_BASE};
    return &flash;
}
