/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_journal_move.h - a journal's records to a log of another size. Called from the agent's task. */
#ifndef EAR_JOURNAL_MOVE_H
#define EAR_JOURNAL_MOVE_H

#include "core/store/ear_record_log.h"

/** Append a record of a journal to another log, as ear_record_log_append: all of them, in their order. What it says
 * about positions is brought in line, in bytes. *begin is kept between the calls, 0 at first. */
EAR_MUST_USE int ear_journal_move_record(struct ear_record_log *to, uint8_t type, uint8_t *bytes, uint16_t length,
                                         uint64_t *begin);

#endif
