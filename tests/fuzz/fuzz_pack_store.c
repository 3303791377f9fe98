/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_pack_store.c - any bytes as the partition of packs: it opens, nothing is read or written outside a
 * slot, and packs can come and go afterwards. An input is
 *
 *   0 u16 mask of slots whose checksums are made right (little-endian)
 *   2 u8  length of the script; each of its bytes is a step, see play
 *   3 the script, then the partition from its start; what is missing is erased */
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_pack_slot.h"
#include "core/store/ear_pack_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECTOR_BYTES 256u
#define SLOT_BYTES (2u * SECTOR_BYTES)
#define SLOTS (2u * EAR_PACKS)
#define PARTITION_BYTES ((SLOTS + 1u) * SLOT_BYTES) /* one receives */

static uint8_t partition[PARTITION_BYTES];
static struct ear_pack_store store;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- ports ---- */

static int read_port(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    check(length <= PARTITION_BYTES && address <= PARTITION_BYTES - length);
    memcpy(bytes, partition + address, length);
    return 0;
}

static int program_port(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    check(address % 4 == 0 && length % 4 == 0 && address < PARTITION_BYTES);
    check(length <= SECTOR_BYTES - address % SECTOR_BYTES);
    for (uint32_t i = 0; i < length; i++) {
        partition[address + i] &= ((const uint8_t *)bytes)[i];
    }
    return 0;
}

static int erase_port(void *context, uint32_t address)
{
    (void)context;
    check(address % SECTOR_BYTES == 0 && address < PARTITION_BYTES);
    memset(partition + address, 0xff, SECTOR_BYTES);
    return 0;
}

static int sync_port(void *context)
{
    (void)context;
    return 0;
}

static const struct ear_storage_ops ops = {
    .read = read_port, .program = program_port, .erase = erase_port, .sync = sync_port};
static const struct ear_storage storage = {
    .ops = &ops, .sector_bytes = SECTOR_BYTES, .sector_count = PARTITION_BYTES / SECTOR_BYTES, .mapped = partition};

/* Half of all signatures are right. */
static enum ear_err verify(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64])
{
    (void)context;
    (void)key_id;
    (void)key_id_bytes;
    check(bytes->head_bytes <= 64 && bytes->payload_bytes <= PARTITION_BYTES);
    return (signature[63] & 1) == 0 ? EAR_OK : EAR_ERR_CORRUPT;
}
static const struct ear_signature signature = {.verify = verify};

/* ---- the play ---- */

static void make_right(uint8_t *slot)
{
    ear_le32_put(slot, 0x50524145u);
    ear_le32_put(slot + 4, 1);
    const uint32_t length = ear_le32_get(slot + 12);
    if (length <= SLOT_BYTES - EAR_PACK_SLOT_HEADER) {
        ear_le32_put(slot + 20, ear_crc32(0, slot + EAR_PACK_SLOT_HEADER, length));
    }
    ear_le32_put(slot + 48, ear_crc32(0, slot, 48));
}

static void check_store(void)
{
    for (uint8_t i = 0; i < EAR_PACKS; i++) {
        const struct ear_pack_place *place = &store.places[i];
        const uint8_t *payload;
        uint32_t bytes;
        struct ear_pack_fault fault;
        check(place->in_use <= 2 && (place->in_use == 2 || place->slots[place->in_use].bytes > 0));
        check(place->name[0] == '\0' ? place->in_use == 2 : ear_pack_slot_is_name(place->name));
        if (ear_pack_store_get(&store, i, &payload, &bytes, &fault)) {
            check(payload >= partition && bytes <= (size_t)(partition + PARTITION_BYTES - payload));
        } else {
            check(place->in_use == 2 || fault.reason != EAR_PACK_REFUSAL_NONE);
        }
    }
}

static void open_store(void)
{
    check(ear_pack_store_open(&store, &storage, &signature) == EAR_OK);
    check_store();
}

/* What lies in a slot comes in under the name of a place. */
static void send(const char *name, unsigned slot, uint32_t piece)
{
    uint8_t file[SLOT_BYTES - EAR_PACK_SLOT_HEADER];
    const uint8_t *at = partition + slot * SLOT_BYTES;
    const uint32_t length = ear_le32_get(at + 12) % (sizeof file + 1);
    struct ear_pack_fault fault;
    memcpy(file, at + EAR_PACK_SLOT_HEADER, sizeof file);
    bool going = ear_pack_store_begin(&store, name, length, &fault);
    for (uint32_t done = 0; going && done < length; done += piece) {
        going = ear_pack_store_write(&store, done, file + done, length - done < piece ? length - done : piece, &fault);
    }
    uint8_t place = EAR_PACKS;
    if (going && ear_pack_store_finish(&store, &place, &fault)) {
        const uint8_t *payload;
        uint32_t bytes;
        check(place == ear_pack_store_place(&store, name));
        check(ear_pack_store_get(&store, place, &payload, &bytes, &fault));
    } else {
        check(fault.reason != EAR_PACK_REFUSAL_NONE);
    }
}

static void play(uint8_t step)
{
    const unsigned slot = step / 8u % SLOTS;
    char name[EAR_PACK_SLOT_NAME_BYTES] = "alpha";
    uint8_t place;
    struct ear_pack_fault fault;
    if (store.places[slot / 2].name[0] != '\0') {
        memcpy(name, store.places[slot / 2].name, sizeof name);
    }
    switch (step % 8) {
    case 0:
        open_store();
        break;
    case 1:
        (void)!ear_pack_store_roll_back(&store, name, &place);
        break;
    case 2:
        (void)!ear_pack_store_begin(&store, name, SLOT_BYTES / 3, &fault);
        break;
    case 3:
        (void)!ear_pack_store_write(&store, slot, partition, slot, &fault);
        break;
    case 4:
        (void)!ear_pack_store_finish(&store, &place, &fault);
        break;
    default:
        send(name, slot, 1 + step % 8 * 7u);
    }
    check_store();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size - 3 < data[2]) {
        return 0;
    }
    const unsigned mask = data[0] | (unsigned)data[1] << 8;
    const uint8_t *script = data + 3;
    const size_t rest = size - 3 - data[2];
    memset(partition, 0xff, sizeof partition);
    memcpy(partition, script + data[2], rest < sizeof partition ? rest : sizeof partition);
    for (unsigned slot = 0; slot < SLOTS && slot < 16; slot++) {
        if ((mask >> slot & 1) != 0) {
            make_right(partition + slot * SLOT_BYTES);
        }
    }
    open_store();
    for (uint8_t i = 0; i < data[2]; i++) {
        play(script[i]);
    }
    return 0;
}
