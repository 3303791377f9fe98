/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/serial/ear_serial_ring.h - bytes between a serial port's interrupt and the main loop. One writer,
 * one reader. */
#ifndef EAR_SERIAL_RING_H
#define EAR_SERIAL_RING_H

#include "core/base/ear_base.h"

struct ear_serial_ring {
    volatile uint16_t head; /* next to be written, by the interrupt */
    volatile uint16_t tail; /* next to be read, by the loop */
    volatile uint32_t lost;
    bool inside; /* the interrupt's: between two zeros, as far as it can tell */
    uint8_t bytes[EAR_SERIAL_RING_BYTES + 1];
};

static inline uint32_t ear_serial_ring_next(uint32_t at)
{
    return at == EAR_SERIAL_RING_BYTES ? 0 : at + 1;
}

/** From the interrupt: bytes for which there is room. The loop does not make more while the interrupt lasts. */
static inline uint32_t ear_serial_ring_room(const struct ear_serial_ring *ring)
{
    const uint32_t head = ring->head;
    const uint32_t tail = ring->tail;
    return tail - head + (tail > head ? 0 : EAR_SERIAL_RING_BYTES + 1u) - 1u;
}

/** From the interrupt; there is room for so many. True: there is something for the loop to do. A frame is one thing,
 * not a hundred bytes; what people type is echoed letter by letter. A guess is enough: the loop looks once a second in
 * any case. */
EAR_MUST_USE static inline bool ear_serial_ring_put(struct ear_serial_ring *ring, uint8_t byte, uint32_t room)
{
    const uint32_t head = ring->head;
    const bool ends = byte == 0 || byte == '\r' || byte == '\n' || room <= (EAR_SERIAL_RING_BYTES + 1u) / 2u;
    const bool wakes = ends || !ring->inside;
    ring->inside = ring->inside != (byte == 0);
    ring->bytes[head] = byte;
    ring->head = (uint16_t)ear_serial_ring_next(head);
    return wakes;
}

/** From the loop: as many as there are up to capacity. */
static inline size_t ear_serial_ring_take(struct ear_serial_ring *ring, uint8_t *bytes, size_t capacity)
{
    const uint32_t head = ring->head;
    uint32_t tail = ring->tail;
    size_t count = 0;
    for (; count < capacity && tail != head; count++) {
        bytes[count] = ring->bytes[tail];
        tail = ear_serial_ring_next(tail);
    }
    ring->tail = (uint16_t)tail;
    return count;
}

#endif
