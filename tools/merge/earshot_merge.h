/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/earshot_merge.h - libearshot-merge: summaries of many devices, windows and slices become one. For
 * servers; may use the heap. Needs no other header of Earshot's. Not for several threads at once.
 *
 *     struct earshot_store *store = earshot_store_new();
 *     earshot_store_take(store, topic, payload, length, NULL);                 // each message of the broker
 *
 *     struct earshot_filter filter = {.resolution = EARSHOT_HOUR, .from_s = monday, .to_s = next_monday, .site =
 * "berlin"}; struct earshot_total *total = earshot_total_new(store, &filter); earshot_total_count(total,
 * "status.resolved", &resolved);                // a number of docs/numbers.md if (earshot_total_derive(total,
 * "resolution_rate", &rate)) { ... }       // else there is no data, which is not 0
 *
 * How: docs/merge.md. Where there is no memory the program is aborted. */
#ifndef EARSHOT_MERGE_H
#define EARSHOT_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- What devices told ------------------------------------------------------------------------------------------- */

/** The newest state of every (device, resolution, window start, slice). */
struct earshot_store;

struct earshot_store *earshot_store_new(void);
void earshot_store_free(struct earshot_store *store);

enum earshot_took {
    EARSHOT_TOOK_NEWS,    /* a summary, now in the store */
    EARSHOT_TOOK_STALE,   /* a summary whose key is held at this revision or a higher one: nothing changed */
    EARSHOT_TOOK_NOTHING, /* no summary: a status, whose account is taken, or a message of somebody else's */
    EARSHOT_TOOK_BROKEN   /* it should be a summary and cannot be decoded: nothing changed */
};

/** Take a message as it came from the broker; both are copied. Twice, late or out of order makes no difference. why, if
 *  not NULL, gets a reason where it is broken; it stays good until the next call. */
enum earshot_took earshot_store_take(struct earshot_store *store, const char *topic, const void *payload, size_t length,
                                     const char **why);

/** A device that told something, in the order of first hearing; NULL beyond the last. "tenant/site/device". */
const char *earshot_store_device(const struct earshot_store *store, size_t index);

enum earshot_part {
    EARSHOT_TENANT,
    EARSHOT_SITE,
    EARSHOT_DEVICE,
    EARSHOT_CHANNEL,
    EARSHOT_SENDER,
    EARSHOT_AUTOMATION,
    EARSHOT_VERSION,
    EARSHOT_PARTS
};

/** The different values that a part of the topics or slices has in what was told; NULL beyond the last. */
const char *earshot_store_value(const struct earshot_store *store, enum earshot_part part, size_t index);

enum earshot_resolution { EARSHOT_MINUTE, EARSHOT_HOUR, EARSHOT_DAY };

/** The first and last second of all windows of a resolution: [*from_s, *to_s). False if there are none with a date. */
bool earshot_store_span(const struct earshot_store *store, enum earshot_resolution resolution, int64_t *from_s,
                        int64_t *to_s);

/* --- Whether all has arrived -------------------------------------------------------------------------------------- */

/** The account of one start of one device: what it says it told, held against what came. */
struct earshot_account {
    const char *device; /* "tenant/site/device" */
    uint32_t boot;
    uint32_t accepted, refused; /* events, since this start */
    uint32_t produced;          /* summaries it made; seq counts them from 1 without a gap */
    uint32_t acked;             /* of these the broker has so many */
    uint32_t superseded;        /* replaced by newer revisions before that: never come */
    uint32_t expired;           /* left the device unsent: never come */
    uint32_t waiting;           /* of the missing, those that nothing is known of: they come yet, or are lost */
    uint32_t arrived;           /* different ones that came here */
    uint32_t again;             /* that came here twice or more, counted each time */
    uint32_t missing;           /* produced and not come: superseded, expired, waiting or lost */
    uint32_t lost;    /* of the missing, so many the broker had: at least these were lost on the way from it */
    size_t gap_count; /* stretches of seq that are missing */
};
/** seq from..to (both inclusive) never came. */
struct earshot_gap {
    uint32_t from, to;
};

/** The index-th account, in the order of first hearing; false beyond the last. Its figures are the newest that a
 * summary or status told, so they lag behind by what came after that. A lost summary does no harm if a higher revision
 * of its key came. */
bool earshot_store_account(const struct earshot_store *store, size_t index, struct earshot_account *account);
/** One of its gaps, in ascending order; false beyond the last. */
bool earshot_store_gap(const struct earshot_store *store, size_t account, size_t index, struct earshot_gap *gap);

/* --- Adding up ---------------------------------------------------------------------------------------------------- */

/** Which summaries. All zero: all hours... of minutes; set resolution. Texts that are NULL let all through. Hours and
 * days count the same facts, so there is always one resolution. */
struct earshot_filter {
    enum earshot_resolution resolution;
    int64_t from_s, to_s; /* windows whose middle lies in [from_s, to_s), seconds since 1970; to_s 0: all, also those
                             without a date */
    const char *parts[EARSHOT_PARTS]; /* "": of a slice: those that bear none */
    bool only_other;                  /* the slice `other`, which bears no labels, and nothing else */
};

