/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_log_journal.c - a line is one write, so that lines stay whole. */
#include "platform/linux/system/ear_log_journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    static const char *const words[] = {[EAR_LOG_ERROR] = "error",
                                        [EAR_LOG_WARNING] = "warning",
                                        [EAR_LOG_NOTICE] = "notice",
                                        [EAR_LOG_INFO] = "info",
                                        [EAR_LOG_DEBUG] = "debug"};
    const struct ear_log_journal *journal = context;
    char text[768];
    char digits[32] = "";
    if (level > journal->level) {
        return;
    }
    if (number != 0) {
        snprintf(digits, sizeof digits, " %" PRId64, number);
    }
    bool detailed = detail != NULL && detail[0] != '\0';
    int length = journal->journal ? snprintf(text, sizeof text, "<%d>", (int)level)
                                  : snprintf(text, sizeof text, "earshotd: %s: ", words[level]);
    length += snprintf(text + length, sizeof text - (size_t)length, "%.300s%s%s%.300s\n", message, digits,
                       detailed ? ": " : "", detailed ? detail : "");
    ssize_t written = write(STDERR_FILENO, text, (size_t)length);
    (void)written; /* where would it be said */
}

struct ear_log ear_log_journal_port(struct ear_log_journal *journal, enum ear_log_level level)
{
    journal->level = level;
    journal->journal = getenv("JOURNAL_STREAM") != NULL;
    return (struct ear_log){.line = line, .context = journal};
}
