/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_storage.h"

#include <string.h>

static uint32_t size_of(const struct fake_storage *fake)
{
    return fake->port.sector_bytes * fake->port.sector_count;
}

static uint32_t next_random(struct fake_storage *fake)
{
    fake->random = fake->random * 1664525u + 1013904223u;
    return fake->random >> 8;
}

static void touch(struct fake_storage *fake, uint32_t address, uint32_t length)
{
    fake->dirty_from = address < fake->dirty_from ? address : fake->dirty_from;
    fake->dirty_to = address + length > fake->dirty_to ? address + length : fake->dirty_to;
}

static void make_durable(struct fake_storage *fake)
{
    if (fake->dirty_from < fake->dirty_to) {
        memcpy(fake->durable + fake->dirty_from, fake->bytes + fake->dirty_from, fake->dirty_to - fake->dirty_from);
    }
    fake->dirty_from = size_of(fake);
    fake->dirty_to = 0;
}

/* Counts every call; true if this one fails. */
static bool fails(struct fake_storage *fake, uint32_t *counter)
{
    (*counter)++;
    uint32_t calls = fake->reads + fake->programs + fake->erases + fake->syncs;
    bool armed = fake->fail_at != 0 && (calls == fake->fail_at || (fake->fail_for_good && calls > fake->fail_at));
    return fake->off || armed;
}

static bool is_in_sector(const struct fake_storage *fake, uint32_t address, uint32_t length)
{
    uint32_t offset = address % fake->port.sector_bytes;
    return address < size_of(fake) && length <= fake->port.sector_bytes - offset;
}

static bool power_goes(struct fake_storage *fake)
{
    return fake->cut_at != 0 && fake->programs + fake->erases + fake->syncs == fake->cut_at;
}

/* The last thing that the storage does before the cut: going from what it holds to `wanted`. */
static void cut_power(struct fake_storage *fake, uint32_t address, const uint8_t *wanted, uint32_t length)
{
    uint32_t done = fake->cut == FAKE_CUT_AFTER ? length : fake->cut == FAKE_CUT_HALF ? length / 2 : 0;
    memcpy(fake->bytes + address, wanted, done);
    for (uint32_t i = 0; fake->cut == FAKE_CUT_BITS && i < length; i++) {
        uint8_t changed = (uint8_t)next_random(fake);
        uint8_t *byte = fake->bytes + address + i;
        *byte = (uint8_t)((*byte & ~changed) | (wanted[i] & changed));
    }
    for (uint32_t page = 0; fake->lose_unsynced && page < size_of(fake); page += FAKE_STORAGE_PAGE) {
        if ((next_random(fake) & 1u) != 0) {
            memcpy(fake->bytes + page, fake->durable + page, FAKE_STORAGE_PAGE);
        }
    }
    memcpy(fake->durable, fake->bytes, size_of(fake));
    fake->off = true;
}

static int port_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    struct fake_storage *fake = context;
    const bool failed = fails(fake, &fake->reads);
    if (failed || (fake->fail_read_at != 0 && fake->reads - fake->fail_read_at < fake->fail_reads)) {
        memset(bytes, 0x5a, length); /* nobody may rely on what a failed read leaves */
        return EAR_ERR_IO;
    }
    fake->broken_rules += !is_in_sector(fake, address, length);
    memcpy(bytes, fake->bytes + address, length);
    return 0;
}

/* Words are programmed once after an erase; later only to zero. */
static bool keeps_the_rules(const struct fake_storage *fake, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    if (address % 4 != 0 || length % 4 != 0 || !is_in_sector(fake, address, length)) {
        return false;
    }
    for (uint32_t i = 0; i < length; i += 4) {
        static const uint8_t erased[4] = {0xff, 0xff, 0xff, 0xff};
        static const uint8_t zero[4] = {0, 0, 0, 0};
        bool fresh = memcmp(fake->bytes + address + i, erased, 4) == 0;
        if (!fresh && memcmp(bytes + i, zero, 4) != 0) {
            return false;
        }
    }
    return true;
}

static int port_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    struct fake_storage *fake = context;
    if (fails(fake, &fake->programs)) {
        return EAR_ERR_IO;
    }
    if (!keeps_the_rules(fake, address, bytes, length)) {
        fake->broken_rules++;
        return EAR_ERR_IO;
    }
    if (power_goes(fake)) {
        cut_power(fake, address, bytes, length);
        return EAR_ERR_IO;
    }
    memcpy(fake->bytes + address, bytes, length);
    touch(fake, address, length);
    return 0;
}

static int port_erase(void *context, uint32_t address)
{
    static uint8_t erased[EAR_STORAGE_SECTOR_MAX];
    struct fake_storage *fake = context;
    if (fails(fake, &fake->erases)) {
        return EAR_ERR_IO;
    }
    if (address % fake->port.sector_bytes != 0 || address >= size_of(fake)) {
        fake->broken_rules++;
        return EAR_ERR_IO;
    }
    if (power_goes(fake)) {
        memset(erased, 0xff, sizeof erased);
        cut_power(fake, address, erased, fake->port.sector_bytes);
        return EAR_ERR_IO;
    }
    memset(fake->bytes + address, 0xff, fake->port.sector_bytes);
    touch(fake, address, fake->port.sector_bytes);
    return 0;
}

static int port_sync(void *context)
{
    struct fake_storage *fake = context;
    if (fails(fake, &fake->syncs)) {
        return EAR_ERR_IO;
    }
    if (power_goes(fake)) {
        if (fake->cut == FAKE_CUT_AFTER) {
            memcpy(fake->durable, fake->bytes, size_of(fake));
        }
        cut_power(fake, 0, fake->bytes, 0);
        return EAR_ERR_IO;
    }
    make_durable(fake);
    return 0;
}

static const struct ear_storage_ops fake_ops = {
    .read = port_read, .program = port_program, .erase = port_erase, .sync = port_sync};

void fake_storage_init(struct fake_storage *fake, uint32_t sector_bytes, uint32_t sector_count)
{
    memset(fake, 0, offsetof(struct fake_storage, bytes));
    memset(fake->bytes, 0xff, (size_t)sector_bytes * sector_count);
    memset(fake->durable, 0xff, (size_t)sector_bytes * sector_count);
    fake->random = 1;
    fake->port = (struct ear_storage){.ops = &fake_ops,
                                      .context = fake,
                                      .sector_bytes = sector_bytes,
                                      .sector_count = sector_count,
                                      .mapped = fake->bytes};
}

void fake_storage_power_on(struct fake_storage *fake)
{
    fake->reads = fake->programs = fake->erases = fake->syncs = 0;
    fake->fail_at = fake->fail_read_at = fake->cut_at = 0;
    fake->fail_for_good = false;
    fake->off = false;
}
