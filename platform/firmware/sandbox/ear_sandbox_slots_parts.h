/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_slots_parts.h - what ear_sandbox_slots.c (what is there) and
 * ear_sandbox_delivery.c (what comes) share: a slot's head, little-endian, in its first sector:
 *
 *     magic | bytes | name[24] | CRC-32 of these | a word that is 0 when all is there and was checked
 *     a word for each further sector of the slot, 0 where the envelope's bytes in it are all there
 *
 * A slot whose head is not whole is empty. So a cut of power leaves what was there, or what is still coming, or
 * nothing. */
#ifndef EAR_SANDBOX_SLOTS_PARTS_H
#define EAR_SANDBOX_SLOTS_PARTS_H

#include "platform/firmware/sandbox/ear_sandbox_slots.h"

#define EAR_SANDBOX_SLOT_MAGIC 0x70726165u
#define EAR_SANDBOX_SLOT_NAME_AT 8u
#define EAR_SANDBOX_SLOT_CRC_AT 32u
#define EAR_SANDBOX_SLOT_DONE_AT 36u
#define EAR_SANDBOX_SLOT_NOTES_AT 40u
#define EAR_SANDBOX_SLOT_WORD 4u

/** Where it begins in the partition, and the most bytes of an envelope in it. */
uint32_t ear_sandbox_slot_at(const struct ear_sandbox_slots *slots, uint8_t slot);
uint32_t ear_sandbox_slot_room(const struct ear_sandbox_slots *slots);

/** The storage port; at is an address in the partition. erase and note are durable on return. */
bool ear_sandbox_slot_program(const struct ear_sandbox_slots *slots, uint32_t at, const void *bytes, uint32_t length);
bool ear_sandbox_slot_sync(const struct ear_sandbox_slots *slots);
bool ear_sandbox_slot_erase(const struct ear_sandbox_slots *slots, uint32_t at);
/** A word that says that something is done, after all that was programmed before. */
bool ear_sandbox_slot_note(const struct ear_sandbox_slots *slots, uint32_t at);

/** The sound slot with another copy of the plugin in this one; -1: there is none. */
int ear_sandbox_slot_twin(const struct ear_sandbox_slots *slots, uint8_t slot, const struct ear_sandbox_image *image,
                          struct ear_sandbox_image *twin);
void ear_sandbox_slot_empty(struct ear_sandbox_slots *slots, uint8_t slot);

/** *why and the error. */
enum ear_err ear_sandbox_slot_refuse(const char **why, enum ear_err err, const char *what);

#endif
