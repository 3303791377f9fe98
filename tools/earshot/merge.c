/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/merge.c - earshot merge: add up the recorded summaries of many devices, as a central server does. */
#include "tools/earshot/merge.h"
#include "tools/earshot/earshot.h"

#include <string.h>

static void print_help(void)
{
    puts("usage: earshot merge [OPTION...] FILE...\n"
         "\n"
         "Adds up recorded summaries of any number of devices and prints the total as JSON: \"numbers\" by the names "
         "of\n"
         "docs/numbers.md, \"derived\" what follows from them (null: no data), and \"ledger\", which says of each "
         "start of\n"
         "each device what has not arrived. A FILE (-: standard input) holds what `earshot tap --record` wrote, or "
         "lines\n"
         "of topic and payload in hexadecimal. The same summary twice, late or out of order makes no difference.\n"
         "\n"
         "  --resolution R        windows to add up: minute, hour (default) or day\n" MERGE_SELECT_HELP
         "  --by WHAT             a total for each tenant, site, device, channel, sender, automation, version, day or\n"
         "                        hour, as \"groups\"\n"
         "\n"
         "  earshot merge --from 2026-03-01 --to 2026-03-07 --timezone CET-1CEST,M3.5.0,M10.5.0/3 summaries.cbor\n"
         "  earshot merge --by channel summaries.cbor | jq '.groups[] | [.channel, .derived.delivery_rate]'\n"
         "  earshot tap --host broker.example --cafile ca.crt --cert me.crt --key me.key --timeout 1h --record - |\n"
         "      earshot merge -");
}

enum { BY_DAY = EARSHOT_PARTS, BY_HOUR, BY_NOTHING };
enum { OPTION_BY = 256 };

struct merge {
    struct merge_select select;
    struct earshot_store *store;
    struct merge_read read;
    unsigned by;
    struct text json;
    size_t groups;
};

static void set_by(struct merge *merge, const char *value)
{
    static const char *const times[] = {"day", "hour"};

    for (unsigned by = 0; by < BY_NOTHING; by++) {
        if (strcmp(value, by < EARSHOT_PARTS ? merge_part_name((enum earshot_part)by) : times[by - BY_DAY]) == 0) {
            merge->by = by;
            return;
        }
    }
    die_usage("--by %s: tenant, site, device, channel, sender, automation, version, day or hour is meant", value);
}

static void add_total(struct merge *merge, const struct earshot_filter *filter)
{
    struct earshot_total *total = earshot_total_new(merge->store, filter);

    merge_total_json(total, &merge->json);
    earshot_total_free(total);
}

/* A group, if there is something in it. value NULL: of the slice `other`. */
static void add_group(struct merge *merge, const struct earshot_filter *filter, const char *what, const char *value)
{
    struct earshot_total *total = earshot_total_new(merge->store, filter);

    if (earshot_total_extent(total).summaries > 0) {
        text_printf(&merge->json, "%s{\"%s\":", merge->groups++ > 0 ? "," : "", what);
        if (value != NULL) {
            text_add_json_string(&merge->json, value, strlen(value));
        } else {
            text_printf(&merge->json, "null,\"slice\":\"other\"");
        }
        text_printf(&merge->json, ",");
        merge_total_json(total, &merge->json);
        text_printf(&merge->json, "}");
    }
    earshot_total_free(total);
}

static void add_groups_by_part(struct merge *merge, enum earshot_part part)
{
    struct earshot_filter filter = merge->select.filter;
    const char *const asked = filter.parts[part];
    const char *value;

    for (size_t i = 0; (value = earshot_store_value(merge->store, part, i)) != NULL; i++) {
        if (asked == NULL || strcmp(asked, value) == 0) {
            filter.parts[part] = value;
            add_group(merge, &filter, merge_part_name(part), value);
        }
    }
    bool asks_for_slice = false;
    for (unsigned p = EARSHOT_CHANNEL; p < EARSHOT_PARTS; p++) {
        asks_for_slice = asks_for_slice || merge->select.filter.parts[p] != NULL;
    }
    if (part >= EARSHOT_CHANNEL && !asks_for_slice) {
        filter = merge->select.filter;
        filter.only_other = true;
        add_group(merge, &filter, merge_part_name(part), NULL);
    }
}

