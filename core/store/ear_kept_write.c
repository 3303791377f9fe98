/* SPDX-License-Identifier: Apache-2.0 */
/* How it works. Appending: the item, durable; then the one before is written over. So between the two there are two of
 * a key, and the newer counts; opening finishes that. Moving to the other bank: erase it, copy, durable; then the
 * magic, durable; then the old bank is erased. So there is always a bank with a magic, and of two the higher generation
 * counts. An item's checksum covers the generation: what an unfinished erase left is never taken for an item. */
#include "core/store/ear_kept_parts.h"

#include <assert.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"

static const uint8_t zero[EAR_KEPT_LINE];

static enum ear_err program(const struct ear_kept *kept, uint32_t address, const void *bytes, uint32_t length)
{
    const uint8_t *from = bytes;
    while (length > 0) {
        const uint32_t part = ear_kept_part_of(kept, address, length);
        if (kept->storage->ops->program(kept->storage->context, address, from, part) != 0) {
            return EAR_ERR_IO;
        }
        address += part;
        from += part;
        length -= part;
    }
    return EAR_OK;
}

static enum ear_err sync(const struct ear_kept *kept)
{
    return kept->storage->ops->sync(kept->storage->context) == 0 ? EAR_OK : EAR_ERR_IO;
}

static uint32_t other_bank(const struct ear_kept *kept)
{
    return kept->generation == 0 || kept->bank != 0 ? 0 : kept->bank_bytes;
}

/* Durable on return. */
static enum ear_err erase_bank(const struct ear_kept *kept, uint32_t bank)
{
    bool any = false;
    for (uint32_t at = bank; at < bank + kept->bank_bytes; at += kept->storage->sector_bytes) {
        bool blank;
        if (ear_kept_is_blank(kept, at, at + kept->storage->sector_bytes, &blank) != EAR_OK ||
            (!blank && kept->storage->ops->erase(kept->storage->context, at) != 0)) {
            return EAR_ERR_IO;
        }
        any = any || !blank;
    }
    return any ? sync(kept) : EAR_OK;
}

static enum ear_err program_bank_header(const struct ear_kept *kept, uint32_t bank, uint32_t generation)
{
    uint8_t header[EAR_KEPT_HEADER];
    ear_le32_put(header, EAR_KEPT_MAGIC);
    ear_le32_put(header + 4, EAR_KEPT_VERSION);
    ear_le32_put(header + 8, generation);
    ear_le32_put(header + 12, ear_kept_bank_check(kept, header));
    if (program(kept, bank + 4, header + 4, EAR_KEPT_HEADER - 4) != EAR_OK || sync(kept) != EAR_OK ||
        program(kept, bank, header, 4) != EAR_OK || sync(kept) != EAR_OK) {
        return EAR_ERR_IO;
    }
    return ear_kept_compare(kept, bank, header, EAR_KEPT_HEADER) == EAR_OK ? EAR_OK : EAR_ERR_IO;
}

/* An item at an address of erased flash, read back; not yet durable. */
static enum ear_err write_header(const struct ear_kept *kept, uint32_t at, uint32_t generation,
                                 const struct ear_kept_item *item, uint32_t crc)
{
    uint8_t header[EAR_KEPT_HEADER];
    ear_le32_put(header, UINT32_MAX);
    ear_le32_put(header + 4, (uint32_t)item->key_bytes << 24 | (uint32_t)item->type << 16 | item->length);
    ear_le32_put(header + 8, crc);
    ear_le32_put(header + 12, ear_kept_item_check(generation, header));
    const enum ear_err err = program(kept, at + 4, header + 4, EAR_KEPT_HEADER - 4);
    return err == EAR_OK && ear_kept_compare(kept, at, header, EAR_KEPT_HEADER) == EAR_OK ? EAR_OK : EAR_ERR_IO;
}

static enum ear_err write_bytes(const struct ear_kept *kept, uint32_t at, const uint8_t *bytes, uint32_t length)
{
    uint8_t last[4] = {0xff, 0xff, 0xff, 0xff};
    const uint32_t words = length & ~3u;
    memcpy(last, bytes + words, length - words);
    if (program(kept, at, bytes, words) != EAR_OK ||
        (words < length && program(kept, at + words, last, sizeof last) != EAR_OK)) {
        return EAR_ERR_IO;
    }
    return ear_kept_compare(kept, at, bytes, length) == EAR_OK ? EAR_OK : EAR_ERR_IO;
}

