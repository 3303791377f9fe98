/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/update/ear_image.c - reads and checks images. Nothing in an image is believed before its place is
 * known to lie within the room. */
#include "platform/firmware/update/ear_image.h"

#include <string.h>

#include "core/base/ear_le.h"

#include "mbedtls/sha256.h"

#define TLV_INFO 0x6907u
#define TLV_PROTECTED_INFO 0x6908u
#define TLV_HEAD_BYTES 4u
#define STEP_BYTES 512u
#define ALIVE_BYTES 4096u

enum tlv { TLV_KEY_HASH = 0x01, TLV_SHA256 = 0x10, TLV_ECDSA = 0x22, TLV_COUNTER = 0x50 };
enum { SEEN_COUNTER = 1, SEEN_HASH = 2, SEEN_KEY = 4, SEEN_SIGNATURE = 8, SEEN_ALL = 15 };

static enum ear_err refuse(const char **why, enum ear_err err, const char *what)
{
    *why = what;
    return err;
}

/* A range of any length: the port's never cross a sector's end. */
static bool read_range(const struct ear_storage *slot, uint32_t at, void *bytes, uint32_t length)
{
    uint8_t *to = bytes;
    while (length > 0) {
        const uint32_t left = slot->sector_bytes - at % slot->sector_bytes;
        const uint32_t step = length < left ? length : left;
        if (slot->ops->read(slot->context, at, to, step) != 0) {
            return false;
        }
        at += step;
        to += step;
        length -= step;
    }
    return true;
}

/* --- header --- */

enum ear_err ear_image_read_header(const uint8_t *bytes, uint32_t room, struct ear_image *image, const char **why)
{
    const uint32_t magic = ear_le32_get(bytes);
    const uint32_t protected_bytes = ear_le16_get(bytes + 10);
    memset(image, 0, sizeof *image);
    if (magic == UINT32_MAX) {
        return refuse(why, EAR_ERR_EMPTY, "no image is there");
    }
    if (magic != EAR_IMAGE_MAGIC) {
        return refuse(why, EAR_ERR_SYNTAX, "no image in MCUboot's format: it does not begin with its magic");
    }
    image->load_address = ear_le32_get(bytes + 4);
    image->head_bytes = ear_le16_get(bytes + 8);
    image->body_bytes = ear_le32_get(bytes + 12);
    image->version = (struct ear_image_version){.major = bytes[20],
                                                .minor = bytes[21],
                                                .revision = ear_le16_get(bytes + 22),
                                                .build = ear_le32_get(bytes + 24)};
    if (ear_le32_get(bytes + 16) != EAR_IMAGE_ROM_FIXED) {
        return refuse(why, EAR_ERR_SYNTAX, "its flags are not those of a plain image that runs in place (ROM_FIXED)");
    }
    if (image->head_bytes != EAR_IMAGE_HEAD_BYTES) {
        return refuse(why, EAR_ERR_SYNTAX, "its program does not begin 512 bytes from the start");
    }
    if (image->body_bytes < 8) {
        return refuse(why, EAR_ERR_SYNTAX, "it holds no program");
    }
    if (room < image->head_bytes + protected_bytes || image->body_bytes > room - image->head_bytes - protected_bytes) {
        return refuse(why, EAR_ERR_TOO_LONG, "it is longer than there is room");
    }
    image->signed_bytes = image->head_bytes + image->body_bytes + protected_bytes;
    return EAR_OK;
}

/* --- signature: SEQUENCE { INTEGER r, INTEGER s } (RFC 3279 2.2.3) in DER, to two numbers of 32 bytes --- */

/* The INTEGER at der, of at most `left` bytes. Its length with head, or 0. */
static uint32_t read_integer(const uint8_t *der, uint32_t left, uint8_t number[32])
{
    if (left < 3 || der[0] != 0x02 || der[1] < 1 || der[1] > 33 || der[1] > left - 2) {
        return 0;
    }
    const uint32_t length = der[1];
    const bool has_zero = der[2] == 0;
    const bool is_negative = (der[2] & 0x80) != 0;
    const bool is_padded =
        has_zero && (length == 1 || (der[3] & 0x80) == 0); /* zero itself is no part of a signature */
    if (is_negative || is_padded || length - has_zero > 32) {
        return 0;
    }
    memset(number, 0, 32);
    memcpy(number + 32 - (length - has_zero), der + 2 + has_zero, length - has_zero);
    return 2 + length;
}

