/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/storage/ear_state.h - the state directory: the agent's state, the outbox and the packs as files, for
 * nobody else to read. One process at a time. */
#ifndef EAR_STATE_H
#define EAR_STATE_H

#include "core/port/ear_log.h"
#include "platform/linux/storage/ear_storage_file.h"

#define EAR_STATE_PATH_BYTES 192

/** Public only so that callers can allocate it. Does not move while it is open. */
struct ear_state {
    struct ear_storage_file outbox;
    struct ear_storage_file state; /* journal and checkpoints */
    struct ear_storage_file packs; /* closed where packs cannot come */
    bool outbox_refused;           /* it could not be opened: everything that needs it is refused */
    char outbox_path[EAR_STATE_PATH_BYTES];
    char state_path[EAR_STATE_PATH_BYTES];
    char packs_path[EAR_STATE_PATH_BYTES];
};

/** How large things are. */
struct ear_state_sizes {
    uint32_t outbox_kib;
    uint32_t journal_kib;   /* of events between two checkpoints */
    uint32_t pack_slot_kib; /* for each pack and its last good one; 0: packs need no room unless there is some */
    uint8_t sync;           /* enum ear_storage_sync, of state and outbox */
};

/** Nothing open. */
void ear_state_init(struct ear_state *state);

/** Open all, making what is not there and converting what has another size: what it holds is kept. An outbox that
 * cannot be opened refuses every operation; packs that cannot be are not there. EAR_ERR_IO: the state cannot be opened,
 * and nothing could be acknowledged; EAR_ERR_BUSY: another process works here. The log has why, and what was opened
 * stays so until ear_state_close. */
EAR_MUST_USE enum ear_err ear_state_open(struct ear_state *state, const char *directory,
                                         const struct ear_state_sizes *sizes, const struct ear_log *log);

/** Whether an outbox that was refused could be opened now: time to start anew. */
bool ear_state_could_open_outbox(const struct ear_state *state);

void ear_state_close(struct ear_state *state);

#endif
