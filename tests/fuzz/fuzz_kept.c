/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_kept.c - any bytes as a partition of kept things: it opens, as such, as settings and as an identity;
 * nothing is read or written outside, every loop ends, and what is put and removed afterwards is there and gone, now
 * and after a start. An input is
 *
 *   0 u8  bits: 0 checksums of the banks are made right, 1 and those of items
 *   1 u8  the number of a port call that fails; 0: none
 *   2 u8  length of the script; each of its first 12 bytes is a step, see play
 *   3 the script, then the partition from its start; what is missing is erased */
#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_settings_store.h"
#include "platform/firmware/device/ear_device_settings.h"
#include "platform/firmware/device/ear_identity.h"
#include "tests/fuzz/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECTOR_BYTES 512u
#define PARTITION_BYTES 4096u
#define BANK_BYTES (PARTITION_BYTES / 2)
#define CALLS_MOST 200000u /* far more than bounded work needs */

static uint8_t partition[PARTITION_BYTES];
static uint32_t calls, failing_call;
static struct ear_settings settings;
static struct ear_device_settings own;
static const struct ear_settings_target targets[] = {{&ear_settings_table, &settings},
                                                     {&ear_device_settings_table, &own}};

/* ---- port ---- */

static int outcome(void)
{
    check(++calls < CALLS_MOST);
    return calls == failing_call ? EAR_ERR_IO : 0;
}

static void check_range(uint32_t address, uint32_t length)
{
    check(address < PARTITION_BYTES && length <= SECTOR_BYTES - address % SECTOR_BYTES);
}

static int flash_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    check_range(address, length);
    memcpy(bytes, partition + address, length);
    return outcome();
}

static int flash_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    check_range(address, length);
    check(address % 4 == 0 && length % 4 == 0);
    for (uint32_t i = 0; i < length; i++) {
        partition[address + i] &= ((const uint8_t *)bytes)[i];
    }
    return outcome();
}

static int flash_erase(void *context, uint32_t address)
{
    (void)context;
    check(address % SECTOR_BYTES == 0 && address < PARTITION_BYTES);
    memset(partition + address, 0xff, SECTOR_BYTES);
    return outcome();
}

static int flash_sync(void *context)
{
    (void)context;
    return outcome();
}

static const struct ear_storage_ops ops = {flash_read, flash_program, flash_erase, flash_sync};
static const struct ear_storage storage = {
    .ops = &ops, .sector_bytes = SECTOR_BYTES, .sector_count = PARTITION_BYTES / SECTOR_BYTES, .mapped = partition};

/* mbedTLS's PSA asks ear_tls.c for randomness: it has to be linked. */
enum ear_err (*const fuzz_kept_tls)(struct ear_tls *tls, const struct ear_tls_config *config) = ear_tls_init;

/* ---- checksums made right ---- */

static uint32_t check_of(uint32_t number, const uint8_t *header)
{
    uint8_t bytes[4];
    ear_le32_put(bytes, number);
    return ear_crc32(ear_crc32(0, bytes, 4), header + 4, 8);
}

static void make_right(uint8_t *bank, bool items)
{
    ear_le32_put(bank, 0x5450454bu);
    ear_le32_put(bank + 4, 1);
    ear_le32_put(bank + 12, check_of(BANK_BYTES, bank));
    for (uint32_t at = 16; items && at + 16 <= BANK_BYTES && ear_le32_get(bank + at) != UINT32_MAX;) {
        uint8_t *item = bank + at;
        const uint32_t length = (uint32_t)(item[4] | item[5] << 8) % 200;
        item[4] = (uint8_t)length;
        item[5] = 0;
        if (at + 16 + length > BANK_BYTES) {
            return;
        }
        item[7] = (uint8_t)(item[7] % (EAR_KEPT_KEY_BYTES + 1));
        ear_le32_put(item + 8, ear_crc32(0, item + 16, length));
        ear_le32_put(item + 12, check_of(ear_le32_get(bank + 8), item));
        at += 16 + ((length + 3) & ~3u);
    }
}

/* ---- what must hold ---- */

static void check_all(struct ear_kept *kept)
{
    static uint8_t bytes[PARTITION_BYTES], again[PARTITION_BYTES];
    struct ear_kept_item item = {0};
    unsigned count = 0;
    while (ear_kept_next(kept, &item) == EAR_OK) {
        struct ear_kept_item found;
        check(++count < BANK_BYTES / 16 && item.key_bytes <= item.length);
        check(item.address < PARTITION_BYTES && item.length <= PARTITION_BYTES - item.address);
        check(item.address / BANK_BYTES == kept->bank / BANK_BYTES);
        check(ear_kept_read(kept, &item, bytes) == EAR_OK);
        const struct ear_kept_key key = {item.type, item.key_bytes, bytes};
        check(ear_kept_find(kept, &key, &found) == EAR_OK && found.type == item.type);
        check(ear_kept_read(kept, &found, again) == EAR_OK && memcmp(bytes, again, item.key_bytes) == 0);
    }
    check(ear_kept_room(kept) <= BANK_BYTES);
}

