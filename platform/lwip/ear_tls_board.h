/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_tls_board.h - what mbedTLS needs of a board: memory from a static arena of EAR_TLS_ARENA_BYTES, and
 * the time. Before anything else of mbedTLS is called. */
#ifndef EAR_TLS_BOARD_H
#define EAR_TLS_BOARD_H

#include "core/port/ear_log.h"
#include "platform/firmware/ear_clock_board.h"

/** Prepare the arena; certificates are held against this clock. Again: only the clock is changed. */
void ear_tls_board_open(const struct ear_clock_board *clock);

/** How much of the arena was ever in use, gaps between pieces counted. */
uint32_t ear_tls_board_arena_peak(void);

/** Say so if the arena was ever all but full: mbedTLS takes a signature that it has no memory to check for a wrong one,
 * and the reason of a failure then is "wrong CA". */
void ear_tls_board_warn(const struct ear_log *log);

#endif
