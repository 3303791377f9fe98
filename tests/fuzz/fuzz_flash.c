/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_flash.c - any bytes as the partitions of the outbox and of the journal: both open, nothing is read
 * or written outside of a sector, every loop ends, and afterwards they work: what is put comes back. An input is
 *
 *   0 u8  bits: 0..1 more sectors than 2, 2 checksums are made right, 3 sectors of 512 bytes instead of 256,
 *         4 it is a journal's, 5 some port call fails
 *   1 u8  the number of that call
 *   2 the partition from its start; what is missing is erased */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"
#include "core/store/ear_journal.h"
#include "core/store/ear_record_format.h"
#include "core/tell/ear_outbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST_BYTES (64u * 1024u)
#define FINGERPRINT 0x12345678u
#define ENTRY_BYTES 48u
#define STEPS_MOST 20000u /* port calls of one input: far more than bounded work needs */

static uint8_t flash[MOST_BYTES];
static struct ear_storage storage;
static uint32_t calls, failing_call;
#define check(holds) check_at(holds, __LINE__)

static void check_at(bool holds, int line)
{
    if (!holds) {
        fprintf(stderr, "fuzz_flash.c:%d\n", line);
        abort();
    }
}

/* ---- port ---- */

static bool fails(void)
{
    check(++calls < STEPS_MOST);
    return calls == failing_call;
}

static void check_range(uint32_t address, uint32_t length)
{
    check(address < storage.sector_bytes * storage.sector_count);
    check(length <= storage.sector_bytes - address % storage.sector_bytes);
}

static int port_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    check_range(address, length);
    memcpy(bytes, flash + address, length);
    return fails() ? EAR_ERR_IO : 0;
}

static int port_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    check_range(address, length);
    check(address % 4 == 0 && length % 4 == 0);
    for (uint32_t i = 0; i < length; i++) {
        flash[address + i] &= ((const uint8_t *)bytes)[i];
    }
    return fails() ? EAR_ERR_IO : 0;
}

static int port_erase(void *context, uint32_t address)
{
    (void)context;
    check(address % storage.sector_bytes == 0);
    check_range(address, 1);
    memset(flash + address, 0xff, storage.sector_bytes);
    return fails() ? EAR_ERR_IO : 0;
}

static int port_sync(void *context)
{
    (void)context;
    return fails() ? EAR_ERR_IO : 0;
}

static const struct ear_storage_ops ops = {port_read, port_program, port_erase, port_sync};

/* ---- checksums, so that what lies behind them is reached ---- */

static void mend_sector(uint32_t index, uint8_t shift)
{
    uint8_t *sector = flash + index * storage.sector_bytes;
    uint8_t number[4];
    const uint32_t sector_number = ear_le32_get(sector + 12) % 16 * storage.sector_count + index;
    ear_le32_put(sector + 4, 0x4c524145u);
    ear_le32_put(sector + 8, 1);
    ear_le32_put(sector + 12, sector_number);
    ear_le32_put(sector + 24, storage.sector_count << 8 | shift);
    ear_le32_put(sector + 28, ear_crc32(0, sector + 4, 24));
    ear_le32_put(number, sector_number);
    for (uint32_t at = EAR_RECORD_SECTOR_HEADER; at + EAR_RECORD_HEADER <= storage.sector_bytes;) {
        uint8_t *record = sector + at;
        if (ear_record_is_erased(record, EAR_RECORD_HEADER)) {
            return;
        }
        const uint32_t length = ear_le32_get(record + 4) & 0x3fu;
        ear_le32_put(record + 4, (ear_le32_get(record + 4) & 0xff0000u) | length);
        if (at + EAR_RECORD_HEADER + length <= storage.sector_bytes && (record[0] & 1) == 0) {
            ear_le32_put(record + 8, ear_crc32(0, record + EAR_RECORD_HEADER, length));
        }
        ear_le32_put(record + 12, ear_crc32(ear_crc32(0, number, sizeof number), record + 4, 8));
        at += ear_record_bytes((uint16_t)length);
    }
}

/* ---- the outbox ---- */

static void drain(struct ear_outbox *outbox)
{
    struct ear_outbox_item item;
    uint8_t bytes[600];
    int32_t length;
    while ((length = ear_outbox_peek(outbox, &item, bytes, 64)) >= 0) {
        check(length <= 64 && item.after > item.position);
        ear_outbox_taken(outbox, &item);
        if (item.position % 3 != 0) {
            (void)ear_outbox_done(outbox, item.position);
        }
    }
    ear_outbox_rewind(outbox);
}

