/* SPDX-License-Identifier: Apache-2.0 */
/* core/port/ear_log.h - port: lines for the field engineer. Never holds what anybody said. */
#ifndef EAR_LOG_H
#define EAR_LOG_H

#include "core/base/ear_base.h"

/** Severities with the numbers of syslog (RFC 5424). */
enum ear_log_level { EAR_LOG_ERROR = 3, EAR_LOG_WARNING = 4, EAR_LOG_NOTICE = 5, EAR_LOG_INFO = 6, EAR_LOG_DEBUG = 7 };

struct ear_log {
    /** One line: a constant message with up to two details; what is NULL or 0 is left out by the platform. */
    void (*line)(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number);
    void *context;
};

#endif
