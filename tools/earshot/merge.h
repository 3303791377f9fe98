/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/merge.h - what earshot merge and earshot report share. Host only.
 *   merge.c         command line of earshot merge
 *   merge_read.c    reads recorded messages
 *   merge_select.c  options that choose summaries, and times in the site's zone
 *   merge_json.c    a total as JSON */
#ifndef EARSHOT_MERGE_PARTS_H
#define EARSHOT_MERGE_PARTS_H

#include <getopt.h>

#include "core/base/ear_tz.h"
#include "tools/earshot/util.h"
#include "tools/merge/earshot_merge.h"

/** What was read. */
struct merge_read {
    uint64_t messages, summaries, stale, broken;
};

/** Put all messages of a file, "-": of standard input, into a store. A CBOR sequence of [topic, payload], as `earshot
 * tap
 *  --record` writes it, or lines of topic and payload in hexadecimal. Remarks go to standard error; exits where it is
 *  neither. */
void merge_read_file(struct earshot_store *store, const char *path, struct merge_read *read);

/** The same for bytes; `name` is for remarks. False: neither form, which *why then says. */
bool merge_read_bytes(struct earshot_store *store, const char *name, const char *bytes, size_t length,
                      struct merge_read *read, const char **why);

/** Which summaries were asked for. */
struct merge_select {
    struct earshot_filter filter;
    struct ear_tz zone;
    const char *zone_rule;
    const char *from, *to; /* as given */
    bool resolution_given;
};

/** Options that merge_select_option takes, for getopt_long. Other options of a command are below MERGE_SELECT. */
enum { MERGE_SELECT = 512 };
#define MERGE_SELECT_OPTIONS                                                        \
    {"tenant", required_argument, NULL, MERGE_SELECT + EARSHOT_TENANT},             \
        {"site", required_argument, NULL, MERGE_SELECT + EARSHOT_SITE},             \
        {"device", required_argument, NULL, MERGE_SELECT + EARSHOT_DEVICE},         \
        {"channel", required_argument, NULL, MERGE_SELECT + EARSHOT_CHANNEL},       \
        {"sender", required_argument, NULL, MERGE_SELECT + EARSHOT_SENDER},         \
        {"automation", required_argument, NULL, MERGE_SELECT + EARSHOT_AUTOMATION}, \
        {"version", required_argument, NULL, MERGE_SELECT + EARSHOT_VERSION},       \
        {"from", required_argument, NULL, MERGE_SELECT + EARSHOT_PARTS},            \
        {"to", required_argument, NULL, MERGE_SELECT + EARSHOT_PARTS + 1},          \
        {"timezone", required_argument, NULL, MERGE_SELECT + EARSHOT_PARTS + 2},    \
    {                                                                               \
        "resolution", required_argument, NULL, MERGE_SELECT + EARSHOT_PARTS + 3     \
    }
#define MERGE_SELECT_HELP                                                                                \
    "  --from DAY|TIME       from the beginning of that day, 2026-03-01, or from 2026-03-01T08:00:00Z\n" \
    "  --to DAY|TIME         to the end of that day, or to that time\n"                                  \
    "  --timezone RULE       whose days, as a POSIX TZ rule: CET-1CEST,M3.5.0,M10.5.0/3 (UTC0)\n"        \
    "  --tenant, --site, --device NAME                        only of these devices\n"                   \
    "  --channel, --sender, --automation, --version LABEL     only of these slices; \"\": those without one\n"

void merge_select_init(struct merge_select *select);
/** Take an option; exits with a usage error. */
void merge_select_option(struct merge_select *select, int option, const char *value);
/** When all options are there: times of the zone's days. */
void merge_select_finish(struct merge_select *select);

/** What the filter says, for people: "channel web, site berlin"; "" if all. */
void merge_select_text(const struct merge_select *select, struct text *text);

const char *merge_part_name(enum earshot_part part);
const char *merge_resolution_name(enum earshot_resolution resolution);

/** "2026-03-01 09:05" in the zone. */
void merge_time_text(const struct ear_tz *zone, int64_t at_s, struct text *text);

/** The members of a JSON object: what a total is made of, its numbers, and what is derived from them. */
void merge_total_json(const struct earshot_total *total, struct text *json);
/** The accounts of all devices, a JSON list. */
void merge_ledger_json(const struct earshot_store *store, struct text *json);

#endif
