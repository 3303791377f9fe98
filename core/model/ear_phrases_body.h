/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_phrases_body.h - the body of a pack of phrases, for the engine and for who writes one. Pure.
 *
 * Numbers are little-endian and lie anywhere. A phrase is found from its *anchor*, one of its words: a table leads from
 * the hash of a word to the phrases that have it as their anchor, and each is then held against the words beside it.
 *
 *   0  u16  keys              that the table has
 *   2  u8   filter_log2       of the filter's bits, 3 to 20
 *   3  u8   buckets_log2      0 to 16
 *   4  u32  prefixes          bit n - 1: there are prefixes of n bytes among the keys
 *   8  u32  suffixes          the same
 *  12  u32  lists_bytes
 *  16  filter      a bit for each key, at key & (bits - 1)
 *      edges       128 bytes for prefixes, 128 for suffixes, if there are any of either: a bit for each one's first or
 *                  last two bytes, at EAR_PHRASES_EDGE
 *      directory   u16 for each bucket and one more: the bucket's first key; bucket: key & (buckets - 1)
 *      keys        u32 key, u32 where its list begins; by bucket
 *      lists       each behind the other, in the order of the keys
 *
 * A list is phrases, each behind the other; of the last, LAST is set:
 *   0  u16  label
 *   2  u16  weight            0 to 1000
 *   4  u8   before            elements before the anchor, the nearest first
 *   5  u8   after             elements behind it; both at most 31
 *   6  u8   words             of the whole phrase: of two as heavy the longer wins
 *   7  u8   flags             enum ear_phrase_flag
 *   8  elements: u8 kind (enum ear_phrase_kind), u8 bytes of a prefix or suffix (1 to 32), u32 hash
 *
 * Folded bytes are those of core/judge/ear_text.h. Between two words of a phrase marks are passed over, but for those
 * that end a sentence: what ends one ends the phrase too, unless the phrase has that very mark there. */
#ifndef EAR_PHRASES_BODY_H
#define EAR_PHRASES_BODY_H

#include "core/base/ear_base.h"
#include "core/model/ear_pack.h"

#define EAR_PHRASES_VERSION 1u
#define EAR_PHRASES_HEAD_BYTES 16u
#define EAR_PHRASES_EDGES_BYTES 128u
#define EAR_PHRASES_KEY_BYTES 8u
#define EAR_PHRASE_HEAD_BYTES 8u
#define EAR_PHRASE_ELEMENT_BYTES 6u
#define EAR_PHRASE_SIDE_MAX 31u  /* elements on one side of the anchor */
#define EAR_PHRASE_AFFIX_MAX 32u /* bytes of a prefix or suffix */
#define EAR_PHRASES_FILTER_LOG2_MAX 20u
#define EAR_PHRASES_BUCKETS_LOG2_MAX 16u

/** Keys: a word's is its token's hash. */
#define EAR_PHRASES_PREFIX_KEY 0x8F1BBCDCu /* a prefix's: the hash of its bytes, with this exclusive-or'ed */
#define EAR_PHRASES_SUFFIX_KEY 0xCA62C1D6u
#define EAR_PHRASES_NUMBER_KEY 0x6ED9EBA1u /* that of any number */

/** The bit of the edges for two folded bytes. */
#define EAR_PHRASES_EDGE(first, second) (((first)&31u) << 5 | ((second)&31u))

enum ear_phrase_kind {
    EAR_PHRASE_WORD = 0,     /* the token of that hash: a word, number, ideograph, emoji or mark */
    EAR_PHRASE_ANY = 1,      /* any token but a mark */
    EAR_PHRASE_OPTIONAL = 2, /* the same, or nothing */
    EAR_PHRASE_NUMBER = 3,   /* any number */
    EAR_PHRASE_PREFIX = 4,   /* a word that begins so */
    EAR_PHRASE_SUFFIX = 5,   /* a word that ends so */
    EAR_PHRASE_KINDS = 6,
};

enum ear_phrase_flag {
    EAR_PHRASE_LAST = 1u << 0,
    EAR_PHRASE_CANCELS = 1u << 1, /* where it is found its label is not said */
    EAR_PHRASE_FLAGS = 3u,
};

/** Where the parts of a body are. */
struct ear_phrases_parts {
    const uint8_t *filter;
    const uint8_t *edges; /* NULL: no prefixes, no suffixes */
    const uint8_t *directory;
    const uint8_t *keys;
    const uint8_t *lists;
    uint32_t filter_mask;
    uint32_t bucket_mask;
    uint32_t prefixes;
    uint32_t suffixes;
};

/** Find them, in a body whose head is right. */
void ear_phrases_parts(const struct ear_pack *pack, struct ear_phrases_parts *parts);

/** The engine's check: everything above is looked at, once each. */
EAR_MUST_USE enum ear_err ear_phrases_check(const struct ear_pack *pack, uint32_t *at);

#endif
