/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_image.c - nothing in an image is believed: it is signed, but who signed may
 * have been mistaken. */
#include "platform/firmware/sandbox/ear_sandbox_image.h"

#include <string.h>

#include "core/base/ear_le.h"

#define WORD 4u
#define MOST_BYTES (1u << 20) /* of any part: sums cannot wrap */

/* Thumb: SVC 0, and a branch to itself that is never reached. */
#define WAY_BACK 0xe7fedf00u
#define WAY_BACK_BYTES 4u

static bool is_name(const char *name)
{
    size_t length = 0;
    while (length < EAR_SANDBOX_IMAGE_NAME_BYTES && name[length] != '\0') {
        const char c = name[length++];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') {
            return false;
        }
    }
    return length > 0 && length < EAR_SANDBOX_IMAGE_NAME_BYTES;
}

static bool is_size(uint32_t bytes)
{
    return bytes <= MOST_BYTES && bytes % WORD == 0;
}

static uint32_t linked_bytes(const struct ear_sandbox_image *image)
{
    return image->zeroed_bytes + image->data_bytes + image->code_bytes;
}

static bool fits_file(const struct ear_sandbox_image *image, uint32_t length)
{
    return image->relocations <= MOST_BYTES / WORD &&
           length == EAR_SANDBOX_IMAGE_HEAD_BYTES + image->data_bytes + image->code_bytes + image->relocations * WORD;
}

const char *ear_sandbox_image_read(const uint8_t *bytes, uint32_t length, struct ear_sandbox_image *image)
{
    if (length < EAR_SANDBOX_IMAGE_HEAD_BYTES || ear_le32_get(bytes) != EAR_SANDBOX_IMAGE_MAGIC) {
        return "no native plugin";
    }
    if (ear_le32_get(bytes + 4) != (EAR_SANDBOX_IMAGE_FORMAT | EAR_SANDBOX_CORTEX_M4 << 16)) {
        return "for another processor, or in a format of another version";
    }
    *image = (struct ear_sandbox_image){.counter = ear_le32_get(bytes + 8),
                                        .zeroed_bytes = ear_le32_get(bytes + 12),
                                        .data_bytes = ear_le32_get(bytes + 16),
                                        .code_bytes = ear_le32_get(bytes + 20),
                                        .entry = ear_le32_get(bytes + 24),
                                        .relocations = ear_le32_get(bytes + 28),
                                        .body = bytes + EAR_SANDBOX_IMAGE_HEAD_BYTES};
    memcpy(image->name, bytes + 32, sizeof image->name);
    if (!is_name(image->name)) {
        return "its name is not [a-z0-9_]{1,23}";
    }
    if (!is_size(image->zeroed_bytes) || !is_size(image->data_bytes) || !is_size(image->code_bytes) ||
        (image->zeroed_bytes + image->data_bytes) % EAR_SANDBOX_IMAGE_ALIGN != 0 || !fits_file(image, length)) {
        return "its sizes contradict each other";
    }
    const uint32_t code = image->zeroed_bytes + image->data_bytes;
    if (image->code_bytes == 0) {
        return code == 0 && image->relocations == 0 ? NULL : "its sizes contradict each other";
    }
    if (image->entry < code || image->entry % WORD != 0 || image->entry >= linked_bytes(image)) {
        return "its descriptor is not among its constants";
    }
    return NULL;
}

bool ear_sandbox_image_place(const struct ear_sandbox_image *image, struct ear_sandbox_room *room)
{
    const uint32_t part = room->bytes / EAR_SANDBOX_PARTS;
    const uint32_t code_parts = (image->code_bytes + WAY_BACK_BYTES + part - 1u) / part;
    const uint32_t data = image->zeroed_bytes + image->data_bytes;
    if (room->bytes < EAR_SANDBOX_ROOM_MIN || code_parts > EAR_SANDBOX_PARTS - 2u ||
        part + room->exchange_bytes + data > room->bytes - code_parts * part) {
        return false;
    }
    room->code_part = (uint8_t)(EAR_SANDBOX_PARTS - code_parts);
    room->code = room->address + room->code_part * part;
    room->code_bytes = image->code_bytes;
    room->base = room->code - data;
    room->way_back = room->address + room->bytes - WAY_BACK_BYTES;
    return true;
}

/* A word at a link address points into the plugin, as seen from its base. */
static bool relocate(const struct ear_sandbox_image *image, const struct ear_sandbox_room *room, uint32_t at)
{
    const uint32_t most = linked_bytes(image);
    if (at % WORD != 0 || at < image->zeroed_bytes || at >= most) {
        return false;
    }
    uint8_t *word = room->memory + (room->base - room->address) + at;
    const uint32_t to = ear_le32_get(word);
    ear_le32_put(word, room->base + to);
    return to <= most; /* just behind its end is a pointer that C allows */
}

bool ear_sandbox_image_load(const struct ear_sandbox_image *image, const struct ear_sandbox_room *room)
{
    const uint32_t loaded = image->data_bytes + image->code_bytes;
    const uint8_t *relocations = image->body + loaded;
    memset(room->memory, 0, room->bytes);
    memcpy(room->memory + (room->base - room->address) + image->zeroed_bytes, image->body, loaded);
    ear_le32_put(room->memory + room->bytes - WAY_BACK_BYTES, WAY_BACK);
    for (uint32_t i = 0; i < image->relocations; i++) {
        if (!relocate(image, room, ear_le32_get(relocations + i * WORD))) {
            return false;
        }
    }
    return true;
}