static void put(struct ear_kept *kept, uint8_t step)
{
    uint8_t bytes[4 + UINT8_MAX];
    struct ear_kept_item found;
    memset(bytes, step, sizeof bytes);
    const struct ear_kept_key key = {step & 3u, 4, bytes};
    const uint16_t length = (uint16_t)(4 + step);
    bytes[length - 1] = (uint8_t)calls; /* another one each time */
    const bool may_fail = failing_call != 0;
    const enum ear_err err = ear_kept_put(kept, key.type, key.key_bytes, bytes, length);
    check(err == EAR_OK || err == EAR_ERR_FULL || may_fail);
    if (err == EAR_OK) {
        uint8_t read[sizeof bytes];
        failing_call = 0;
        check(ear_kept_find(kept, &key, &found) == EAR_OK && found.length == length);
        check(ear_kept_read(kept, &found, read) == EAR_OK && memcmp(read, bytes, length) == 0);
    }
}

static void take_away(struct ear_kept *kept, uint8_t step)
{
    uint8_t bytes[4];
    struct ear_kept_item found;
    memset(bytes, step, sizeof bytes);
    const struct ear_kept_key key = {step & 3u, 4, bytes};
    const bool may_fail = failing_call != 0;
    const enum ear_err err = ear_kept_remove(kept, &key);
    check(err == EAR_OK || may_fail);
    if (err == EAR_OK) {
        failing_call = 0;
        check(ear_kept_find(kept, &key, &found) == EAR_ERR_EMPTY);
    }
}

static void set(uint8_t step)
{
    static const char *const values[] = {"0", "7", "60", "on", "kiosk-2", "UTC0", "3600", ""};
    struct ear_settings_store store;
    struct ear_setting_fault fault;
    const struct ear_setting_table *table = targets[step & 1].table;
    const struct ear_setting *setting = &table->items[step / 2 % table->count];
    const bool may_fail = failing_call != 0;
    if (ear_settings_store_open(&store, &storage, targets, 2) != EAR_OK) {
        check(may_fail);
        return;
    }
    const enum ear_err err =
        ear_settings_store_set(&store, setting->section, setting->name, values[step % EAR_COUNT_OF(values)], &fault);
    check(err == EAR_OK || fault.err == err);
}

static void identify(void)
{
    struct ear_identity identity;
    const char *missing = NULL;
    char date[EAR_IDENTITY_DATE_BYTES];
    const bool may_fail = failing_call != 0;
    if (ear_identity_open(&identity, &storage) != EAR_OK) {
        check(may_fail);
        return;
    }
    for (unsigned i = 0; i < EAR_IDENTITY_PARTS; i++) {
        const struct ear_tls_bytes *part = &identity.parts[i];
        check(part->length == 0 ||
              (part->bytes >= partition && part->bytes + part->length <= partition + sizeof partition));
        (void)ear_identity_valid_to(&identity, (enum ear_identity_part)i, date);
    }
    check(ear_identity_is_complete(&identity, &missing) || missing != NULL);
}

static void play(struct ear_kept *kept, uint8_t step)
{
    switch (step % 8) {
    case 0:
        take_away(kept, step | 1);
        break;
    case 2:
        set(step / 8);
        break;
    case 4:
        identify();
        break;
    default:
        put(kept, step);
    }
    failing_call = 0;
    check(ear_kept_open(kept, &storage) == EAR_OK); /* others wrote to it too */
    check_all(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ear_kept kept;
    if (size < 3 || size - 3 < data[2]) {
        return 0;
    }
    const uint8_t *script = data + 3;
    const size_t rest = size - 3 - data[2];
    memset(partition, 0xff, sizeof partition);
    memcpy(partition, script + data[2], rest < sizeof partition ? rest : sizeof partition);
    for (unsigned bank = 0; bank < 2 && (data[0] & 1) != 0; bank++) {
        make_right(partition + bank * BANK_BYTES, (data[0] & 2) != 0);
    }
    calls = 0;
    failing_call = data[1];
    ear_settings_init(&settings);
    ear_setting_table_init(&ear_device_settings_table, &own);
    const enum ear_err err = ear_kept_open(&kept, &storage);
    check(err == EAR_OK || (err == EAR_ERR_IO && data[1] != 0));
    if (err != EAR_OK) {
        failing_call = 0;
        check(ear_kept_open(&kept, &storage) == EAR_OK);
    }
    for (uint8_t i = 0; i < data[2] && i < 12; i++) {
        failing_call = i == 0 ? failing_call : 0;
        play(&kept, script[i]);
    }
    set(0);
    identify();
    return 0;
}
