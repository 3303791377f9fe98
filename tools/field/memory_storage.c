/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/memory_storage.h"

#include <string.h>

static int read_bytes(void *context, uint32_t address, void *bytes, uint32_t length)
{
    const struct memory_storage *storage = context;

    memcpy(bytes, storage->bytes + address, length);
    return 0;
}

/* As flash: ones become zeros, and nothing else. */
static int program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    struct memory_storage *storage = context;
    const uint8_t *from = bytes;

    if (storage->read_only) {
        return EAR_ERR_IO;
    }
    for (uint32_t i = 0; i < length; i++) {
        storage->bytes[address + i] &= from[i];
    }
    return 0;
}

static int erase(void *context, uint32_t address)
{
    struct memory_storage *storage = context;

    if (storage->read_only) {
        return EAR_ERR_IO;
    }
    memset(storage->bytes + address, 0xff, storage->port.sector_bytes);
    return 0;
}

static int sync_nothing(void *context)
{
    (void)context;
    return 0;
}

void memory_storage_init(struct memory_storage *storage, uint8_t *bytes, uint32_t sector_bytes, uint32_t sector_count)
{
    static const struct ear_storage_ops ops = {read_bytes, program, erase, sync_nothing};

    *storage = (struct memory_storage){
        .port = {.ops = &ops,
                 .context = storage,
                 .sector_bytes = sector_bytes,
                 .sector_count = sector_count,
                 .mapped = bytes},
        .bytes = bytes,
    };
}
