/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a log: find the newest sector by the headers, the end of its records by walking them, and the oldest live
 * record by the drained marks. The records between are never looked at, so it costs the same with any backlog. */
#include "core/store/ear_record_format.h"

/* What the headers of all sectors say. */
struct survey {
    bool any;
    struct ear_record_sector newest;
    bool any_live;
    uint32_t oldest_live; /* number of the oldest sector that is not drained, and of its first record */
    uint32_t oldest_live_first_record;
};

static void survey_sector(struct ear_record_log *log, uint32_t index, const uint8_t *bytes, struct survey *survey)
{
    struct ear_record_sector header;
    if (!ear_record_sector_parse(log, bytes, &header) || header.number % log->storage->sector_count != index ||
        header.number > EAR_RECORD_SECTOR_LAST(log)) {
        log->corrupt_sector += !ear_record_is_erased(bytes, EAR_RECORD_SECTOR_HEADER);
        return;
    }
    if (!survey->any || header.number > survey->newest.number) {
        survey->newest = header;
    }
    survey->any = true;
    if (!header.drained && (!survey->any_live || header.number < survey->oldest_live)) {
        survey->any_live = true;
        survey->oldest_live = header.number;
        survey->oldest_live_first_record = header.first_record;
    }
}

/* Walk the newest sector to its end, a line at a time: tail, tail_number and boot follow. */
static int scan_newest(struct ear_record_log *log, const struct ear_record_sector *newest)
{
    uint64_t start = ear_record_start_of(log, newest->number);
    uint64_t next = start + EAR_RECORD_SECTOR_HEADER;
    bool ended = false;
    bool clean = true;
    uint8_t line[EAR_RECORD_LINE];
    log->tail_number = newest->first_record;
    log->boot = newest->boot;
    for (uint64_t at = start; at < ear_record_start_of(log, newest->number + 1); at += EAR_RECORD_LINE) {
        if (ear_record_port_read(log, at, line, EAR_RECORD_LINE) != EAR_OK) {
            return EAR_ERR_IO;
        }
        while (!ended && next < at + EAR_RECORD_LINE) {
            struct ear_record_found found;
            ended = ear_record_parse(log, next, line + (next - at), &found) != EAR_OK;
            if (ended) {
                break;
            }
            log->tail_number += found.type != EAR_RECORD_TYPE_BOOT;
            log->boot = found.type == EAR_RECORD_TYPE_BOOT && found.value > log->boot ? found.value : log->boot;
            next = found.after;
        }
        uint32_t skip = ended && next > at ? (uint32_t)(next - at) : 0;
        clean = clean && (!ended || ear_record_is_erased(line + skip, EAR_RECORD_LINE - skip));
    }
    log->tail = next;
    if (!clean || newest->drained) { /* the rest is not safe to program, or would not be looked at */
        log->tail = ear_record_start_of(log, newest->number + 1);
    }
    return EAR_OK;
}

static int survey_sectors(struct ear_record_log *log, struct survey *survey)
{
    for (uint32_t index = 0; index < log->storage->sector_count; index++) {
        uint8_t bytes[EAR_RECORD_SECTOR_HEADER];
        if (ear_record_port_read(log, ear_record_start_of(log, index), bytes, sizeof bytes) != EAR_OK) {
            return EAR_ERR_IO;
        }
        survey_sector(log, index, bytes, survey);
    }
    return EAR_OK;
}

int ear_record_log_find(struct ear_record_log *log)
{
    struct survey survey = {0};
    int err = survey_sectors(log, &survey);
    if (err != EAR_OK || !survey.any) {
        return err;
    }
    err = scan_newest(log, &survey.newest);
    uint32_t count = log->storage->sector_count;
    log->oldest_sector = survey.newest.number < count ? 0 : survey.newest.number - count + 1;
    log->head = log->tail;
    log->head_number = log->tail_number;
    if (survey.any_live) {
        log->head = ear_record_start_of(log, survey.oldest_live);
        log->head_number = survey.oldest_live_first_record;
    }
    if (log->head < ear_record_start_of(log, log->oldest_sector)) {
        /* A sector that was overwritten by one whose header a cut has lost. Begin with the oldest that can be. */
        log->head = ear_record_start_of(log, log->oldest_sector);
        log->head_number = log->tail_number; /* until the first header that head passes */
    }
    return err;
}
