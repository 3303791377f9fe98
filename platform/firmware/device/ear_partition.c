/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/device/ear_partition.c - windows on the board's flash. */
#include "platform/firmware/device/ear_partition.h"

#include "platform/firmware/ear_board.h"

#include <assert.h>
#include <string.h>

struct place {
    const char *name;
    uint32_t offset;
    uint32_t bytes;
};

static const struct place places[EAR_PARTITIONS] = {
#define EAR_PARTITION(ident, at, size) {.name = #ident, .offset = (at), .bytes = (size)},
#include "ear_partitions.def"
#undef EAR_PARTITION
};
#define EAR_PARTITION(ident, at, size)                                                                           \
    static_assert((at) % EAR_BOARD_SECTOR_BYTES == 0 && (size) % EAR_BOARD_SECTOR_BYTES == 0, "whole sectors");  \
    static_assert((size) >= 2u * EAR_BOARD_SECTOR_BYTES && (at) + (size) <= EAR_BOARD_FLASH_BYTES, "within the " \
                                                                                                   "flash");
#include "ear_partitions.def"
#undef EAR_PARTITION

static struct ear_storage partitions[EAR_PARTITIONS];

static int read_flash(void *context, uint32_t address, void *bytes, uint32_t length)
{
    const struct place *place = context;
    const struct ear_storage *flash = ear_board_flash();
    assert(address <= place->bytes && length <= place->bytes - address);
    return flash->ops->read(flash->context, place->offset + address, bytes, length);
}

static int program_flash(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    const struct place *place = context;
    const struct ear_storage *flash = ear_board_flash();
    assert(address <= place->bytes && length <= place->bytes - address);
    return flash->ops->program(flash->context, place->offset + address, bytes, length);
}

static int erase_flash(void *context, uint32_t address)
{
    const struct place *place = context;
    const struct ear_storage *flash = ear_board_flash();
    assert(address < place->bytes);
    return flash->ops->erase(flash->context, place->offset + address);
}

static int sync_flash(void *context)
{
    const struct ear_storage *flash = ear_board_flash();
    (void)context;
    return flash->ops->sync(flash->context);
}

static bool overlap(const struct place *left, const struct place *right)
{
    return left->offset < right->offset + right->bytes && right->offset < left->offset + left->bytes;
}

void ear_partitions_open(void)
{
    static const struct ear_storage_ops ops = {read_flash, program_flash, erase_flash, sync_flash};
    const struct ear_storage *flash = ear_board_flash();
    for (unsigned i = 0; i < EAR_PARTITIONS; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert(!overlap(&places[i], &places[j]));
        }
        /* As a number: a flash that begins at address 0 is mapped at what C takes for no address. */
        const uintptr_t mapped = (uintptr_t)flash->mapped + places[i].offset;
        partitions[i] = (struct ear_storage){.ops = &ops,
                                             .context = (void *)(uintptr_t)&places[i],
                                             .sector_bytes = flash->sector_bytes,
                                             .sector_count = places[i].bytes / flash->sector_bytes,
                                             .mapped = (const uint8_t *)mapped};
    }
}

const struct ear_storage *ear_partition_get(const char *name)
{
    for (unsigned i = 0; i < EAR_PARTITIONS; i++) {
        if (strcmp(places[i].name, name) == 0) {
            return &partitions[i];
        }
    }
    return NULL;
}

bool ear_partitions_are_writable(void)
{
    return EAR_BOARD_FLASH_WRITABLE != 0;
}
