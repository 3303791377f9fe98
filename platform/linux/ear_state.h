/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_state.h - the state directory: the outbox and the snapshot as files. One process at a time. */
#ifndef EAR_STATE_H
#define EAR_STATE_H

#include "core/port/ear_log.h"
#include "platform/linux/ear_storage_file.h"

/** Public only so that callers can allocate it. */
struct ear_state {
    struct ear_storage_file outbox;
    struct ear_storage_file snapshot;
};

/** Nothing open. */
void ear_state_init(struct ear_state *state);

/** Open both, making what is not there. memory_bytes: what a snapshot must hold. EAR_ERR_IO, EAR_ERR_BUSY: the log has
 * why, and what was opened stays so until ear_state_close. */
EAR_MUST_USE enum ear_err ear_state_open(struct ear_state *state, const char *directory, uint32_t outbox_kib,
                                         uint32_t memory_bytes, const struct ear_log *log);

void ear_state_close(struct ear_state *state);

#endif
