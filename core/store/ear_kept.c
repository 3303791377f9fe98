/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and opening; ear_kept_write.c writes, and says how it works. */
#include "core/store/ear_kept_parts.h"

#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"

enum ear_err ear_kept_load(const struct ear_kept *kept, uint32_t address, void *bytes, uint32_t length)
{
    uint8_t *to = bytes;
    while (length > 0) {
        const uint32_t part = ear_kept_part_of(kept, address, length);
        if (kept->storage->ops->read(kept->storage->context, address, to, part) != 0) {
            return EAR_ERR_IO;
        }
        address += part;
        to += part;
        length -= part;
    }
    return EAR_OK;
}

enum ear_err ear_kept_checksum(const struct ear_kept *kept, uint32_t address, uint32_t length, uint32_t *crc)
{
    uint8_t line[EAR_KEPT_LINE];
    enum ear_err err = EAR_OK;
    for (uint32_t part; length > 0 && err == EAR_OK; address += part, length -= part) {
        part = ear_kept_line_of(length);
        err = ear_kept_load(kept, address, line, part);
        *crc = ear_crc32(*crc, line, part);
    }
    return err;
}

/* EAR_OK: the same bytes are there; EAR_ERR_EMPTY: others. */
enum ear_err ear_kept_compare(const struct ear_kept *kept, uint32_t address, const void *bytes, uint32_t length)
{
    const uint8_t *with = bytes;
    uint8_t line[EAR_KEPT_LINE];
    for (uint32_t part; length > 0; address += part, with += part, length -= part) {
        part = ear_kept_line_of(length);
        if (ear_kept_load(kept, address, line, part) != EAR_OK) {
            return EAR_ERR_IO;
        }
        if (memcmp(line, with, part) != 0) {
            return EAR_ERR_EMPTY;
        }
    }
    return EAR_OK;
}

enum ear_err ear_kept_is_blank(const struct ear_kept *kept, uint32_t address, uint32_t end, bool *blank)
{
    uint8_t line[EAR_KEPT_LINE];
    *blank = true;
    for (uint32_t part; address < end && *blank; address += part) {
        part = ear_kept_line_of(end - address);
        if (ear_kept_load(kept, address, line, part) != EAR_OK) {
            return EAR_ERR_IO;
        }
        for (uint32_t i = 0; i < part; i++) {
            *blank = *blank && line[i] == 0xff;
        }
    }
    return EAR_OK;
}

uint32_t ear_kept_bank_check(const struct ear_kept *kept, const uint8_t *header)
{
    uint8_t size[4];
    ear_le32_put(size, kept->bank_bytes);
    return ear_crc32(ear_crc32(0, size, sizeof size), header + 4, 8);
}

/* The generation of a bank, 0: it is none. */
static enum ear_err look_at_bank(const struct ear_kept *kept, uint32_t bank, uint32_t *generation)
{
    uint8_t header[EAR_KEPT_HEADER];
    const enum ear_err err = ear_kept_load(kept, bank, header, EAR_KEPT_HEADER);
    const bool is_bank = err == EAR_OK && ear_le32_get(header) == EAR_KEPT_MAGIC &&
                         ear_le32_get(header + 4) == EAR_KEPT_VERSION &&
                         ear_le32_get(header + 12) == ear_kept_bank_check(kept, header);
    *generation = is_bank ? ear_le32_get(header + 8) : 0;
    return err;
}

/* Generations go round, past 0, which is none. */
static bool is_newer(uint32_t generation, uint32_t than)
{
    return generation != 0 && (than == 0 || generation - than - 1u < UINT32_C(0x7fffffff));
}

uint32_t ear_kept_item_check(uint32_t generation, const uint8_t *header)
{
    uint8_t number[4];
    ear_le32_put(number, generation);
    return ear_crc32(ear_crc32(0, number, sizeof number), header + 4, 8);
}

/* What lies at an address of the bank at work. EAR_OK: an item, *live: it counts if its bytes are *crc; EAR_ERR_EMPTY:
 * nothing more; EAR_ERR_CORRUPT; EAR_ERR_IO. */
static enum ear_err look(const struct ear_kept *kept, uint32_t at, struct ear_kept_item *item, bool *live,
                         uint32_t *crc)
{
    const uint32_t end = kept->bank + kept->bank_bytes;
    uint8_t header[EAR_KEPT_HEADER];
    bool blank = true;
    if (at + EAR_KEPT_HEADER > end) {
        return EAR_ERR_EMPTY;
    }
    if (ear_kept_load(kept, at, header, EAR_KEPT_HEADER) != EAR_OK) {
        return EAR_ERR_IO;
    }
    for (uint32_t i = 0; i < EAR_KEPT_HEADER; i++) {
        blank = blank && header[i] == 0xff;
    }
    *item = (struct ear_kept_item){at + EAR_KEPT_HEADER, ear_le16_get(header + 4), header[6], header[7]};
    *live = ear_le32_get(header) != 0;
    *crc = ear_le32_get(header + 8);
    const bool right = ear_le32_get(header + 12) == ear_kept_item_check(kept->generation, header) &&
                       ear_kept_bytes_of(item->length) <= end - at && item->key_bytes <= item->length &&
                       item->key_bytes <= EAR_KEPT_KEY_BYTES;
    return blank ? EAR_ERR_EMPTY : right ? EAR_OK : EAR_ERR_CORRUPT;
}

