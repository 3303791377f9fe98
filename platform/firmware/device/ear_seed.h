/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/device/ear_seed.h - random bytes on a board: HMAC_DRBG with SHA-256 (NIST SP 800-90A), begun from
 * the board's own source of randomness, if it has one, and the seed in its identity. The stored seed is replaced,
 * durable, before the first byte is given out, so that no two starts ever draw the same. Fails closed: without a
 * source, or where the only source is a seed that cannot be replaced, nothing is given out until somebody brings fresh
 * bytes. */
#ifndef EAR_SEED_H
#define EAR_SEED_H

#include "core/port/ear_entropy.h"
#include "platform/firmware/device/ear_identity.h"

#define EAR_SEED_BYTES 32u

/** Random bytes from hardware: ear_board_entropy. EAR_ERR_EMPTY: there is none. */
typedef enum ear_err ear_seed_source(uint8_t *bytes, size_t length);

/** Public only so that callers can allocate it; use the functions. Does not move once it is open. */
struct ear_seed {
    struct ear_identity *identity;
    ear_seed_source *source;
    bool ready;
    const char *why_not; /* "" while ready, else why not and what to do, for people */
    uint8_t key[32];
    uint8_t value[32];
};

/** Begin. EAR_ERR_EMPTY: neither source nor seed; EAR_ERR_IO: the seed cannot be replaced. The port then answers
 * EAR_ERR_IO until ear_seed_add. source may be NULL. */
EAR_MUST_USE enum ear_err ear_seed_open(struct ear_seed *seed, struct ear_identity *identity, ear_seed_source *source);

/** Mix in secret bytes that somebody brings, and store a new seed made of all there is. EAR_ERR_RANGE: fewer than
 * EAR_SEED_BYTES, where there was nothing before; EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_seed_add(struct ear_seed *seed, const uint8_t *bytes, size_t length);

/** The same where nothing can be kept: for this start alone, beside the seed that the flash has. Whoever brings the
 * bytes sees to it that no two starts get the same ones: nobody here can tell. EAR_ERR_RANGE, EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_seed_add_for_now(struct ear_seed *seed, const uint8_t *bytes, size_t length);

/** The port. It points to the seed. */
struct ear_entropy ear_seed_port(struct ear_seed *seed);

#endif
