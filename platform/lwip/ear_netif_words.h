/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_netif_words.h - frames through a network controller's data register, four bytes at a time, the
 * first of them lowest. For boards' ear_board_netif.c. */
#ifndef EAR_NETIF_WORDS_H
#define EAR_NETIF_WORDS_H

#include "core/base/ear_base.h"

struct pbuf;

/** Write a frame, behind the `filled` (0 to 3) bytes that are in `word` already; the last word is filled up with 0. */
void ear_netif_words_send(volatile uint32_t *data, const struct pbuf *frame, uint32_t word, uint32_t filled);

/** Fill a frame with `word`, which was read, without its first `skip` (0 to 3) bytes, and `words` more; what has no
 * room in it, or all where it is NULL, is thrown away. */
void ear_netif_words_fetch(volatile uint32_t *data, struct pbuf *frame, uint32_t word, uint32_t skip, uint32_t words);

#endif