static enum ear_err write_item(const struct ear_kept *kept, uint32_t at, uint32_t generation,
                               const struct ear_kept_item *item, const uint8_t *bytes)
{
    const enum ear_err err = write_header(kept, at, generation, item, ear_crc32(0, bytes, item->length));
    return err == EAR_OK ? write_bytes(kept, at + EAR_KEPT_HEADER, bytes, item->length) : err;
}

static enum ear_err copy_item(const struct ear_kept *kept, uint32_t at, uint32_t generation,
                              const struct ear_kept_item *item)
{
    uint8_t line[EAR_KEPT_LINE];
    uint32_t crc = 0;
    enum ear_err err = ear_kept_checksum(kept, item->address, item->length, &crc);
    err = err == EAR_OK ? write_header(kept, at, generation, item, crc) : err;
    for (uint32_t done = 0; err == EAR_OK && done < item->length; done += EAR_KEPT_LINE) {
        const uint32_t part = ear_kept_line_of(item->length - done);
        err = ear_kept_load(kept, item->address + done, line, part);
        err = err == EAR_OK ? write_bytes(kept, at + EAR_KEPT_HEADER + done, line, part) : err;
    }
    return err;
}

/* Write over, durable before its state says so: until then, opening would do it again. */
static enum ear_err wipe(const struct ear_kept *kept, const struct ear_kept_item *item)
{
    const uint32_t end = ear_kept_end_of(item);
    enum ear_err err = EAR_OK;
    for (uint32_t at = item->address, part; err == EAR_OK && at < end; at += part) {
        part = ear_kept_line_of(end - at);
        err = program(kept, at, zero, part);
    }
    err = err == EAR_OK ? sync(kept) : err;
    return err == EAR_OK ? program(kept, item->address - EAR_KEPT_HEADER, zero, 4) : err;
}

/* Whether a newer item of the same key counts. */
static bool is_superseded(struct ear_kept *kept, const struct ear_kept_item *item)
{
    uint8_t bytes[EAR_KEPT_KEY_BYTES];
    const struct ear_kept_key key = {item->type, item->key_bytes, bytes};
    struct ear_kept_item newer;
    return ear_kept_load(kept, item->address, bytes, item->key_bytes) == EAR_OK &&
           ear_kept_find_from(kept, ear_kept_end_of(item), &key, &newer) == EAR_OK;
}

/* The next item that is to be taken to the other bank: not one of this key, if one is given. */
static enum ear_err next_to_move(struct ear_kept *kept, struct ear_kept_item *item, const struct ear_kept_key *without)
{
    enum ear_err err;
    do {
        err = ear_kept_next(kept, item);
    } while (err == EAR_OK && (is_superseded(kept, item) || (without != NULL && ear_kept_is_of(kept, item, without))));
    return err;
}

/* Bytes that the bank takes after a move. */
static enum ear_err bytes_to_move(struct ear_kept *kept, const struct ear_kept_key *without, uint32_t *bytes)
{
    struct ear_kept_item item = {0};
    enum ear_err err;
    *bytes = EAR_KEPT_BANK_OVERHEAD;
    while ((err = next_to_move(kept, &item, without)) == EAR_OK) {
        *bytes += ear_kept_bytes_of(item.length);
    }
    return err == EAR_ERR_EMPTY ? EAR_OK : err;
}

/* Take all that counts, and a new item, if any, in the place of that of its key, to the other bank. */
static enum ear_err move(struct ear_kept *kept, const struct ear_kept_item *added, const uint8_t *bytes)
{
    const uint32_t bank = other_bank(kept);
    const uint32_t generation = kept->generation == UINT32_MAX ? 1 : kept->generation + 1;
    const struct ear_kept_key key =
        added != NULL ? (struct ear_kept_key){added->type, added->key_bytes, bytes} : (struct ear_kept_key){0};
    const struct ear_kept_key *without = added != NULL ? &key : NULL;
    struct ear_kept_item item = {0};
    uint32_t at = bank + EAR_KEPT_BANK_OVERHEAD;
    uint32_t needed = 0;
    enum ear_err err = bytes_to_move(kept, without, &needed);
    if (err != EAR_OK || needed + (added != NULL ? ear_kept_bytes_of(added->length) : 0) > kept->bank_bytes) {
        return err != EAR_OK ? err : EAR_ERR_FULL;
    }
    err = erase_bank(kept, bank);
    while (err == EAR_OK && (err = next_to_move(kept, &item, without)) == EAR_OK) {
        err = copy_item(kept, at, generation, &item);
        at += ear_kept_bytes_of(item.length);
    }
    err = err == EAR_ERR_EMPTY ? EAR_OK : err;
    if (err == EAR_OK && added != NULL) {
        err = write_item(kept, at, generation, added, bytes);
        at += ear_kept_bytes_of(added->length);
    }
    err = err == EAR_OK ? program_bank_header(kept, bank, generation) : err;
    if (err != EAR_OK) {
        return err;
    }
    const uint32_t left = kept->bank;
    const bool was_any = kept->generation != 0;
    kept->bank = bank;
    kept->generation = generation;
    kept->tail = at;
    kept->spoilt = false;
    if (was_any) {
        (void)erase_bank(kept, left); /* else by the next open, or the next move */
    }
    return EAR_OK;
}