static bool read_signature(const uint8_t *der, uint32_t length, uint8_t signature[64])
{
    if (length < 2 || der[0] != 0x30 || der[1] != length - 2) {
        return false;
    }
    const uint32_t first = read_integer(der + 2, length - 2, signature);
    return first != 0 && read_integer(der + 2 + first, length - 2 - first, signature + 32) == length - 2 - first;
}

/* --- TLVs --- */

static enum ear_err take(uint8_t *seen, uint8_t bit, bool is_right, const char **why)
{
    if (!is_right || (*seen & bit) != 0) {
        return refuse(why, EAR_ERR_SYNTAX, "a TLV of it is malformed, or there twice");
    }
    *seen = (uint8_t)(*seen | bit);
    return EAR_OK;
}

#define VALUE_BYTES 72u /* the longest that means something: a signature */

static enum ear_err take_protected(struct ear_image *image, uint16_t type, const uint8_t *value, uint32_t length,
                                   uint8_t *seen, const char **why)
{
    if (type != TLV_COUNTER) {
        return EAR_OK; /* signed, and for somebody else */
    }
    image->counter = ear_le32_get(value);
    return take(seen, SEEN_COUNTER, length == 4, why);
}

static enum ear_err take_plain(struct ear_image *image, uint16_t type, const uint8_t *value, uint32_t length,
                               uint8_t *seen, const char **why)
{
    switch (type) {
    case TLV_SHA256:
        memcpy(image->hash, value, 32);
        return take(seen, SEEN_HASH, length == 32, why);
    case TLV_KEY_HASH:
        memcpy(image->key_hash, value, 32);
        return take(seen, SEEN_KEY, length == 32, why);
    case TLV_ECDSA:
        return take(seen, SEEN_SIGNATURE, read_signature(value, length, image->signature), why);
    default:
        return EAR_OK; /* not signed, so nothing could follow from it */
    }
}

/* The TLVs from `at` on, under an info of this magic. Sets *end. */
static enum ear_err read_tlvs(const struct ear_storage *slot, uint32_t at, uint32_t room, uint16_t magic,
                              struct ear_image *image, uint8_t *seen, uint32_t *end, const char **why)
{
    uint8_t head[TLV_HEAD_BYTES];
    if (room - at < TLV_HEAD_BYTES) {
        return refuse(why, EAR_ERR_TOO_LONG, "it is longer than there is room");
    }
    if (!read_range(slot, at, head, sizeof head)) {
        return refuse(why, EAR_ERR_IO, "it cannot be read");
    }
    const uint32_t total = ear_le16_get(head + 2);
    if (ear_le16_get(head) != magic || total < TLV_HEAD_BYTES) {
        return refuse(why, EAR_ERR_SYNTAX, "its TLVs do not begin where they should");
    }
    if (total > room - at) {
        return refuse(why, EAR_ERR_TOO_LONG, "it is longer than there is room");
    }
    *end = at + total;
    for (at += TLV_HEAD_BYTES; at < *end;) {
        uint8_t value[VALUE_BYTES] = {0};
        if (*end - at < TLV_HEAD_BYTES) {
            return refuse(why, EAR_ERR_SYNTAX, "its TLVs do not end where they should");
        }
        if (!read_range(slot, at, head, sizeof head)) {
            return refuse(why, EAR_ERR_IO, "it cannot be read");
        }
        const uint32_t length = ear_le16_get(head + 2);
        at += TLV_HEAD_BYTES;
        if (length > *end - at) {
            return refuse(why, EAR_ERR_SYNTAX, "its TLVs do not end where they should");
        }
        if (!read_range(slot, at, value, length < VALUE_BYTES ? length : VALUE_BYTES)) {
            return refuse(why, EAR_ERR_IO, "it cannot be read");
        }
        const uint16_t type = ear_le16_get(head);
        const enum ear_err err = magic == TLV_PROTECTED_INFO ? take_protected(image, type, value, length, seen, why)
                                                             : take_plain(image, type, value, length, seen, why);
        if (err != EAR_OK) {
            return err;
        }
        at += length;
    }
    return EAR_OK;
}

static const char *missing(uint8_t seen)
{
    return (seen & SEEN_COUNTER) == 0 ? "it has no security counter"
           : (seen & SEEN_HASH) == 0  ? "it has no hash"
                                      : "it is not signed";
}

