/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/serial/ear_text_out.h - text for people, without the C library's printf, which would bring a heap.
 * Pure.
 */
#ifndef EAR_TEXT_OUT_H
#define EAR_TEXT_OUT_H

#include "core/base/ear_base.h"

/** Where text goes. */
struct ear_text_out {
    void (*write)(void *context, const char *text, size_t length);
    void *context;
};

/** Write text; "\n" becomes "\r\n". Of printf's conversions: %s (NULL: nothing), %u (unsigned int), %02x likewise with
 * two digits or more, %c and %%. */
__attribute__((format(printf, 2, 3))) void ear_text_print(const struct ear_text_out *out, const char *format, ...);

/** "2027-05-01T12:00:00Z" of ms since 1970. */
void ear_text_time(const struct ear_text_out *out, int64_t ms);

/** The same, read: ms since 1970, or -1. */
int64_t ear_text_time_read(const char *text);

#endif
