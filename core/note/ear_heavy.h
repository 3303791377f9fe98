/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_heavy.h - the most frequent of any number of labels, with bounds. Pure.
 *
 * Space-Saving (A. Metwally, D. Agrawal, A. El Abbadi 2005) in words of the caller's; all zero is empty. Each of the
 * `entries` labels that are held has a count that is never too small and an error:
 *
 *     count - error <= how often it really came <= count
 *
 * A label that is not held came at most `missed` times, and missed <= total / entries. While all labels fit, errors
 * and missed are 0: everything is exact. Summaries merge and keep these bounds (P. Agarwal et al. 2012, "Mergeable
 * summaries"); after merges missed is at most the sum of what each sketch's own stream gives, plus what did not fit. */
#ifndef EAR_HEAVY_H
#define EAR_HEAVY_H

#include "core/base/ear_base.h"

#define EAR_HEAVY_ENTRIES_MAX 64u

/** Words of a sketch that holds so many labels. */
#define EAR_HEAVY_WORDS(entries) (2u + 3u * (entries))

/** Room for the bytes of any sketch of so many words. */
#define EAR_HEAVY_BYTES(word_count) (13u + 5u * (word_count))

struct ear_heavy_entry {
    uint32_t label;
    uint32_t count;
    uint32_t error;
};

/** Count a label `by` times. False, and nothing changes, if the total would pass 2^32 - 1. O(entries). */
bool ear_heavy_add(uint32_t *words, unsigned word_count, uint32_t label, uint32_t by);

/** Add what another one has counted; sizes may differ. EAR_ERR_FULL, and nothing changes, if a number would pass
 * 2^32 - 1. */
EAR_MUST_USE enum ear_err ear_heavy_merge(uint32_t *words, unsigned word_count, const uint32_t *other,
                                          unsigned other_count);

bool ear_heavy_is_empty(const uint32_t *words);
/** Everything that was counted, exactly. */
uint32_t ear_heavy_total(const uint32_t *words);
/** The most that a label that is not held can have come; 0 while everything is exact. */
uint32_t ear_heavy_missed(const uint32_t *words);

/** The label of a rank, from 0; the most frequent first, among equals the lower label. False if fewer are held. */
bool ear_heavy_at(const uint32_t *words, unsigned word_count, unsigned rank, struct ear_heavy_entry *entry);

/** What is known of a label. Not held: count and error are `missed`. */
void ear_heavy_estimate(const uint32_t *words, unsigned word_count, uint32_t label, struct ear_heavy_entry *entry);

/** Write the sketch for the wire: at most EAR_HEAVY_BYTES, the same for the same entries on every machine. Bytes
 * written, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_heavy_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity);

/** Merge from the wire; into words that are all zero this decodes. EAR_ERR_SYNTAX: not the form, cut short, or bytes
 *  left over; EAR_ERR_RANGE: numbers that contradict each other; EAR_ERR_FULL as above. The words are then unchanged.
 *  Needs some 800 bytes of stack. */
EAR_MUST_USE enum ear_err ear_heavy_merge_bytes(uint32_t *words, unsigned word_count, const uint8_t *bytes,
                                                size_t length);

#endif