enum ear_err ear_image_read(const struct ear_storage *slot, uint32_t room, struct ear_image *image, const char **why)
{
    uint8_t header[EAR_IMAGE_HEADER_BYTES];
    uint8_t seen = 0;
    uint32_t end;
    if (!read_range(slot, 0, header, sizeof header)) {
        memset(image, 0, sizeof *image);
        return refuse(why, EAR_ERR_IO, "it cannot be read");
    }
    enum ear_err err = ear_image_read_header(header, room, image, why);
    if (err != EAR_OK) {
        return err;
    }
    uint32_t at = image->head_bytes + image->body_bytes;
    if (at != image->signed_bytes) {
        err = read_tlvs(slot, at, room, TLV_PROTECTED_INFO, image, &seen, &end, why);
        if (err == EAR_OK && end != image->signed_bytes) {
            err = refuse(why, EAR_ERR_SYNTAX, "its TLVs do not end where they should");
        }
    }
    at = image->signed_bytes;
    err = err != EAR_OK ? err : read_tlvs(slot, at, room, TLV_INFO, image, &seen, &end, why);
    if (err != EAR_OK) {
        return err;
    }
    if (seen != SEEN_ALL) {
        return refuse(why, EAR_ERR_MISSING, missing(seen));
    }
    image->bytes = end;
    return EAR_OK;
}

/* --- checking --- */

static bool hash_slot(const struct ear_storage *slot, uint32_t length, const struct ear_image_check *check,
                      mbedtls_sha256_context *sha)
{
    uint8_t bytes[STEP_BYTES];
    for (uint32_t at = 0; at < length;) {
        const uint32_t step = length - at < sizeof bytes ? length - at : (uint32_t)sizeof bytes;
        if (at % ALIVE_BYTES == 0 && check->alive != NULL) {
            check->alive(check->alive_context);
        }
        if (!read_range(slot, at, bytes, step) || mbedtls_sha256_update(sha, bytes, step) != 0) {
            return false;
        }
        at += step;
    }
    return true;
}

enum ear_err ear_image_verify(const struct ear_storage *slot, const struct ear_image *image,
                              const struct ear_image_check *check, const char **why)
{
    uint8_t hash[32];
    mbedtls_sha256_context sha;
    mbedtls_sha256_init(&sha);
    const bool done = mbedtls_sha256_starts(&sha, 0) == 0 && hash_slot(slot, image->signed_bytes, check, &sha) &&
                      mbedtls_sha256_finish(&sha, hash) == 0;
    mbedtls_sha256_free(&sha);
    if (!done) {
        return refuse(why, EAR_ERR_IO, "it cannot be read");
    }
    if (memcmp(hash, image->hash, sizeof hash) != 0) {
        return refuse(why, EAR_ERR_CORRUPT, "its hash is wrong: it is damaged, or was changed");
    }
    const enum ear_err err = check->verify(check->context, image->key_hash, hash, image->signature);
    return err == EAR_OK            ? EAR_OK
           : err == EAR_ERR_EMPTY   ? refuse(why, err, "it is signed with a key that this device does not trust")
           : err == EAR_ERR_CORRUPT ? refuse(why, err, "its signature is wrong")
                                    : refuse(why, EAR_ERR_IO, "the check of its signature failed");
}

/* --- versions --- */

int ear_image_compare(const struct ear_image_version *a, const struct ear_image_version *b)
{
    const uint32_t of_a[] = {a->major, a->minor, a->revision, a->build};
    const uint32_t of_b[] = {b->major, b->minor, b->revision, b->build};
    for (unsigned i = 0; i < EAR_COUNT_OF(of_a); i++) {
        if (of_a[i] != of_b[i]) {
            return of_a[i] < of_b[i] ? -1 : 1;
        }
    }
    return 0;
}

static char *add_number(char *to, char before, uint32_t number)
{
    char digits[10];
    unsigned count = 0;
    if (before != '\0') {
        *to++ = before;
    }
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        *to++ = digits[--count];
    }
    *to = '\0';
    return to;
}

const char *ear_image_version_text(const struct ear_image_version *version, char text[EAR_IMAGE_VERSION_BYTES])
{
    char *to = add_number(text, '\0', version->major);
    to = add_number(to, '.', version->minor);
    to = add_number(to, '.', version->revision);
    if (version->build != 0) {
        (void)add_number(to, '+', version->build);
    }
    return text;
}
