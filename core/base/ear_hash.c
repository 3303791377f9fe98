/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_hash.c - SipHash-1-3: one round a word, three at the end. Names of variables as in the paper. */
#include "core/base/ear_hash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

/* Compilers make one load of this where the machine allows it. */
static inline uint64_t load_little_endian(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

/* The last 0 to 7 bytes, and the length in the top byte. */
static inline uint64_t last_word(const uint8_t *bytes, size_t length)
{
    uint64_t word = (uint64_t)length << 56;
    size_t rest = length & 7;
    if (rest != 0 && length >= 8) {
        return word | load_little_endian(bytes + length - 8) >> (64 - 8 * rest);
    }
    for (size_t i = 0; i < rest; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

struct ear_hash_key ear_hash_key_from(const uint8_t bytes[EAR_HASH_KEY_BYTES])
{
    return (struct ear_hash_key){{load_little_endian(bytes), load_little_endian(bytes + 8)}};
}

uint64_t ear_hash_id(const struct ear_hash_key *key, struct ear_str s)
{
    const uint8_t *bytes = (const uint8_t *)s.bytes;
    struct sip sip = {.v0 = key->words[0] ^ UINT64_C(0x736f6d6570736575),
                      .v1 = key->words[1] ^ UINT64_C(0x646f72616e646f6d),
                      .v2 = key->words[0] ^ UINT64_C(0x6c7967656e657261),
                      .v3 = key->words[1] ^ UINT64_C(0x7465646279746573)};
    size_t whole = s.length & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        sip_word(&sip, load_little_endian(bytes + i));
    }
    sip_word(&sip, last_word(bytes, s.length));
    sip.v2 ^= 0xff;
    sip_round(&sip);
    sip_round(&sip);
    sip_round(&sip);
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}
