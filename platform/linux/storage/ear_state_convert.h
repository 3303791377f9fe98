/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/storage/ear_state_convert.h - a log in a file of another size. */
#ifndef EAR_STATE_CONVERT_H
#define EAR_STATE_CONVERT_H

#include "core/store/ear_record_log.h"
#include "platform/linux/storage/ear_storage_file.h"

/** Appends a record, as ear_journal_move_record for a journal. */
typedef int ear_state_append(struct ear_record_log *to, uint8_t type, uint8_t *bytes, uint16_t length, uint64_t *begin);

/** The same for the outbox, whose records stand by themselves. */
ear_state_append ear_state_append_message;

/** Copy the live records of the log in *file, which is open, to a file of this geometry, in their order, and put that
 * in its place; *file is then the new one. Of what does not fit the oldest go, and the log says how many. Cut off at
 * any moment, either the old file is there or the new one, whole. Where the new one cannot be made, the log says why
 * and *file stays the old one. EAR_ERR_IO, EAR_ERR_BUSY: not even that; it is closed. */
EAR_MUST_USE enum ear_err ear_state_convert(struct ear_storage_file *file, const char *path, uint32_t sector_bytes,
                                            uint32_t sector_count, ear_state_append *append, const struct ear_log *log);

#endif
