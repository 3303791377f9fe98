/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_netif_words.c - between words and the parts that lwIP's frames consist of. */
#include "platform/lwip/ear_netif_words.h"

#include "lwip/pbuf.h"

void ear_netif_words_send(volatile uint32_t *data, const struct pbuf *frame, uint32_t word, uint32_t filled)
{
    for (const struct pbuf *part = frame; part != NULL; part = part->next) {
        const uint8_t *bytes = part->payload;
        for (uint32_t i = 0; i < part->len; i++) {
            word |= (uint32_t)bytes[i] << (8u * filled);
            if (++filled == 4) {
                *data = word;
                word = filled = 0;
            }
        }
    }
    if (filled > 0) {
        *data = word;
    }
}

void ear_netif_words_fetch(volatile uint32_t *data, struct pbuf *frame, uint32_t word, uint32_t skip, uint32_t words)
{
    struct pbuf *part = frame;
    uint32_t at = 0;
    for (;;) {
        for (word >>= 8u * skip; skip < 4 && part != NULL; skip++, word >>= 8) {
            ((uint8_t *)part->payload)[at++] = (uint8_t)word;
            if (at == part->len) {
                part = part->next;
                at = 0;
            }
        }
        if (words-- == 0) {
            return;
        }
        word = *data;
        skip = 0;
    }
}
