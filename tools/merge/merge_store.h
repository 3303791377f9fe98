/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_store.h - what libearshot-merge keeps of what devices told. For its own files. */
#ifndef MERGE_STORE_H
#define MERGE_STORE_H

#include "core/tell/ear_status.h"
#include "core/tell/ear_summary.h"
#include "tools/merge/earshot_merge.h"
#include "tools/merge/merge_keys.h"

struct merge_device {
    char *bytes;
    const char *parts[EARSHOT_DEVICE + 1]; /* tenant, site and device, in bytes */
};

/** Parts of the topic come first, then those of the slice. */
#define MERGE_SLICE_PART(part) ((unsigned)(part) + EARSHOT_CHANNEL)

/** The newest state of a key. */
struct merge_cell {
    uint8_t *bytes;
    struct ear_summary_head head; /* its slice points into bytes */
    size_t numbers_at, numbers_length;
    uint32_t device;
};

/** Stretches of seq that came, ascending, with a gap between any two. */
struct merge_seqs {
    struct earshot_gap *stretches;
    size_t count, capacity;
    uint32_t arrived; /* in all of them */
};

struct merge_account {
    uint32_t device, boot;
    uint32_t ledger[EAR_LEDGER_PARTS]; /* the greatest of each that was said */
    uint32_t newest_seq, newest_acked; /* of the summaries that came, and what it says was acknowledged before it */
    uint32_t again;
    struct merge_seqs seqs;
};

struct earshot_store {
    struct merge_keys device_keys; /* "tenant/site/device" */
    struct merge_device *devices;
    size_t device_capacity;
    struct merge_keys cell_keys;
    struct merge_cell *cells;
    size_t cell_capacity;
    struct merge_keys account_keys;
    struct merge_account *accounts;
    size_t account_capacity;
    struct merge_keys values[EARSHOT_PARTS];
    struct ear_summary summary; /* the one at hand */
    char why[256];
};

/** True if the window has a date; else its start is in the time of a device that did not know better. */
static inline bool merge_is_dated(const struct ear_summary_head *head)
{
    return head->start_s >= EAR_TIME_KNOWN_MS / 1000;
}

/** merge_ledger.c: a summary came, or a status. */
void merge_account_take(struct earshot_store *store, uint32_t device, const struct ear_summary_head *head);
void merge_account_status(struct earshot_store *store, uint32_t device, const struct ear_status *status);
void merge_accounts_free(struct earshot_store *store);

#endif
