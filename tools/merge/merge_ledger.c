/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_ledger.c - which summaries of each start of each device came, held against the device's own
 * account.
 *
 * A device counts what it produced, and says in each summary how many of these were acknowledged, superseded or
 * expired. So of the seq that never came, superseded and expired ones were never sent, waiting ones will come yet; but
 * as many as the broker acknowledged and we do not have were lost behind it, whichever they are. */
#include "tools/merge/merge_store.h"

#include <stdlib.h>
#include <string.h>

static void insert_stretch(struct merge_seqs *seqs, size_t at, uint32_t seq)
{
    seqs->stretches = merge_room(seqs->stretches, seqs->count, &seqs->capacity, sizeof seqs->stretches[0]);
    memmove(&seqs->stretches[at + 1], &seqs->stretches[at], (seqs->count - at) * sizeof seqs->stretches[0]);
    seqs->stretches[at] = (struct earshot_gap){seq, seq};
    seqs->count++;
}

/* The first stretch that ends at or after seq. */
static size_t find_stretch(const struct merge_seqs *seqs, uint32_t seq)
{
    size_t low = 0, high = seqs->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (seqs->stretches[middle].to < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* False if it came before. */
static bool add_seq(struct merge_seqs *seqs, uint32_t seq)
{
    const size_t at = find_stretch(seqs, seq);
    struct earshot_gap *next = at < seqs->count ? &seqs->stretches[at] : NULL;
    struct earshot_gap *last = at > 0 ? &seqs->stretches[at - 1] : NULL;

    if (next != NULL && next->from <= seq) {
        return false;
    }
    const bool joins_last = last != NULL && last->to + 1 == seq, joins_next = next != NULL && next->from == seq + 1;
    if (joins_last && joins_next) {
        last->to = next->to;
        seqs->count--;
        memmove(next, next + 1, (seqs->count - at) * sizeof *next);
    } else if (joins_last) {
        last->to = seq;
    } else if (joins_next) {
        next->from = seq;
    } else {
        insert_stretch(seqs, at, seq);
    }
    seqs->arrived++;
    return true;
}

static struct merge_account *find_account(struct earshot_store *store, uint32_t device, uint32_t boot)
{
    const uint32_t key[2] = {device, boot};
    const size_t found = merge_keys_put(&store->account_keys, key, sizeof key);

    store->accounts = merge_room(store->accounts, found, &store->account_capacity, sizeof store->accounts[0]);
    store->accounts[found].device = device;
    store->accounts[found].boot = boot;
    return &store->accounts[found];
}

/* All of these only grow during a boot, so the greatest is the newest, in whatever order they come. */
static void raise(uint32_t *number, uint32_t value)
{
    *number = value > *number ? value : *number;
}

void merge_account_take(struct earshot_store *store, uint32_t device, const struct ear_summary_head *head)
{
    struct merge_account *account = find_account(store, device, head->boot);

    account->again += add_seq(&account->seqs, head->seq) ? 0 : 1;
    for (unsigned i = 0; i < EAR_LEDGER_PARTS; i++) {
        raise(&account->ledger[i], head->ledger[i]);
    }
    raise(&account->ledger[EAR_LEDGER_PRODUCED], head->seq); /* one that came bears witness of itself */
    if (head->seq >= account->newest_seq) {
        account->newest_seq = head->seq;
        raise(&account->newest_acked, head->ledger[EAR_LEDGER_ACKED]);
    }
}

void merge_account_status(struct earshot_store *store, uint32_t device, const struct ear_status *status)
{
    struct merge_account *account = find_account(store, device, status->boot);
    const struct ear_health *health = &status->health;

    raise(&account->ledger[EAR_LEDGER_ACCEPTED], health->events_accepted);
    raise(&account->ledger[EAR_LEDGER_PRODUCED], health->summaries_produced);
    raise(&account->ledger[EAR_LEDGER_ACKED], health->summaries_acked);
    raise(&account->ledger[EAR_LEDGER_SUPERSEDED], health->summaries_superseded);
    raise(&account->ledger[EAR_LEDGER_EXPIRED], health->outbox_expired);
}

void merge_accounts_free(struct earshot_store *store)
{
    for (size_t i = 0; i < store->account_keys.count; i++) {
        free(store->accounts[i].seqs.stretches);
    }
    free(store->accounts);
    merge_keys_free(&store->account_keys);
}

static uint32_t at_least_0(int64_t value)
{
    return value > 0 ? (uint32_t)value : 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* At least so many that the broker had are not here. The newest summary spoke of those before it, so it is not among
 * them; a status may have spoken of all. */
static uint32_t lost_of(const struct merge_account *account)
{
    const int64_t arrived = account->seqs.arrived, missing = (int64_t)account->ledger[EAR_LEDGER_PRODUCED] - arrived;
    const uint32_t by_summary = at_least_0(account->newest_acked - (arrived - 1));
    const uint32_t by_status = at_least_0(account->ledger[EAR_LEDGER_ACKED] - arrived);

    return least(by_summary > by_status ? by_summary : by_status, at_least_0(missing));
}

/* The index-th gap: before the first stretch, between two, after the last. */
static bool gap_at(const struct merge_account *account, size_t index, struct earshot_gap *gap)
{
    const struct merge_seqs *seqs = &account->seqs;
    const size_t at = index + (seqs->count > 0 && seqs->stretches[0].from <= 1 ? 1 : 0); /* none before the first */
    const int64_t from = at > 0 && at <= seqs->count ? (int64_t)seqs->stretches[at - 1].to + 1 : 1;
    const int64_t to = at < seqs->count ? (int64_t)seqs->stretches[at].from - 1 : account->ledger[EAR_LEDGER_PRODUCED];

    if (at > seqs->count || from > to) {
        return false;
    }
    *gap = (struct earshot_gap){(uint32_t)from, (uint32_t)to};
    return true;
}

bool earshot_store_gap(const struct earshot_store *store, size_t account, size_t index, struct earshot_gap *gap)
{
    return account < store->account_keys.count && gap_at(&store->accounts[account], index, gap);
}

bool earshot_store_account(const struct earshot_store *store, size_t index, struct earshot_account *account)
{
    if (index >= store->account_keys.count) {
        return false;
    }
    const struct merge_account *held = &store->accounts[index];
    const uint32_t *ledger = held->ledger;
    const uint32_t produced = ledger[EAR_LEDGER_PRODUCED], acked = ledger[EAR_LEDGER_ACKED];
    struct earshot_gap gap;

    *account = (struct earshot_account){
        .device = store->device_keys.keys[held->device].bytes,
        .boot = held->boot,
        .accepted = ledger[EAR_LEDGER_ACCEPTED],
        .refused = ledger[EAR_LEDGER_REFUSED],
        .produced = produced,
        .acked = acked,
        .superseded = ledger[EAR_LEDGER_SUPERSEDED],
        .expired = ledger[EAR_LEDGER_EXPIRED],
        .arrived = held->seqs.arrived,
        .again = held->again,
        .missing = at_least_0((int64_t)produced - held->seqs.arrived),
    };
    account->lost = lost_of(held);
    account->waiting = at_least_0((int64_t)account->missing - account->superseded - account->expired - account->lost);
    while (gap_at(held, account->gap_count, &gap)) {
        account->gap_count++;
    }
    return true;
}