/* Write over all items of the key before an address; ear_kept_open does it if this fails. */
static enum ear_err wipe_before(struct ear_kept *kept, uint32_t before, const struct ear_kept_key *key)
{
    struct ear_kept_item item = {0};
    uint32_t at = ear_kept_first_of(kept);
    bool whole = false;
    bool any = false;
    enum ear_err err;
    for (; (err = ear_kept_next_live(kept, at, &item, &whole)) == EAR_OK && item.address < before;
         at = ear_kept_end_of(&item)) {
        if (!whole || ear_kept_is_of(kept, &item, key)) {
            any = true;
            err = wipe(kept, &item);
            if (err != EAR_OK) {
                return err;
            }
        }
    }
    return err == EAR_ERR_IO ? err : any ? sync(kept) : EAR_OK;
}

static enum ear_err append(struct ear_kept *kept, const struct ear_kept_item *item, const uint8_t *bytes)
{
    const uint32_t at = kept->tail;
    if (kept->generation == 0 || kept->spoilt || ear_kept_bytes_of(item->length) > kept->bank + kept->bank_bytes - at) {
        return EAR_ERR_FULL;
    }
    enum ear_err err = write_item(kept, at, kept->generation, item, bytes);
    err = err == EAR_OK ? sync(kept) : err;
    if (err != EAR_OK) {
        kept->spoilt = true;
        (void)program(kept, at, zero, 4); /* should it be there after all */
        return err;
    }
    kept->tail = at + ear_kept_bytes_of(item->length);
    const struct ear_kept_key key = {item->type, item->key_bytes, bytes};
    (void)wipe_before(kept, at, &key);
    return EAR_OK;
}

enum ear_err ear_kept_put(struct ear_kept *kept, uint8_t type, uint8_t key_bytes, const void *bytes, uint16_t length)
{
    const struct ear_kept_item added = {.length = length, .type = type, .key_bytes = key_bytes};
    const struct ear_kept_key key = {type, key_bytes, bytes};
    struct ear_kept_item item;
    assert(key_bytes <= length && key_bytes <= EAR_KEPT_KEY_BYTES && type < UINT8_MAX);
    if (!EAR_ENABLED(STORAGE)) {
        return EAR_ERR_IO;
    }
    enum ear_err err = ear_kept_find(kept, &key, &item);
    if (err == EAR_ERR_IO ||
        (err == EAR_OK && item.length == length && ear_kept_compare(kept, item.address, bytes, length) == EAR_OK)) {
        return err;
    }
    err = append(kept, &added, bytes);
    return err == EAR_OK ? err : move(kept, &added, bytes);
}

enum ear_err ear_kept_remove(struct ear_kept *kept, const struct ear_kept_key *key)
{
    return EAR_ENABLED(STORAGE) ? wipe_before(kept, kept->bank + kept->bank_bytes, key) : EAR_ERR_IO;
}

uint32_t ear_kept_room(struct ear_kept *kept)
{
    uint32_t taken = kept->bank_bytes;
    const uint32_t needed = bytes_to_move(kept, NULL, &taken) == EAR_OK ? taken + EAR_KEPT_HEADER : kept->bank_bytes;
    return needed < kept->bank_bytes ? kept->bank_bytes - needed : 0;
}

/* What a cut has left: a bank that is not the one at work, items of which there is a newer one or that are not whole.
 * Where that fails, it is as good as done: only the flash still holds what nobody needs. */
void ear_kept_tidy(struct ear_kept *kept)
{
    struct ear_kept_item item = {0};
    bool whole = false;
    bool any = false;
    enum ear_err err = erase_bank(kept, other_bank(kept));
    if (err == EAR_OK && kept->spoilt) {
        err = move(kept, NULL, NULL);
    }
    for (uint32_t at = ear_kept_first_of(kept); err == EAR_OK && ear_kept_next_live(kept, at, &item, &whole) == EAR_OK;
         at = ear_kept_end_of(&item)) {
        if (!whole || is_superseded(kept, &item)) {
            kept->corrupt += whole ? 0u : 1u;
            err = wipe(kept, &item);
            any = true;
        }
    }
    if (any) {
        (void)sync(kept);
    }
}