/* Devices of different sites may bear one name. */
static void add_groups_by_device(struct merge *merge)
{
    const char *path;

    for (size_t i = 0; (path = earshot_store_device(merge->store, i)) != NULL; i++) {
        struct earshot_filter filter = merge->select.filter;
        char *rest = keep(path, strlen(path));
        bool asked = true;
        for (unsigned p = EARSHOT_TENANT; p <= EARSHOT_DEVICE; p++) {
            const char *part = strsep(&rest, "/");
            asked = asked && (filter.parts[p] == NULL || strcmp(filter.parts[p], part) == 0);
            filter.parts[p] = part;
        }
        if (asked) {
            add_group(merge, &filter, "device", path);
        }
    }
}

static void add_groups_by_time(struct merge *merge)
{
    const bool days = merge->by == BY_DAY;
    struct earshot_filter filter = merge->select.filter;
    int64_t from_s, to_s;

    if (!earshot_store_span(merge->store, filter.resolution, &from_s, &to_s)) {
        return;
    }
    from_s = filter.to_s != 0 && filter.from_s > from_s ? filter.from_s : from_s;
    to_s = filter.to_s != 0 && filter.to_s < to_s ? filter.to_s : to_s;
    for (int64_t at_s = from_s; at_s < to_s; at_s = filter.to_s) {
        int64_t start_ms = at_s - at_s % 3600, end_ms = start_ms + 3600;
        if (days) {
            (void)ear_tz_day(&merge->select.zone, 1000 * at_s, &start_ms, &end_ms);
            start_ms /= 1000;
            end_ms /= 1000;
        }
        filter.from_s = start_ms > from_s ? start_ms : from_s;
        filter.to_s = end_ms < to_s ? end_ms : to_s;
        struct text name = {0};
        merge_time_text(&merge->select.zone, filter.from_s, &name);
        name.bytes[days ? strlen("2026-03-01") : name.length] = '\0';
        add_group(merge, &filter, days ? "day" : "hour", name.bytes);
        text_free(&name);
    }
}

static void add_groups(struct merge *merge)
{
    text_printf(&merge->json, ",\"groups\":[");
    if (merge->by >= BY_DAY) {
        add_groups_by_time(merge);
    } else if (merge->by == EARSHOT_DEVICE) {
        add_groups_by_device(merge);
    } else {
        add_groups_by_part(merge, (enum earshot_part)merge->by);
    }
    text_printf(&merge->json, "]");
}

static void conclude(struct merge *merge)
{
    struct text *json = &merge->json;

    text_printf(json, "{\"read\":{\"messages\":%llu,\"summaries\":%llu,\"stale\":%llu,\"broken\":%llu}",
                (unsigned long long)merge->read.messages, (unsigned long long)merge->read.summaries,
                (unsigned long long)merge->read.stale, (unsigned long long)merge->read.broken);
    text_printf(json, ",\"resolution\":\"%s\",", merge_resolution_name(merge->select.filter.resolution));
    add_total(merge, &merge->select.filter);
    if (merge->by != BY_NOTHING) {
        add_groups(merge);
    }
    text_printf(json, ",\"ledger\":");
    merge_ledger_json(merge->store, json);
    text_printf(json, "}");
    puts(json->bytes);
}

int earshot_merge(int argc, char **argv)
{
    static const struct option options[] = {
        MERGE_SELECT_OPTIONS, {"by", required_argument, NULL, OPTION_BY}, {"help", no_argument, NULL, 'h'}, {0}};
    static struct merge merge = {.by = BY_NOTHING};

    merge_select_init(&merge.select);
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option == '?') {
            return EARSHOT_USAGE;
        }
        if (option == OPTION_BY) {
            set_by(&merge, optarg);
        } else {
            merge_select_option(&merge.select, option, optarg);
        }
    }
    merge_select_finish(&merge.select);
    if (optind == argc) {
        die_usage("merge what? A file of recorded summaries, or - for standard input, is meant");
    }
    merge.store = earshot_store_new();
    for (int i = optind; i < argc; i++) {
        merge_read_file(merge.store, argv[i], &merge.read);
    }
    conclude(&merge);
    earshot_store_free(merge.store);
    text_free(&merge.json);
    return merge.read.broken > 0 ? EARSHOT_FAILED : 0;
}
