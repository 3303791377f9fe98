/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/serial/ear_log_ring.h - the latest lines of the log, kept in RAM for `log` at the shell, and
 * written to the serial port as they come. Never holds what anybody said. */
#ifndef EAR_LOG_RING_H
#define EAR_LOG_RING_H

#include "core/port/ear_log.h"

/** Public only so that callers can allocate it. */
struct ear_log_ring {
    void (*write)(void *context, const char *text, size_t length); /* each line as it comes, with "\r\n"; or NULL */
    void *context;
    const uint32_t *level; /* enum ear_log_level minus EAR_LOG_ERROR, of the settings: the least that is logged */
    uint64_t (*monotonic_ms)(void);
    uint16_t head, length;
    uint32_t dropped; /* lines that were overwritten */
    char text[EAR_LOG_RING_BYTES];
};

/** level and monotonic_ms live as long as the ring. write may be set afterwards. */
void ear_log_ring_init(struct ear_log_ring *ring, const uint32_t *level, uint64_t (*monotonic_ms)(void));
struct ear_log ear_log_ring_port(struct ear_log_ring *ring);

/** Hand all lines that are kept to write, the oldest first. */
void ear_log_ring_print(const struct ear_log_ring *ring, void (*write)(void *context, const char *text, size_t length),
                        void *context);

#endif
