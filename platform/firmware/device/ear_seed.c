/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC_DRBG of NIST SP 800-90A Rev. 1, section 10.1.2, on SHA-256 alone: it is needed before anything of mbedTLS has
 * memory. */
#include "platform/firmware/device/ear_seed.h"

#include <string.h>

#include "mbedtls/platform_util.h"
#include "mbedtls/sha256.h"

#define BLOCK 64u

/** Bytes of a hash's input, one after the other. */
struct part {
    const uint8_t *bytes;
    size_t length;
};

static bool hash(const uint8_t pad[BLOCK], const struct part *parts, unsigned count, uint8_t out[32])
{
    mbedtls_sha256_context sha;
    mbedtls_sha256_init(&sha);
    int error = mbedtls_sha256_starts(&sha, 0);
    error = error != 0 ? error : mbedtls_sha256_update(&sha, pad, BLOCK);
    for (unsigned i = 0; i < count && error == 0; i++) {
        error = mbedtls_sha256_update(&sha, parts[i].bytes, parts[i].length);
    }
    error = error != 0 ? error : mbedtls_sha256_finish(&sha, out);
    mbedtls_sha256_free(&sha);
    return error == 0;
}

/* HMAC (RFC 2104). out may be the key or one of the parts. */
static bool hmac(const uint8_t key[32], const struct part *parts, unsigned count, uint8_t out[32])
{
    uint8_t pad[BLOCK];
    uint8_t inner[32];
    memset(pad, 0x36, sizeof pad);
    for (unsigned i = 0; i < 32; i++) {
        pad[i] ^= key[i];
    }
    bool done = hash(pad, parts, count, inner);
    for (unsigned i = 0; i < BLOCK; i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    done = done && hash(pad, &(struct part){inner, sizeof inner}, 1, out);
    mbedtls_platform_zeroize(pad, sizeof pad);
    mbedtls_platform_zeroize(inner, sizeof inner);
    return done;
}

#define MATERIALS 3u

/* HMAC_DRBG_Update. */
static bool update(struct ear_seed *seed, const struct part *material, unsigned count)
{
    struct part parts[2 + MATERIALS] = {{seed->value, sizeof seed->value}};
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        parts[2 + i] = material[i];
        bytes += material[i].length;
    }
    for (uint8_t round = 0; round < (bytes > 0 ? 2 : 1); round++) {
        parts[1] = (struct part){&round, 1};
        if (!hmac(seed->key, parts, 2 + count, seed->key) || !hmac(seed->key, parts, 1, seed->value)) {
            return false;
        }
    }
    return true;
}

/* HMAC_DRBG_Generate. Reseeding is left to each start: 2^48 calls will not be seen. */
static bool generate(struct ear_seed *seed, uint8_t *bytes, size_t length)
{
    const struct part value = {seed->value, sizeof seed->value};
    while (length > 0) {
        const size_t part = length < sizeof seed->value ? length : sizeof seed->value;
        if (!hmac(seed->key, &value, 1, seed->value)) {
            return false;
        }
        memcpy(bytes, seed->value, part);
        bytes += part;
        length -= part;
    }
    return update(seed, NULL, 0);
}

static void begin(struct ear_seed *seed)
{
    memset(seed->key, 0, sizeof seed->key);
    memset(seed->value, 1, sizeof seed->value);
}

/* What was mixed in stays: it is given out to nobody, and does no harm to what comes later. */
static enum ear_err refuse(struct ear_seed *seed, enum ear_err err, const char *why)
{
    seed->ready = false;
    seed->why_not = why;
    return err;
}

static enum ear_err allow(struct ear_seed *seed)
{
    seed->ready = true;
    seed->why_not = "";
    return EAR_OK;
}

/* A new seed for the next start. */
static enum ear_err store(struct ear_seed *seed)
{
    uint8_t next[EAR_SEED_BYTES];
    enum ear_err err = generate(seed, next, sizeof next) ? EAR_OK : EAR_ERR_IO;
    err = err == EAR_OK ? ear_identity_put(seed->identity, EAR_IDENTITY_SEED, next, sizeof next) : err;
    mbedtls_platform_zeroize(next, sizeof next);
    return err;
}

enum ear_err ear_seed_open(struct ear_seed *seed, struct ear_identity *identity, ear_seed_source *source)
{
    static const char purpose[] = "Earshot seed 1";
    const struct ear_tls_bytes *kept = &identity->parts[EAR_IDENTITY_SEED];
    const bool is_kept = kept->length >= EAR_SEED_BYTES;
    uint8_t fresh[48];
    *seed = (struct ear_seed){.identity = identity, .source = source};
    begin(seed);
    const bool is_fresh = source != NULL && source(fresh, sizeof fresh) == EAR_OK;
    if (!is_fresh && !is_kept) {
        return refuse(seed, EAR_ERR_EMPTY,
                      "no randomness: the board has no source of it, and there is no seed; "
                      "`provision seed HEX`");
    }
    const struct part material[MATERIALS] = {{fresh, is_fresh ? sizeof fresh : 0},
                                             {kept->bytes, is_kept ? kept->length : 0},
                                             {(const uint8_t *)purpose, sizeof purpose}};
    const bool is_begun = update(seed, material, MATERIALS);
    mbedtls_platform_zeroize(fresh, sizeof fresh);
    if (!is_begun) {
        return refuse(seed, EAR_ERR_IO, "no randomness: SHA-256 failed");
    }
    if (store(seed) != EAR_OK && !is_fresh) {
        return refuse(seed, EAR_ERR_IO,
                      EAR_ENABLED(STORAGE)
                          ? "no randomness: the seed cannot be replaced, the flash refuses to be written"
                          : "no randomness, for the flash cannot be written: `provision seed HEX` after each start");
    }
    return allow(seed);
}

enum ear_err ear_seed_add(struct ear_seed *seed, const uint8_t *bytes, size_t length)
{
    const struct part material = {bytes, length};
    if (!seed->ready && length < EAR_SEED_BYTES) {
        return EAR_ERR_RANGE;
    }
    const bool was_ready = seed->ready;
    enum ear_err err = update(seed, &material, 1) ? EAR_OK : EAR_ERR_IO;
    err = err == EAR_OK ? store(seed) : err;
    if (err != EAR_OK) {
        return was_ready ? err : refuse(seed, err, "no randomness: the seed could not be stored");
    }
    return allow(seed);
}

enum ear_err ear_seed_add_for_now(struct ear_seed *seed, const uint8_t *bytes, size_t length)
{
    const struct part material = {bytes, length};
    if (!seed->ready && length < EAR_SEED_BYTES) {
        return EAR_ERR_RANGE;
    }
    return update(seed, &material, 1) ? allow(seed) : refuse(seed, EAR_ERR_IO, "no randomness: SHA-256 failed");
}

static int fill(void *context, uint8_t *bytes, size_t length)
{
    struct ear_seed *seed = context;
    return seed->ready && generate(seed, bytes, length) ? 0 : EAR_ERR_IO;
}

struct ear_entropy ear_seed_port(struct ear_seed *seed)
{
    return (struct ear_entropy){.fill = fill, .context = seed};
}
