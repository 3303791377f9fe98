/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_image.h - a native plugin as bytes for Cortex-M, and how it comes to lie in
 * memory of its own. Pure; `earshot plugin build` writes it. Numbers are little-endian. These are the payload of an
 * envelope (core/model/ear_cose.h):
 *
 *      0  "EARN"             4  format u16 = 1, processor u16
 *      8  security counter  12  bytes of zeroed data   16  of initialised data   20  of code and constants
 *     24  descriptor        28  relocations
 *     32  name, 24 bytes, padded with zeros            56  8 zeros
 *     64  initialised data, then code and constants, then relocations: 4 bytes each
 *
 * It is linked for address 0: zeroed data, initialised data, code and constants, in this order and without gaps. A
 * relocation is the link address of a word that holds a link address. All sizes are multiples of 4, and code begins at
 * one of 64. No code and no data at all: the plugin of this name is withdrawn.
 *
 * In memory, a power of two of bytes in eight parts of which each can have its own protection (Armv7-M, B3.5):
 *
 *     stack | exchange, room, data               | code and constants, way back
 *     part 0  parts 1 to n-1: written, never run   parts n to 7: run and read, never written
 *
 * Below the stack and above the code nothing may be touched, so what runs over in any direction is a fault. */
#ifndef EAR_SANDBOX_IMAGE_H
#define EAR_SANDBOX_IMAGE_H

#include "core/base/ear_base.h"

#define EAR_SANDBOX_IMAGE_MAGIC 0x4e524145u
#define EAR_SANDBOX_IMAGE_FORMAT 1u
#define EAR_SANDBOX_IMAGE_HEAD_BYTES 64u
#define EAR_SANDBOX_IMAGE_NAME_BYTES 24u
#define EAR_SANDBOX_IMAGE_ALIGN 64u

/** Processors: what code may be in it. */
#define EAR_SANDBOX_CORTEX_M4 4u

/** Parts of the memory. */
#define EAR_SANDBOX_PARTS 8u

struct ear_sandbox_image {
    char name[EAR_SANDBOX_IMAGE_NAME_BYTES]; /* [a-z0-9_]{1,23} */
    uint32_t counter;
    uint32_t zeroed_bytes, data_bytes, code_bytes;
    uint32_t entry; /* link address of the descriptor, within the code */
    uint32_t relocations;
    const uint8_t *body; /* of the bytes that were read */
};

/** Read and check all that can be checked without loading. NULL, or what is wrong with it, for people. */
const char *ear_sandbox_image_read(const uint8_t *bytes, uint32_t length, struct ear_sandbox_image *image);

static inline bool ear_sandbox_image_is_withdrawn(const struct ear_sandbox_image *image)
{
    return image->code_bytes == 0;
}

/** Memory for one plugin, and where things lie in it. Addresses are the processor's. */
struct ear_sandbox_room {
    uint8_t *memory;
    uint32_t address; /* of memory; a multiple of bytes */
    uint32_t bytes;   /* a power of two, EAR_SANDBOX_ROOM_MIN or more */
    uint32_t exchange_bytes;
    uint32_t base;       /* address of link address 0 */
    uint32_t code;       /* address of code and constants */
    uint32_t code_bytes; /* that were loaded */
    uint32_t way_back;   /* address of two instructions: the only call of the host, and its end */
    uint8_t code_part;   /* n of the picture above */
};
#define EAR_SANDBOX_ROOM_MIN 2048u /* parts of at least 256 bytes */

static inline uint32_t ear_sandbox_room_exchange(const struct ear_sandbox_room *room)
{
    return room->bytes / EAR_SANDBOX_PARTS;
}

/** Whether it fits, with so many bytes of exchange: memory, address, bytes and exchange_bytes of room are given, the
 * rest is set. */
EAR_MUST_USE bool ear_sandbox_image_place(const struct ear_sandbox_image *image, struct ear_sandbox_room *room);

/** Copy it there and relocate it, all else zeroed. False: a relocation that points out of the plugin. */
EAR_MUST_USE bool ear_sandbox_image_load(const struct ear_sandbox_image *image, const struct ear_sandbox_room *room);

#endif
