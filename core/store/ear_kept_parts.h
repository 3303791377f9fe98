/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_kept_parts.h - what the files of ear_kept share. For ear_kept*.c. */
#ifndef EAR_KEPT_PARTS_H
#define EAR_KEPT_PARTS_H

#include "core/store/ear_kept.h"

#define EAR_KEPT_MAGIC 0x5450454bu /* "KEPT" */
#define EAR_KEPT_VERSION 1u
#define EAR_KEPT_HEADER EAR_KEPT_ITEM_OVERHEAD /* of a bank, and of an item */
#define EAR_KEPT_LINE 64u                      /* bytes that are handled at once */

/** How much of a range lies in its first sector, and in one line. */
static inline uint32_t ear_kept_part_of(const struct ear_kept *kept, uint32_t address, uint32_t length)
{
    const uint32_t left = kept->storage->sector_bytes - (address & (kept->storage->sector_bytes - 1));
    return length < left ? length : left;
}

static inline uint32_t ear_kept_line_of(uint32_t length)
{
    return length < EAR_KEPT_LINE ? length : EAR_KEPT_LINE;
}

/** What an item of this length takes, with its header; the address behind an item; the first item of the bank. */
static inline uint32_t ear_kept_bytes_of(uint32_t length)
{
    return EAR_KEPT_HEADER + ((length + 3u) & ~3u);
}

static inline uint32_t ear_kept_end_of(const struct ear_kept_item *item)
{
    return item->address + ear_kept_bytes_of(item->length) - EAR_KEPT_HEADER;
}

static inline uint32_t ear_kept_first_of(const struct ear_kept *kept)
{
    return kept->bank + EAR_KEPT_BANK_OVERHEAD;
}

/** Read, over the ends of sectors. Compare: EAR_OK the same bytes are there; EAR_ERR_EMPTY: others. */
enum ear_err ear_kept_load(const struct ear_kept *kept, uint32_t address, void *bytes, uint32_t length);
enum ear_err ear_kept_checksum(const struct ear_kept *kept, uint32_t address, uint32_t length, uint32_t *crc);
enum ear_err ear_kept_compare(const struct ear_kept *kept, uint32_t address, const void *bytes, uint32_t length);
enum ear_err ear_kept_is_blank(const struct ear_kept *kept, uint32_t address, uint32_t end, bool *blank);

/** The checksums of headers. */
uint32_t ear_kept_bank_check(const struct ear_kept *kept, const uint8_t *header);
uint32_t ear_kept_item_check(uint32_t generation, const uint8_t *header);

/** The next item that is not gone, from an address on; *whole: its checksum is right. EAR_ERR_EMPTY; EAR_ERR_IO. */
enum ear_err ear_kept_next_live(const struct ear_kept *kept, uint32_t at, struct ear_kept_item *item, bool *whole);

/** The newest item of the key at or after an address. */
enum ear_err ear_kept_find_from(struct ear_kept *kept, uint32_t at, const struct ear_kept_key *key,
                                struct ear_kept_item *found);
bool ear_kept_is_of(const struct ear_kept *kept, const struct ear_kept_item *item, const struct ear_kept_key *key);

/** Finish what a cut has left unfinished, as far as the storage lets. */
void ear_kept_tidy(struct ear_kept *kept);

#endif
