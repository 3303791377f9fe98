/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_tls_board.c - memory and time for mbedTLS. The arena is painted, and its allocator takes the first
 * gap that fits, so that the last byte whose paint is gone is how far it was ever used. */
#include "platform/lwip/ear_tls_board.h"

#include "core/base/ear_tz.h"
#include "platform/firmware/ear_board.h"

#include <stdalign.h>
#include <string.h>

#include "mbedtls/memory_buffer_alloc.h"
#include "mbedtls/platform.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"

#define PAINT 0xa5
#define HEAD_BYTES 64u
#define SPARE_BYTES 256u /* with less left, something may have found no room */
#define DAY_S 86400

static alignas(8) uint8_t arena[EAR_TLS_ARENA_BYTES];
static const struct ear_clock_board *now_of;

static mbedtls_time_t seconds(mbedtls_time_t *also)
{
    const mbedtls_time_t now = now_of != NULL ? (mbedtls_time_t)ear_clock_board_seconds(now_of) : 0;
    if (also != NULL) {
        *also = now;
    }
    return now;
}

/* Asked for only by code that makes texts, and there is none in an image. */
static int no_text(char *text, size_t capacity, const char *format, ...)
{
    (void)format;
    if (capacity > 0) {
        text[0] = '\0';
    }
    return -1;
}

void ear_tls_board_open(const struct ear_clock_board *clock)
{
    static bool open;
    now_of = clock;
    if (open) {
        return;
    }
    open = true;
    mbedtls_memory_buffer_alloc_init(arena, sizeof arena); /* clears it, and writes a head into its beginning */
    memset(arena + HEAD_BYTES, PAINT, sizeof arena - HEAD_BYTES);
    (void)mbedtls_platform_set_time(seconds);
    (void)mbedtls_platform_set_snprintf(no_text);
}

uint32_t ear_tls_board_arena_peak(void)
{
    uint32_t used = sizeof arena;
    while (used > HEAD_BYTES && arena[used - 1] == PAINT) {
        used--;
    }
    return used;
}

void ear_tls_board_warn(const struct ear_log *log)
{
    const uint32_t peak = ear_tls_board_arena_peak();
    if (peak + SPARE_BYTES > sizeof arena) {
        log->line(log->context, EAR_LOG_WARNING,
                  "memory for TLS is used up, which may be the true reason (TLS_ARENA_BYTES); bytes used:", NULL, peak);
    }
}

mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return (mbedtls_ms_time_t)ear_board_monotonic_ms();
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *tt, struct tm *tm_buf)
{
    const int64_t days = *tt / DAY_S;
    const int of_day = (int)(*tt % DAY_S);
    int64_t year;
    unsigned month;
    unsigned day;
    ear_tz_civil_from_days(days, &year, &month, &day);
    *tm_buf = (struct tm){.tm_year = (int)year - 1900,
                          .tm_mon = (int)month - 1,
                          .tm_mday = (int)day,
                          .tm_hour = of_day / 3600,
                          .tm_min = of_day / 60 % 60,
                          .tm_sec = of_day % 60};
    return tm_buf;
}
