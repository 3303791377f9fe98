/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_pack_slot.h - the bytes of a slot that holds a pack, and how they get there. For ear_pack_store.c.
 *
 * A slot begins at a sector; all numbers are little-endian:
 *
 *   0 magic   "EARP"            16 counter  the pack's security counter
 *   4 version 1                 20 CRC-32 of the file
 *   8 sequence, from 1          24 name, padded with zeros to 24 bytes
 *  12 length of the file        48 CRC-32 of bytes 0..47
 *  52 state   ffffffff good, 0 revoked; anything else is a mark that was cut short, and the pack counts as good
 *  56 ffffffff ffffffff
 *  64 notes   24 of 8 bytes: ffffffff ffffffff free; else a counter, and CRC-32 of the sequence and that counter
 * 256 the file
 *
 * The header is programmed when the file is durable, so where there is one the file was whole. A note in a pack's
 * header says that a pack with this counter was in use in the other slot: it is made before that slot is erased. */
#ifndef EAR_PACK_SLOT_H
#define EAR_PACK_SLOT_H

#include "core/port/ear_storage.h"

#define EAR_PACK_SLOT_HEADER 256u
#define EAR_PACK_SLOT_NAME_BYTES 24u /* terminated */

struct ear_pack_slot_header {
    char name[EAR_PACK_SLOT_NAME_BYTES];
    uint32_t sequence;
    uint32_t bytes; /* of the file */
    uint32_t counter;
    uint32_t highest; /* that is known here: the counter, or a higher note */
    uint32_t crc;
    bool revoked;
};

/** [a-z0-9_]{1,23} */
bool ear_pack_slot_is_name(const char *name);

/** The header at an address. EAR_ERR_EMPTY: there is none; EAR_ERR_CORRUPT: what is there is none. room: most bytes
 * that a file can have. */
int ear_pack_slot_read(const struct ear_storage *storage, uint32_t address, uint32_t room,
                       struct ear_pack_slot_header *header);

/** Erase as many sectors as a file of this length needs with its header; the header goes first. EAR_ERR_IO. */
int ear_pack_slot_erase(const struct ear_storage *storage, uint32_t address, uint32_t length);

/** Program whole words, across sectors, and read them back. EAR_ERR_IO; EAR_ERR_CORRUPT: they are not there. */
int ear_pack_slot_program(const struct ear_storage *storage, uint32_t address, const uint8_t *bytes, uint32_t length);

/** Program the header behind its file, durable on return. EAR_ERR_IO, EAR_ERR_CORRUPT. */
int ear_pack_slot_seal(const struct ear_storage *storage, uint32_t address, const struct ear_pack_slot_header *header);

/** Mark as revoked, durable on return. EAR_ERR_IO. */
int ear_pack_slot_revoke(const struct ear_storage *storage, uint32_t address);

/** Note a counter in a slot's header, durable on return. EAR_ERR_FULL: no note is free; EAR_ERR_IO, EAR_ERR_CORRUPT. */
int ear_pack_slot_note(const struct ear_storage *storage, uint32_t address, uint32_t sequence, uint32_t counter);

#endif