/* The next item from an address on, *whole: its ear_kept_checksum is right. */
enum ear_err ear_kept_next_live(const struct ear_kept *kept, uint32_t at, struct ear_kept_item *item, bool *whole)
{
    bool live = false;
    uint32_t wanted = 0;
    while (kept->generation != 0 && at < kept->tail) {
        enum ear_err err = look(kept, at, item, &live, &wanted);
        if (err == EAR_OK && live) {
            uint32_t crc = 0;
            err = ear_kept_checksum(kept, item->address, item->length, &crc);
            *whole = crc == wanted;
            return err;
        }
        if (err != EAR_OK) {
            return err == EAR_ERR_IO ? err : EAR_ERR_EMPTY;
        }
        at = ear_kept_end_of(item);
    }
    return EAR_ERR_EMPTY;
}

enum ear_err ear_kept_next(struct ear_kept *kept, struct ear_kept_item *item)
{
    bool whole = false;
    uint32_t at = item->address == 0 ? ear_kept_first_of(kept) : ear_kept_end_of(item);
    for (;; at = ear_kept_end_of(item)) {
        const enum ear_err err = ear_kept_next_live(kept, at, item, &whole);
        if (err != EAR_OK || whole) {
            return err;
        }
        kept->corrupt++;
    }
}

bool ear_kept_is_of(const struct ear_kept *kept, const struct ear_kept_item *item, const struct ear_kept_key *key)
{
    return item->type == key->type && item->key_bytes == key->key_bytes &&
           ear_kept_compare(kept, item->address, key->key, key->key_bytes) == EAR_OK;
}

/* The newest item of the key at or after an address. */
enum ear_err ear_kept_find_from(struct ear_kept *kept, uint32_t at, const struct ear_kept_key *key,
                                struct ear_kept_item *found)
{
    struct ear_kept_item item = {0};
    bool any = false;
    bool whole = false;
    enum ear_err err;
    for (; (err = ear_kept_next_live(kept, at, &item, &whole)) == EAR_OK; at = ear_kept_end_of(&item)) {
        if (whole && ear_kept_is_of(kept, &item, key)) {
            *found = item;
            any = true;
        }
    }
    return err == EAR_ERR_EMPTY && any ? EAR_OK : err;
}

enum ear_err ear_kept_find(struct ear_kept *kept, const struct ear_kept_key *key, struct ear_kept_item *item)
{
    return ear_kept_find_from(kept, ear_kept_first_of(kept), key, item);
}

enum ear_err ear_kept_read(const struct ear_kept *kept, const struct ear_kept_item *item, void *bytes)
{
    return ear_kept_load(kept, item->address, bytes, item->length);
}

/* Find the end of the bank at work. */
static enum ear_err find_tail(struct ear_kept *kept)
{
    struct ear_kept_item item;
    bool live;
    bool blank = true;
    uint32_t crc;
    enum ear_err err;
    for (kept->tail = ear_kept_first_of(kept); (err = look(kept, kept->tail, &item, &live, &crc)) == EAR_OK;) {
        kept->tail = ear_kept_end_of(&item);
    }
    if (err != EAR_ERR_IO && ear_kept_is_blank(kept, kept->tail, kept->bank + kept->bank_bytes, &blank) != EAR_OK) {
        err = EAR_ERR_IO;
    }
    kept->spoilt = !blank;
    return err == EAR_ERR_IO ? err : EAR_OK;
}

enum ear_err ear_kept_open(struct ear_kept *kept, const struct ear_storage *storage)
{
    const uint32_t sector_bytes = storage->sector_bytes;
    const bool is_possible = sector_bytes >= EAR_STORAGE_SECTOR_MIN && sector_bytes <= EAR_STORAGE_SECTOR_MAX &&
                             (sector_bytes & (sector_bytes - 1)) == 0 && storage->sector_count >= 2 &&
                             storage->sector_count <= UINT32_MAX / sector_bytes;
    uint32_t generations[2];
    *kept = (struct ear_kept){.storage = storage};
    if (!is_possible) {
        return EAR_ERR_CONFIG;
    }
    kept->bank_bytes = storage->sector_count / 2 * sector_bytes;
    if (look_at_bank(kept, 0, &generations[0]) != EAR_OK ||
        look_at_bank(kept, kept->bank_bytes, &generations[1]) != EAR_OK) {
        return EAR_ERR_IO;
    }
    const unsigned newest = is_newer(generations[1], generations[0]);
    kept->bank = newest * kept->bank_bytes;
    kept->generation = generations[newest];
    if (kept->generation == 0) {
        kept->tail = kept->bank;
        return EAR_OK;
    }
    const enum ear_err err = find_tail(kept);
    if (err == EAR_OK && EAR_ENABLED(STORAGE)) {
        ear_kept_tidy(kept);
    }
    return err;
}