/** What the summaries add up to. */
struct earshot_total;

struct earshot_total *earshot_total_new(const struct earshot_store *store, const struct earshot_filter *filter);
void earshot_total_free(struct earshot_total *total);

/** What it is made of. */
struct earshot_extent {
    size_t summaries;
    size_t devices;
    size_t undated;    /* left out: windows that have no date, while a time was asked for */
    size_t unsliced;   /* left out: the slice `other` of a device whose table was full, while a slice was asked for */
    size_t overflowed; /* sketches that could not be added: of more than 2^32 - 1 values */
    int64_t from_s, to_s; /* first and last second of its windows; 0, 0: none with a date */
};
struct earshot_extent earshot_total_extent(const struct earshot_total *total);

/** A plain number by its full name: "conversations", "status.open", "cost"; false if there is none of this name. Also
 *  "duration.count", "duration.sum_ms" and the like, and the estimate of "users.unique" and the like. */
bool earshot_total_count(const struct earshot_total *total, const char *name, uint64_t *value);

/** All of a group ("csat"), or the first column of all rows of a table ("closing_reasons"), exactly. */
bool earshot_total_sum(const struct earshot_total *total, const char *name, uint64_t *value);

/** A number that may be unknown, because its denominator is 0, by its name in earshot_derived.def. False: no data. */
bool earshot_total_derive(const struct earshot_total *total, const char *name, double *value);

/** A row of a table: "languages", "agents", "intents", ... */
struct earshot_row {
    const char *label;       /* "" : `other`, what found no room in a device's table */
    const uint64_t *columns; /* as many as earshot_total_columns says */
};
/** How many rows, `other` included, and how many columns; 0 if there is no table of this name. An intent came
 *  at most `count` and at least `count` - `error` times; error is 0 while the devices counted exactly. */
size_t earshot_total_rows(const struct earshot_total *total, const char *name);
size_t earshot_total_columns(const struct earshot_total *total, const char *name);
/** The name of a column. "1", "2", ... for the steps of a funnel. text has room for its bytes. */
const char *earshot_total_column_name(const char *name, size_t column, char text[32]);
/** A row; the greatest first column comes first, `other` last. index < earshot_total_rows(). */
struct earshot_row earshot_total_row(const struct earshot_total *total, const char *name, size_t index);
/** A number derived from a row's columns, by its name in earshot_derived.def: "topics", "success_rate". */
bool earshot_row_derive(const struct earshot_row *row, const char *name, const char *derived, double *value);
/** The most that an intent can have come that has no row. */
uint64_t earshot_total_unlisted(const struct earshot_total *total, const char *name);

/** How many different people: "users.unique", "users.returning", "contact_users". */
struct earshot_distinct {
    uint64_t estimate;
    bool exact;
    unsigned error_permille; /* standard error */
};
bool earshot_total_distinct(const struct earshot_total *total, const char *name, struct earshot_distinct *distinct);

/** The value at a rank of "duration" or "wait": permille 500 is the median; at most 10 % off. False: no data. */
bool earshot_total_quantile_ms(const struct earshot_total *total, const char *name, unsigned permille,
                               uint64_t *value_ms);

/** The busiest minute, all devices together; in totals of hours only. False: no data. */
struct earshot_peak {
    uint64_t messages;
    bool dated;
    int64_t minute_s; /* its first second, if dated */
};
bool earshot_total_peak(const struct earshot_total *total, struct earshot_peak *peak);

/** The 60 minutes of an hour, all devices together; undated ones are of one device's start. False beyond the last. */
struct earshot_hour {
    bool dated;
    int64_t start_s;
    const uint64_t *minutes;
};
bool earshot_total_hour(const struct earshot_total *total, size_t index, struct earshot_hour *hour);

/* --- What can be derived -------------------------------------------------------------------------------------------
 */

enum earshot_unit { EARSHOT_COUNT, EARSHOT_SHARE, EARSHOT_AVERAGE, EARSHOT_MS, EARSHOT_MICRO, EARSHOT_SCORE };

/** A line of earshot_derived.def. */
struct earshot_derived {
    const char *table; /* of whose rows it is; "" of the total */
    const char *name;
    enum earshot_unit unit;
    const char *numerator;
    const char *denominator; /* "": 1 */
    const char *says;
};
extern const struct earshot_derived earshot_derived[];
extern const size_t earshot_derived_count;

/** A part of the health score: a share of 0..1 that counts so much. */
struct earshot_health_part {
    unsigned weight;
    const char *numerator, *denominator, *says;
};
extern const struct earshot_health_part earshot_health_parts[];
extern const size_t earshot_health_part_count;

/** The catalogue: name and what it says; NULL beyond the last. shape: "count", "group", "table", "series", "labels",
 *  "money", "steps", "heavy", "distinct", "distribution", "wide". */
struct earshot_number {
    unsigned key;
    const char *name;
    const char *shape;
    const char *says;
};
bool earshot_number_at(size_t index, struct earshot_number *number);
/** Full name of a member of a group: "status.open"; NULL beyond the last. */
const char *earshot_number_member(size_t index, size_t member, char text[64]);

#endif
