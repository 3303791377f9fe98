/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/flash.h"

#include <string.h>

#define WORD 4u

uint64_t flash_random(uint64_t *random)
{
    uint64_t mixed = *random += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

static uint32_t size_of(const struct flash *flash)
{
    return flash->port.sector_bytes * flash->port.sector_count;
}

/* Set bytes, and remember that they are not durable yet. */
static void put(struct flash *flash, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    memcpy(flash->bytes + address, bytes, length);
    memset(flash->dirty + address / FLASH_PAGE, 1, (address + length - 1) / FLASH_PAGE - address / FLASH_PAGE + 1);
}

static void make_durable(struct flash *flash)
{
    for (uint32_t page = 0; page < size_of(flash) / FLASH_PAGE; page++) {
        if (flash->dirty[page]) {
            memcpy(flash->durable + page * FLASH_PAGE, flash->bytes + page * FLASH_PAGE, FLASH_PAGE);
            flash->dirty[page] = 0;
        }
    }
}

/* Each page that was not synced is as it was then, or as it is now, or in between word by word. */
static void lose_unsynced(struct flash *flash)
{
    uint64_t *random = &flash->device->random;

    for (uint32_t page = 0; page < size_of(flash) / FLASH_PAGE; page++) {
        const uint64_t chance = flash_random(random) % 8;
        uint8_t *now = flash->bytes + page * FLASH_PAGE;
        const uint8_t *then = flash->durable + page * FLASH_PAGE;
        if (!flash->dirty[page] || chance < 3) {
            continue;
        }
        for (uint32_t i = 0; i < FLASH_PAGE; i += WORD) {
            if (chance < 7 || flash_random(random) % 2 == 0) {
                memcpy(now + i, then + i, WORD);
            }
        }
    }
}

void flash_power_off(struct flash_device *device)
{
    for (uint32_t i = 0; i < device->partition_count; i++) {
        if (!device->keeps_unsynced) {
            lose_unsynced(device->partitions[i]);
        }
        make_durable(device->partitions[i]);
    }
    device->off = true;
}

void flash_power_on(struct flash_device *device)
{
    device->cut_at = device->fail_at = 0;
    device->fail_for_good = device->off = false;
}

/* --- the rules --- */

static void break_rule(struct flash *flash, const char *rule)
{
    if (flash->device->violation == NULL) {
        flash->device->violation = rule;
    }
}

static bool is_in_sector(const struct flash *flash, uint32_t address, uint32_t length)
{
    return address < size_of(flash) && length <= flash->port.sector_bytes - address % flash->port.sector_bytes;
}

/* Words are programmed once after an erase; later only to zero. */
static bool may_program(struct flash *flash, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    static const uint8_t erased[WORD] = {0xff, 0xff, 0xff, 0xff};
    static const uint8_t zero[WORD] = {0};

    if (!is_in_sector(flash, address, length)) {
        break_rule(flash, "a program crosses a sector's end");
        return false;
    }
    if (address % WORD != 0 || length % WORD != 0 || length == 0) {
        break_rule(flash, "a program of something else than whole words");
        return false;
    }
    /* Was it erased? Where bits turn over by themselves nobody can know. */
    const bool unsure = flash->bad[address / flash->port.sector_bytes] == FLASH_LIES || flash->device->disturbed;
    for (uint32_t i = 0; i < length && !unsure; i += WORD) {
        if (memcmp(flash->bytes + address + i, erased, WORD) != 0 && memcmp(bytes + i, zero, WORD) != 0) {
            break_rule(flash, "a word is programmed twice");
            return false;
        }
    }
    return true;
}

/* --- operations --- */

/* The last thing before the power goes: `bytes` of this operation are put in part. */
static void tear(struct flash *flash, uint32_t address, const uint8_t *bytes, uint32_t length)
{
    struct flash_device *device = flash->device;
    const uint32_t words = length / WORD;
    const uint32_t whole = device->cut == FLASH_CUT_AFTER ? words
                           : device->cut == FLASH_CUT_PREFIX && words > 0
                               ? (uint32_t)(flash_random(&device->random) % words)
                               : 0;
    const bool by_words = device->cut == FLASH_CUT_BITS;

    if (whole > 0) {
        put(flash, address, bytes, whole * WORD);
    }
    for (uint32_t i = whole; i < words && (by_words || (device->cut == FLASH_CUT_PREFIX && i == whole)); i++) {
        const uint64_t chance = flash_random(&device->random);
        const uint64_t mask = chance % 4 == 0 ? 0u : chance % 4 == 1 ? UINT32_MAX : chance >> 32;
        uint8_t word[WORD];
        for (uint32_t k = 0; k < WORD; k++) {
            const uint8_t changed = (uint8_t)(mask >> 8 * k);
            const uint8_t old = flash->bytes[address + i * WORD + k];
            word[k] = (uint8_t)((old & ~changed) | (bytes[i * WORD + k] & changed));
        }
        put(flash, address + i * WORD, word, WORD);
    }
    flash_power_off(device);
}

/* Counts a call; whether it fails. */
static bool fails(struct flash *flash)
{
    struct flash_device *device = flash->device;

    device->calls++;
    return device->off || (device->fail_at != 0 && (device->calls == device->fail_at ||
                                                    (device->fail_for_good && device->calls > device->fail_at)));
}

static bool is_cut(struct flash *flash)
{
    return ++flash->device->operations == flash->device->cut_at;
}

static enum flash_bad bad_of(const struct flash *flash, uint32_t address)
{
    return (enum flash_bad)flash->bad[address / flash->port.sector_bytes];
}

/* In a sector that lies, some bit is not what it should be. */
static void lie(struct flash *flash, uint32_t address, uint32_t length)
{
    flash->bytes[address + flash_random(&flash->device->random) % length] ^= 0x10;
}

static void disturb(struct flash *flash, uint32_t address)
{
    const uint32_t sector = address / flash->port.sector_bytes;

    if (flash->device->disturb == 0 || ++flash->disturbs[sector] < flash->device->disturb) {
        return;
    }
    const uint64_t chance = flash_random(&flash->device->random);
    const uint32_t at = sector * flash->port.sector_bytes + (uint32_t)(chance % flash->port.sector_bytes);
    const uint8_t bit = (uint8_t)(1u << (chance >> 32) % 8);
    flash->bytes[at] ^= bit;
    flash->durable[at] ^= bit;
    flash->disturbs[sector] = 0;
    flash->device->disturbed = true;
}

static int port_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    struct flash *flash = context;

    flash->reads++;
    if (fails(flash)) {
        memset(bytes, 0x5a, length); /* nobody may rely on what a failed read leaves */
        return EAR_ERR_IO;
    }
    if (!is_in_sector(flash, address, length)) {
        break_rule(flash, "a read crosses a sector's end");
        return EAR_ERR_IO;
    }
    flash->read_bytes += length;
    memcpy(bytes, flash->bytes + address, length);
    disturb(flash, address);
    return 0;
}

