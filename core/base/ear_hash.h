/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_hash.h - a keyed hash for ids, so that what a source calls its users and conversations is neither kept
 * nor guessable. Pure. */
#ifndef EAR_HASH_H
#define EAR_HASH_H

#include "core/base/ear_base.h"

#define EAR_HASH_KEY_BYTES 16

/** A secret of 128 bits. No pointer inside: may be part of a checkpoint. */
struct ear_hash_key {
    uint64_t words[2];
};

/** Make a key of 16 random bytes; the same bytes give the same hashes on every machine. */
struct ear_hash_key ear_hash_key_from(const uint8_t bytes[EAR_HASH_KEY_BYTES]);

/** SipHash-1-3 of the string, 64 bits (J.-P. Aumasson, D. J. Bernstein: "SipHash: a fast short-input PRF", 2012).
 *  Any length, also 0. The same on every byte order. */
uint64_t ear_hash_id(const struct ear_hash_key *key, struct ear_str s);

#endif
