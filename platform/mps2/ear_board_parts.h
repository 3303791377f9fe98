/* SPDX-License-Identifier: Apache-2.0 */
/* platform/mps2/ear_board_parts.h - what the files of this board tell each other. */
#ifndef EAR_BOARD_PARTS_H
#define EAR_BOARD_PARTS_H

/** From an interrupt: the main loop has something to look at. */
void ear_board_wake(void);

void ear_board_serial_open(void);

#endif
