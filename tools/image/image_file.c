/* SPDX-License-Identifier: Apache-2.0 */
/* tools/image/image_file.c - the storage port over bytes in memory. */
#include "tools/image/image_file.h"

#include <string.h>

#define SECTOR_BYTES 4096u

static int port_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    const struct image_file *file = context;
    const size_t there = address >= file->length                   ? 0
                         : file->length - address < (size_t)length ? file->length - address
                                                                   : length;
    memset(bytes, 0xff, length);
    if (there > 0) {
        memcpy(bytes, file->bytes + address, there);
    }
    return 0;
}

static int port_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context, (void)address, (void)bytes, (void)length;
    return EAR_ERR_IO;
}

static int port_erase(void *context, uint32_t address)
{
    (void)context, (void)address;
    return EAR_ERR_IO;
}

static int port_sync(void *context)
{
    (void)context;
    return 0;
}

void image_file_init(struct image_file *file, const void *bytes, size_t length)
{
    static const struct ear_storage_ops ops = {
        .read = port_read, .program = port_program, .erase = port_erase, .sync = port_sync};
    *file = (struct image_file){.bytes = bytes, .length = length};
    file->storage = (struct ear_storage){.ops = &ops,
                                         .context = file,
                                         .sector_bytes = SECTOR_BYTES,
                                         .sector_count = (uint32_t)(length / SECTOR_BYTES + 2)};
}

uint32_t image_file_room(const struct image_file *file)
{
    return (file->storage.sector_count - 1) * SECTOR_BYTES;
}
