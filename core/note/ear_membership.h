/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_membership.h - was this id ever seen? Never wrongly no while it is remembered, rarely wrongly yes.
 * Pure.
 *
 * Two Bloom filters of the same size (B. Bloom 1970) in words of the caller's; all zero is empty. Ids go into the
 * younger. When half of its bits are set its error rate has reached 2^-8: it becomes the elder, and what was the elder
 * is emptied and is the younger: it *rotates*, which is counted. An id found in the elder goes into the younger again,
 * so that who keeps coming is not forgotten (M. Yoon 2010: "Aging Bloom filter with two active buffers"). Together they
 * say yes to an id that never came in at most 2 * 2^-8 = 0.8 % of the cases; who is forgotten is new again. A filter
 * takes one id per 11.6 bits:
 *
 *     words    64   256   1024   4096   16384
 *     ids      85   350   1415   5670   22700   until the first rotation; then so many to twice as many of the latest
 */
#ifndef EAR_MEMBERSHIP_H
#define EAR_MEMBERSHIP_H

#include "core/base/ear_base.h"

#define EAR_MEMBERSHIP_WORDS_MIN 16u
#define EAR_MEMBERSHIP_WORDS_MAX 65536u

/** The error rate that is never passed, in millionths. */
#define EAR_MEMBERSHIP_ERROR_PPM 7813u

/** Room for the bytes of any sketch of so many words. */
#define EAR_MEMBERSHIP_BYTES(word_count) (9u + 5u * (word_count))

/** Remember an id by its hash, all of whose bits are as good as random. True if it was (probably) seen before. */
bool ear_membership_add(uint32_t *words, unsigned word_count, uint64_t hash);

/** The same without remembering. */
bool ear_membership_has(const uint32_t *words, unsigned word_count, uint64_t hash);

/** Remember what another one of the same size remembers, younger with younger and elder with elder. EAR_ERR_FULL, and
 * nothing changes, if the error rate would pass the stated one; EAR_ERR_RANGE if the sizes differ. */
EAR_MUST_USE enum ear_err ear_membership_merge(uint32_t *words, unsigned word_count, const uint32_t *other,
                                               unsigned other_count);

bool ear_membership_is_empty(const uint32_t *words);
/** How often it rotated; all but the first time ids were forgotten. After a merge: of both. Stops at 2^32 - 1. */
uint32_t ear_membership_rotations(const uint32_t *words);
/** The present error rate in millionths, at most EAR_MEMBERSHIP_ERROR_PPM. O(words). */
uint32_t ear_membership_error_ppm(const uint32_t *words, unsigned word_count);

/** Write the sketch: at most EAR_MEMBERSHIP_BYTES. Bytes written, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_membership_encode(const uint32_t *words, unsigned word_count, uint8_t *bytes, size_t capacity);

/** Merge from bytes; into words that are all zero this decodes. EAR_ERR_SYNTAX: not the form, cut short, or bytes left
 *  over; EAR_ERR_RANGE: another size, or more bits than are ever set; EAR_ERR_FULL as above. The words are then
 *  unchanged. */
EAR_MUST_USE enum ear_err ear_membership_merge_bytes(uint32_t *words, unsigned word_count, const uint8_t *bytes,
                                                     size_t length);

#endif
