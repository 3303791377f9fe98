/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/device/ear_partition.h - the parts of a board's flash, by name. A board's ear_partitions.def has a
 * line EAR_PARTITION(name, offset, bytes) for each that it has:
 *
 *   slot_a, slot_b   firmware images (ear_image.h); code runs there in place
 *   identity         key, certificates, seed (ear_identity.h)
 *   settings         what was set on this device (core/store/ear_settings_store.h)
 *   state            journal and checkpoints of the agent
 *   outbox           summaries that nobody has acknowledged
 *   packs            classifiers that came to the running device
 *   plugins          native plugins
 *   boot             the security counter of images (ear_slots.h)
 *   scratch          nothing: `test` at the shell writes here
 */
#ifndef EAR_PARTITION_H
#define EAR_PARTITION_H

#include "core/port/ear_storage.h"

enum ear_partition {
#define EAR_PARTITION(name, offset, bytes) EAR_PARTITION_##name,
#include "ear_partitions.def"
#undef EAR_PARTITION
    EAR_PARTITIONS
};

/** Open all partitions of the board's flash. Asserts that the table fits the flash and overlaps nowhere. */
void ear_partitions_open(void);

/** A partition as a storage port; good for ever. NULL: this board has none of this name. */
const struct ear_storage *ear_partition_get(const char *name);

/** Whether what is in partitions can be changed at all. */
bool ear_partitions_are_writable(void);

#endif
