/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/serial/ear_log_ring.c - lines as bytes in a ring: "12.345 warning: message: detail 7", each with
 * its line feed. Whole lines make room for new ones. */
#include "platform/firmware/serial/ear_log_ring.h"

#include <assert.h>
#include <string.h>

#define LINE_BYTES 192u

static_assert(EAR_LOG_RING_BYTES > LINE_BYTES, "a line fits");

/** A line that is being put together; what is too long for it is cut. */
struct line {
    uint16_t length;
    char text[LINE_BYTES];
};

static void add_byte(struct line *line, char byte)
{
    if (line->length < LINE_BYTES - 1u) { /* there is always room for the line feed */
        line->text[line->length++] = byte;
    }
}

static void add(struct line *line, const char *text)
{
    while (*text != '\0') {
        const char byte = *text++;
        add_byte(line, byte >= ' ' ? byte : '?'); /* a line stays one, whatever a detail holds */
    }
}

static void add_number(struct line *line, uint64_t number, unsigned digits_min)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number > 0 || count < digits_min);
    while (count > 0) {
        add_byte(line, digits[--count]);
    }
}

static const char *level_name(enum ear_log_level level)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    return names[level - EAR_LOG_ERROR];
}

static void compose(struct line *line, uint64_t ms, enum ear_log_level level, const char *message, const char *detail,
                    int64_t number)
{
    add_number(line, ms / 1000u, 1);
    add(line, ".");
    add_number(line, ms % 1000u, 3);
    add(line, " ");
    add(line, level_name(level));
    add(line, ": ");
    add(line, message);
    if (detail != NULL) {
        add(line, ": ");
        add(line, detail);
    }
    if (number != 0) {
        add(line, number < 0 ? " -" : " ");
        add_number(line, number < 0 ? (uint64_t)0 - (uint64_t)number : (uint64_t)number, 1);
    }
}

/** head is where the oldest byte is. */
static uint16_t at(const struct ear_log_ring *ring, uint32_t index)
{
    return (uint16_t)((ring->head + index) % EAR_LOG_RING_BYTES);
}

static void drop_line(struct ear_log_ring *ring)
{
    char byte;
    do {
        byte = ring->text[ring->head];
        ring->head = at(ring, 1);
        ring->length--;
    } while (byte != '\n' && ring->length > 0);
    ring->dropped += ring->dropped < UINT32_MAX;
}

static void keep(struct ear_log_ring *ring, const struct line *line)
{
    while (ring->length + line->length > EAR_LOG_RING_BYTES) {
        drop_line(ring);
    }
    for (uint32_t i = 0; i < line->length; i++) {
        ring->text[at(ring, ring->length++)] = line->text[i];
    }
}

static void log_line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    struct ear_log_ring *ring = context;
    struct line line = {0};
    if ((uint32_t)level - EAR_LOG_ERROR > *ring->level) {
        return;
    }
    compose(&line, ring->monotonic_ms(), level, message, detail, number);
    if (ring->write != NULL) {
        ring->write(ring->context, line.text, line.length);
        ring->write(ring->context, "\r\n", 2);
    }
    line.text[line.length++] = '\n';
    keep(ring, &line);
}

void ear_log_ring_init(struct ear_log_ring *ring, const uint32_t *level, uint64_t (*monotonic_ms)(void))
{
    memset(ring, 0, sizeof *ring);
    ring->level = level;
    ring->monotonic_ms = monotonic_ms;
}

struct ear_log ear_log_ring_port(struct ear_log_ring *ring)
{
    return (struct ear_log){.line = log_line, .context = ring};
}

void ear_log_ring_print(const struct ear_log_ring *ring, void (*write)(void *context, const char *text, size_t length),
                        void *context)
{
    for (uint32_t i = 0; i < ring->length; i++) {
        const char *byte = &ring->text[at(ring, i)];
        write(context, *byte == '\n' ? "\r\n" : byte, *byte == '\n' ? 2 : 1);
    }
}
