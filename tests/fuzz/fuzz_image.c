/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_image.c - any bytes as a slot with a firmware image: what is taken lies within the room, and nothing
 * runs, since nothing of it was signed. */
#include <stdlib.h>
#include <string.h>

#include "platform/firmware/update/ear_slots.h"

#define SECTOR_BYTES 256u
#define SECTORS 16u
#define ADDRESS 0x21000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    const uint8_t *data;
    size_t size;
};

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static int port_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    const struct bytes *from = context;
    check(address < SECTOR_BYTES * SECTORS && length <= SECTOR_BYTES - address % SECTOR_BYTES);
    for (uint32_t i = 0; i < length; i++) {
        ((uint8_t *)bytes)[i] = address + i < from->size ? from->data[address + i] : 0xff;
    }
    return 0;
}

/* Choosing marks a slot as started only after its signature was right, so nothing here is ever written. */
static int port_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context, (void)address, (void)bytes, (void)length;
    abort();
}

static int port_erase(void *context, uint32_t address)
{
    (void)context, (void)address;
    abort();
}

static int port_sync(void *context)
{
    (void)context;
    return 0;
}

static enum ear_err verify(const void *context, const uint8_t key_hash[32], const uint8_t hash[32],
                           const uint8_t signature[64])
{
    (void)context, (void)key_hash, (void)hash, (void)signature;
    return EAR_ERR_CORRUPT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ear_storage_ops ops = {port_read, port_program, port_erase, port_sync};
    struct bytes bytes[3] = {{data, size}, {data, size / 2}, {data + size / 2, size - size / 2}};
    struct ear_storage storage[3];
    struct ear_slots slots = {.check = {.verify = verify}};
    struct ear_slot_look looks[EAR_SLOTS];
    struct ear_image image;
    const char *why = NULL;
    for (unsigned i = 0; i < 3; i++) {
        storage[i] = (struct ear_storage){
            .ops = &ops, .context = &bytes[i], .sector_bytes = SECTOR_BYTES, .sector_count = SECTORS};
    }
    const uint32_t room = ear_slots_room(&storage[0]);
    if (ear_image_read(&storage[0], room, &image, &why) == EAR_OK) {
        check(image.bytes <= room && image.signed_bytes < image.bytes);
        check(image.head_bytes + image.body_bytes < image.signed_bytes);
    } else {
        check(why != NULL && why[0] != '\0');
    }
    slots.slot[0] = (struct ear_slot){&storage[0], ADDRESS};
    slots.slot[1] = (struct ear_slot){&storage[1], ADDRESS + SECTOR_BYTES * SECTORS};
    slots.boot = &storage[2];
    check(ear_slots_start(&slots, looks) == EAR_SLOTS_NONE);
    return 0;
}
