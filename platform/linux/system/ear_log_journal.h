/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_log_journal.h - the log port on stderr: with syslog's priority in front where the journal
 * reads it (sd-daemon(3)), in words where a person does. */
#ifndef EAR_LOG_JOURNAL_H
#define EAR_LOG_JOURNAL_H

#include "core/port/ear_log.h"

/** Public only so that callers can allocate it. */
struct ear_log_journal {
    enum ear_log_level level; /* the least that is logged; may change */
    bool journal;
};

/** The port; *journal must outlive it. */
struct ear_log ear_log_journal_port(struct ear_log_journal *journal, enum ear_log_level level);

#endif
