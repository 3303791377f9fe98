/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/tap.h - the parts of earshot tap: what a subscriber keeps, and ways to show it. Host only.
 *   tap.c         command line
 *   tap_session.c the MQTT session, and what is done with each message
 *   tap_store.c   keeps the newest revision of each summary, by libearshot-merge
 *   tap_sum.c     what they add up to, by the catalogue's names
 *   tap_line.c    one summary or status as a JSON object, or as a line for people
 *   tap_numbers.c its numbers, of every shape, in the same two ways
 *   tap_table.c   the table of devices
 *   tap_column.c  what stands in it
 *   tap_frames.c  records what arrives, and reads it again
 *   tap_expect.c  compares sums with what `earshot sim --expect` wrote */
#ifndef EARSHOT_TAP_H
#define EARSHOT_TAP_H

#include "core/tell/ear_status.h"
#include "core/tell/ear_summary.h"
#include "tools/earshot/util.h"
#include "tools/merge/earshot_merge.h"

struct tap_device {
    char *path; /* "tenant/site/device" */
    const char *tenant, *site, *name;
    uint64_t summaries; /* received */
    uint64_t stale;     /* of these with no newer revision than the one held */
    int64_t updated_ms; /* wall clock of the last message */
    bool told_status, online;
    uint32_t boot;
};

struct tap_store {
    struct earshot_store *kept; /* NULL: nothing yet */
    struct tap_device *devices;
    size_t device_count;
    uint64_t summaries;
    uint64_t undecodable; /* payloads of our topics that could not be decoded */
};

/** A message that arrived, decoded. */
struct tap_arrival {
    struct tap_device *device;
    const char *topic;
    bool is_summary; /* else a status */
    bool is_news;    /* the store took it */
    struct ear_summary summary;
    struct ear_status status;
};

/** Decode a message and put it into the store. False: not one of ours, or not decodable, which *why then says. */
bool tap_store_take(struct tap_store *store, const char *topic, const uint8_t *bytes, size_t length,
                    struct tap_arrival *arrival, struct text *why);

/** What the newest summaries of one device, or of all (NULL), add up to; NULL while there are none. For
 *  earshot_total_free. */
struct earshot_total *tap_total(const struct tap_store *store, const struct tap_device *device, unsigned resolution);

/** A number of a total: "status.open"; "escalations", "messages_per_minute" for the sum of its members; "tags" and
 * "topics.successful" for the sum of a table's column, "tags[vip]" and "topics[prices].successful" for one row;
 *  "funnel[purchase].2"; "duration.count". 0 where there is none. */
uint64_t tap_sum(const struct earshot_total *total, const char *name);

/** True if the window has a date; else its start is in the time of a device that did not know better. */
static inline bool tap_is_dated(const struct ear_summary_head *head)
{
    return head->start_s >= EAR_TIME_KNOWN_MS / 1000;
}

/** Minute 0..59 of a series. */
static inline uint16_t tap_minute(const uint32_t *words, unsigned at, unsigned minute)
{
    return (uint16_t)(words[at + minute / 2] >> (minute % 2 != 0 ? 16 : 0));
}

const char *tap_resolution_name(unsigned resolution);

/** tap_line.c, tap_numbers.c. Without the line's end. The message that was decoded must still be there. */
void tap_to_json(const struct tap_arrival *arrival, struct text *json);
void tap_to_line(const struct tap_arrival *arrival, struct text *line);
void tap_numbers_to_json(const struct ear_summary *summary, struct text *json);
void tap_numbers_to_line(const struct ear_summary *summary, struct text *line);

/** Room for the table. */
struct tap_size {
    unsigned width, height; /* columns, lines; at least 40 and 6 */
};
/** tap_table.c: the table as lines, each with its end: panels of columns, one below the other. What does not fit the
 * height is left out: the last panels, then devices. */
void tap_to_table(const struct tap_store *store, unsigned resolution, struct tap_size size, struct text *table);

/** tap_frames.c: a file of frames is a CBOR sequence of [topic, payload]. Exits where it cannot be read or written. */
void tap_record(FILE *file, const char *topic, const uint8_t *bytes, size_t length);
typedef void tap_frame(void *context, const char *topic, const uint8_t *bytes, size_t length);
void tap_read_frames(const char *path, tap_frame *frame, void *context);
/** The first frame of some bytes: how many it takes; 0 if it is none, or not all there. */
size_t tap_read_frame(const uint8_t *bytes, size_t length, tap_frame *frame, void *context);

/** tap_expect.c: true if all is as expected, at this resolution and, where days are told, in days; else *differences
 * lists what is not. The file may not be there yet. */
bool tap_is_as_expected(const struct tap_store *store, unsigned resolution, const char *path, struct text *differences);

#endif
