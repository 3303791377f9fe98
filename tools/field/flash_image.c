/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/flash_image.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "platform/firmware/update/ear_slots.h"
#include "tools/earshot/util.h"
#include "tools/field/memory_storage.h"

static const struct board_part *part_of(const struct board_layout *board, const char *name)
{
    const struct board_part *part = board_layout_part(board, name);
    struct text names = {0};

    if (part == NULL) {
        for (size_t i = 0; i < board->part_count; i++) {
            text_printf(&names, "%s%s", i > 0 ? ", " : "", board->parts[i].name);
        }
        die("%s has no partition `%s`; it has %s", board->name, name, names.bytes);
    }
    return part;
}

void flash_image_erase(const struct board_layout *board, uint8_t *flash, const char *name)
{
    const struct board_part *part = part_of(board, name);

    memset(flash + part->at, 0xff, part->bytes);
}

void flash_image_put_partition(const struct board_layout *board, uint8_t *flash, const char *name, const char *path)
{
    const struct board_part *part = part_of(board, name);
    size_t length;
    char *bytes = read_file(path, &length);

    if (length != part->bytes) {
        die("%s: has %zu bytes; the partition `%s` of %s has %u: made for another board?", path, length, name,
            board->name, part->bytes);
    }
    memcpy(flash + part->at, bytes, length);
    explicit_bzero(bytes, length);
    free(bytes);
    printf("%s: %s\n", name, path);
}

/* ---- firmware ---- */

static bool is_elf(const char *bytes, size_t length)
{
    return length >= 4 && memcmp(bytes, "\177ELF", 4) == 0;
}

/* A program that starts at 0: initial stack pointer in RAM, reset handler (Thumb) inside of it. */
static void check_vectors(const struct board_layout *board, const char *path, const uint8_t *bytes, size_t length)
{
    const uint32_t stack = length >= 8 ? ear_le32_get(bytes) : 0, reset = length >= 8 ? ear_le32_get(bytes + 4) : 0;

    if (stack >> 28 != 2 || (reset & 1) == 0 || reset - board->address >= length) {
        die("%s: does not begin with the vectors of a program for %s; its .bin is meant", path, board->name);
    }
}

static void put_alone(const struct board_layout *board, uint8_t *flash, const struct board_part *part, const char *path,
                      const char *bytes, size_t length)
{
    if (length > part->bytes) {
        die("%s: has %zu bytes; %s has room for %u", path, length, board->name, part->bytes);
    }
    check_vectors(board, path, (const uint8_t *)bytes, length);
    memset(flash + part->at, 0xff, part->bytes);
    memcpy(flash + part->at, bytes, length);
    printf("%s: %s, %zu of %u bytes\n", part->name, path, length, part->bytes);
}

static const char *const slot_names[EAR_SLOTS] = {"slot_a", "slot_b"};

/* The slots of a board as the boot loader sees them. Storage: slot_a, slot_b, boot. */
static void open_slots(const struct board_layout *board, uint8_t *flash, struct memory_storage storage[3],
                       struct ear_slots *slots)
{
    *slots = (struct ear_slots){0};
    for (unsigned i = 0; i <= EAR_SLOTS; i++) {
        const struct board_part *part = part_of(board, i < EAR_SLOTS ? slot_names[i] : "boot");
        memory_storage_init(&storage[i], flash + part->at, board->sector_bytes, part->bytes / board->sector_bytes);
        if (i < EAR_SLOTS) {
            slots->slot[i] = (struct ear_slot){&storage[i].port, board->address + part->at};
        }
    }
    slots->boot = &storage[2].port;
}

/* A programmer knows what it writes: the image is at work without a trial, unless it brings a trailer of its own. */
static void write_slot(const struct board_layout *board, uint8_t *flash, struct ear_slots *slots, unsigned which,
                       const char *path, const char *bytes, size_t length)
{
    const struct board_part *part = part_of(board, slot_names[which]);
    const uint32_t room = ear_slots_room(slots->slot[which].storage);

    if (length > room && length != part->bytes) {
        die("%s: has %zu bytes; %s has room for %u", path, length, slot_names[which], room);
    }
    flash_image_erase(board, flash, slot_names[which]);
    memcpy(flash + part->at, bytes, length);
    if (length != part->bytes &&
        (ear_slots_offer(slots, which) != EAR_OK || ear_slots_confirm(slots, which) != EAR_OK)) {
        die("%s: %s cannot be marked as good", path, slot_names[which]);
    }
}

static void put_in_slot(const struct board_layout *board, uint8_t *flash, unsigned which, const char *path,
                        const char *bytes, size_t length)
{
    const char *name = slot_names[which], *other_name = slot_names[1 - which];
    struct memory_storage storage[3];
    struct ear_slots slots;
    struct ear_slot_look look, other;
    char version[EAR_IMAGE_VERSION_BYTES];

    open_slots(board, flash, storage, &slots);
    write_slot(board, flash, &slots, which, path, bytes, length);
    ear_slots_look(&slots, which, &look);
    if (look.state != EAR_SLOT_GOOD && look.state != EAR_SLOT_NEW) {
        die("%s: the boot loader would not start it: %s", path, look.why != NULL ? look.why : "not complete");
    }
    printf("%s: %s, version %s, counter %u%s\n", name, path, ear_image_version_text(&look.image.version, version),
           look.image.counter, look.state == EAR_SLOT_NEW ? ", on trial" : "");
    ear_slots_look(&slots, 1 - which, &other);
    if (other.is_read && other.state != EAR_SLOT_REFUSED &&
        ear_image_compare(&other.image.version, &look.image.version) > 0) {
        printf("  but %s has version %s, which is newer and starts first (--erase %s)\n", other_name,
               ear_image_version_text(&other.image.version, version), other_name);
    }
}

void flash_image_put_firmware(const struct board_layout *board, uint8_t *flash, const char *path)
{
    const struct board_part *alone = board_layout_part(board, "image");
    struct ear_image image;
    const char *why = NULL;
    size_t length;
    char *bytes = read_file(path, &length);

    if (is_elf(bytes, length)) {
        die("%s: is an ELF file; %s is meant", path,
            alone != NULL ? "the .bin beside it (objcopy -O binary)"
                          : "the .img that `earshot image sign` makes of it");
    }
    if (alone != NULL) {
        put_alone(board, flash, alone, path, bytes, length);
        free(bytes);
        return;
    }
    if (length < EAR_IMAGE_HEADER_BYTES ||
        ear_image_read_header((const uint8_t *)bytes, (uint32_t)length, &image, &why) != EAR_OK) {
        die("%s: is no signed image (%s); `earshot image sign` makes one", path, why != NULL ? why : "too short");
    }
    for (unsigned i = 0; i < EAR_SLOTS; i++) {
        const struct board_part *part = part_of(board, slot_names[i]);
        if (image.load_address == board->address + part->at) {
            put_in_slot(board, flash, i, path, bytes, length);
            free(bytes);
            return;
        }
    }
    die("%s: was linked for address 0x%08x, where %s has no slot: made for another board?", path, image.load_address,
        board->name);
}