static int port_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    struct flash *flash = context;

    flash->programs++;
    if (fails(flash) || !may_program(flash, address, bytes, length)) {
        return EAR_ERR_IO;
    }
    if (is_cut(flash)) {
        tear(flash, address, bytes, length);
        return EAR_ERR_IO;
    }
    flash->programmed_bytes += length;
    if (bad_of(flash, address) == FLASH_FAILS) {
        return EAR_ERR_IO;
    }
    put(flash, address, bytes, length);
    if (bad_of(flash, address) == FLASH_LIES) {
        lie(flash, address, length);
    }
    return 0;
}

static int port_erase(void *context, uint32_t address)
{
    static uint8_t erased[EAR_STORAGE_SECTOR_MAX];
    struct flash *flash = context;
    const uint32_t sector_bytes = flash->port.sector_bytes;

    flash->erases++;
    if (fails(flash)) {
        return EAR_ERR_IO;
    }
    if (address % sector_bytes != 0 || address >= size_of(flash)) {
        break_rule(flash, "an erase not of a sector's first byte");
        return EAR_ERR_IO;
    }
    memset(erased, 0xff, sector_bytes);
    flash->erased[address / sector_bytes]++;
    flash->disturbs[address / sector_bytes] = 0;
    if (is_cut(flash)) {
        tear(flash, address, erased, sector_bytes);
        return EAR_ERR_IO;
    }
    if (bad_of(flash, address) == FLASH_FAILS) {
        return EAR_ERR_IO;
    }
    put(flash, address, erased, sector_bytes);
    if (bad_of(flash, address) == FLASH_LIES) {
        lie(flash, address, sector_bytes);
    }
    return 0;
}

static int port_sync(void *context)
{
    struct flash *flash = context;

    flash->syncs++;
    if (fails(flash)) {
        return EAR_ERR_IO;
    }
    if (is_cut(flash)) {
        if (flash->device->cut == FLASH_CUT_AFTER) {
            make_durable(flash);
        }
        flash_power_off(flash->device);
        return EAR_ERR_IO;
    }
    make_durable(flash);
    return 0;
}

void flash_init(struct flash *flash, struct flash_device *device, uint32_t sector_bytes, uint32_t sector_count,
                void *room)
{
    static const struct ear_storage_ops ops = {
        .read = port_read, .program = port_program, .erase = port_erase, .sync = port_sync};
    const size_t size = (size_t)sector_bytes * sector_count;
    uint8_t *at = room;

    memset(room, 0, FLASH_ROOM(sector_bytes, sector_count));
    memset(flash, 0, sizeof *flash);
    flash->erased = room;
    flash->disturbs = flash->erased + sector_count;
    flash->bad = at + (size_t)sector_count * 8;
    flash->bytes = at + (size_t)sector_count * 12;
    flash->durable = flash->bytes + size;
    flash->dirty = flash->durable + size;
    memset(flash->bytes, 0xff, size * 2);
    flash->device = device;
    flash->port = (struct ear_storage){.ops = &ops,
                                       .context = flash,
                                       .sector_bytes = sector_bytes,
                                       .sector_count = sector_count,
                                       .mapped = flash->bytes};
    device->partitions[device->partition_count++] = flash;
}

bool flash_holds(const struct flash *flash, const void *bytes, size_t length)
{
    const uint8_t *at = flash->bytes;
    const uint8_t *end = at + size_of(flash) - length + 1;

    while (at < end && (at = memchr(at, *(const uint8_t *)bytes, (size_t)(end - at))) != NULL) {
        const bool may_be_cleared = bad_of(flash, (uint32_t)(at - flash->bytes)) != FLASH_FAILS;
        if (may_be_cleared && memcmp(at, bytes, length) == 0) {
            return true;
        }
        at++;
    }
    return false;
}