static void try_outbox(void)
{
    static const uint8_t message[40] = "a summary, as it might be";
    struct ear_outbox outbox;
    struct ear_outbox_item item;
    uint8_t bytes[64];
    if (ear_outbox_open(&outbox, &storage, 7) != EAR_OK) {
        check(failing_call != 0 && calls >= failing_call);
        check(ear_outbox_peek(&outbox, &item, bytes, sizeof bytes) == EAR_ERR_EMPTY);
        return;
    }
    check(outbox.log.boot >= 7 || outbox.log.boot == 0);
    drain(&outbox);
    for (unsigned i = 0; i < 40; i++) {
        const int err = ear_outbox_put(&outbox, (uint8_t)(i % 3), message, sizeof message);
        check(err == EAR_OK || calls >= failing_call);
    }
    check(ear_outbox_sync(&outbox) == EAR_OK || calls >= failing_call);
    drain(&outbox);
    /* All of it once more from what is on storage now: every record can be read, and then is gone. */
    if (failing_call == 0) {
        check(ear_outbox_open(&outbox, &storage, 0) == EAR_OK);
        while (ear_outbox_peek(&outbox, &item, bytes, sizeof bytes) >= 0) {
            check(ear_outbox_done(&outbox, item.position) == EAR_OK);
        }
        check(ear_outbox_live(&outbox) == 0 || outbox.log.head < outbox.log.tail);
    }
}

/* ---- the journal ---- */

static void replay(struct ear_journal *journal, struct ear_section *section)
{
    const uint8_t *entry;
    const int err = ear_journal_load(journal, section, 1);
    check(err == EAR_OK || err == EAR_ERR_EMPTY || err == EAR_ERR_CORRUPT || calls >= failing_call);
    for (int32_t length; (length = ear_journal_next(journal, &entry)) > 0;) {
        check(length <= EAR_JOURNAL_BYTES && entry != NULL);
    }
    (void)ear_journal_ready(journal);
}

static void try_journal(void)
{
    static struct ear_journal journal;
    uint8_t blob[64], again[64];
    struct ear_section section = {.bytes = again, .length = sizeof again, .fingerprint = FINGERPRINT, .id = 1};
    uint8_t added[ENTRY_BYTES];
    const uint8_t *entry;
    if (ear_journal_open(&journal, &storage, sizeof blob, ENTRY_BYTES, 3) != EAR_OK) {
        check(failing_call != 0 && calls >= failing_call);
        return;
    }
    replay(&journal, &section);
    memset(blob, 0xa5, sizeof blob);
    memset(added, 0x5a, sizeof added);
    section.bytes = blob;
    const bool saved = ear_journal_checkpoint(&journal, &section, 1, (flash[0] & 1) != 0) == EAR_OK;
    check(saved || failing_call != 0);
    const bool kept = saved && ear_journal_make_room(&journal, sizeof added) == EAR_OK;
    if (kept) {
        ear_journal_add(&journal, added, sizeof added);
    }
    if (!kept || ear_journal_commit(&journal) != EAR_OK) {
        check(failing_call != 0);
        return;
    }
    if (failing_call == 0) { /* what was kept is there after the next start, and the entry after it */
        section.bytes = again;
        check(ear_journal_open(&journal, &storage, sizeof blob, ENTRY_BYTES, 3) == EAR_OK);
        check(ear_journal_load(&journal, &section, 1) == EAR_OK && memcmp(blob, again, sizeof blob) == 0);
        check(ear_journal_next(&journal, &entry) == (int32_t)sizeof added && memcmp(entry, added, sizeof added) == 0);
        check(ear_journal_next(&journal, &entry) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const bool large = (data[0] & 8) != 0;
    storage = (struct ear_storage){.ops = &ops, .sector_bytes = large ? 512 : 256, .sector_count = 2u + (data[0] & 3u)};
    calls = 0;
    failing_call = (data[0] & 32) != 0 ? 1u + data[1] : 0;
    const bool is_journal = (data[0] & 16) != 0;
    if (is_journal) {
        storage.sector_count +=
            ear_journal_room(64, EAR_JOURNAL_BYTES, storage.sector_bytes) / storage.sector_bytes - 2;
        check(storage.sector_count * storage.sector_bytes <= MOST_BYTES);
    }
    memset(flash, 0xff, sizeof flash);
    const size_t whole = (size_t)storage.sector_bytes * storage.sector_count;
    memcpy(flash, data + 2, size - 2 < whole ? size - 2 : whole);
    for (uint32_t i = 0; (data[0] & 4) != 0 && i < storage.sector_count; i++) {
        mend_sector(i, large ? 9 : 8);
    }
    is_journal ? try_journal() : try_outbox();
    return 0;
}
