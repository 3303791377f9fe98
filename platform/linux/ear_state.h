/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_state.h - the state directory: the outbox, the snapshot and the packs as files. One process at a
 * time. */
#ifndef EAR_STATE_H
#define EAR_STATE_H

#include "core/port/ear_log.h"
#include "platform/linux/ear_storage_file.h"

/** Public only so that callers can allocate it. */
struct ear_state {
    struct ear_storage_file outbox;
    struct ear_storage_file snapshot;
    struct ear_storage_file packs; /* closed where packs cannot come */
};

/** How large what is not there yet is made. */
struct ear_state_sizes {
    uint32_t outbox_kib;
    uint32_t memory_bytes;  /* what a snapshot must hold */
    uint32_t pack_slot_kib; /* for each pack and its last good one; 0: packs need no room unless there is some */
};

/** Nothing open. */
void ear_state_init(struct ear_state *state);

/** Open all, making what is not there. EAR_ERR_IO, EAR_ERR_BUSY: the log has why, and what was opened stays so until
 * ear_state_close. */
EAR_MUST_USE enum ear_err ear_state_open(struct ear_state *state, const char *directory,
                                         const struct ear_state_sizes *sizes, const struct ear_log *log);

void ear_state_close(struct ear_state *state);

#endif
