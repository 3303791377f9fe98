/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/make_pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "core/store/ear_crc32.h"

#define KEY_ID_BYTES 8u

/* One pass: tests of power cuts verify often. */
static void checksum(uint8_t key, const struct ear_signed *bytes, uint8_t signature[EAR_COSE_SIGNATURE_BYTES])
{
    uint32_t crc = ear_crc32(0, &key, 1);
    crc = ear_crc32(crc, bytes->head, bytes->head_bytes);
    crc = ear_crc32(crc, bytes->payload, bytes->payload_bytes);
    for (uint8_t i = 0; i < EAR_COSE_SIGNATURE_BYTES; i = (uint8_t)(i + 4)) {
        ear_le32_put(signature + i, crc + i);
    }
}

static bool sign(void *context, const struct ear_signed *bytes, uint8_t signature[EAR_COSE_SIGNATURE_BYTES])
{
    checksum(*(const uint8_t *)context, bytes, signature);
    return true;
}

static enum ear_err verify(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64])
{
    enum ear_err err = EAR_ERR_EMPTY;
    (void)context;
    for (uint8_t key = FAKE_KEY; key <= FAKE_KEY_OTHER && err != EAR_OK; key++) {
        uint8_t right[EAR_COSE_SIGNATURE_BYTES];
        if (key_id != NULL && (key_id_bytes != KEY_ID_BYTES || key_id[0] != key)) {
            continue;
        }
        checksum(key, bytes, right);
        err = memcmp(right, signature, sizeof right) == 0 ? EAR_OK : EAR_ERR_CORRUPT;
    }
    return err;
}

const struct ear_signature fake_signature = {.verify = verify};

struct pack_signer fake_signer(uint8_t key)
{
    static uint8_t keys[] = {0, FAKE_KEY, FAKE_KEY_OTHER, FAKE_KEY_UNKNOWN};
    assert(key < sizeof keys);
    return (struct pack_signer){
        .sign = sign, .context = &keys[key], .key_id = {key, 'f', 'a', 'k', 'e'}, .key_id_bytes = KEY_ID_BYTES};
}

struct pack_manifest small_manifest(const char *name, uint32_t counter)
{
    static const char *const labels[] = {"one", "two"};
    static const uint8_t body[21] = {[2] = 3}; /* core/model/ear_phrases_body.h: a filter of 8 bits, one empty bucket */
    return (struct pack_manifest){.name = name,
                                  .version = "1.0",
                                  .counter = counter,
                                  .engine = EAR_ENGINE_PHRASES,
                                  .engine_version = 1,
                                  .question = EAR_ASK_TAG,
                                  .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                  .budget_us = 100,
                                  .labels = labels,
                                  .label_count = 2,
                                  .body = body,
                                  .body_bytes = sizeof body};
}

void sign_pack(struct pack_bytes *file, const struct pack_manifest *manifest, uint8_t key)
{
    struct pack_bytes payload = {0};
    const struct pack_signer signer = fake_signer(key);
    pack_write_manifest(&payload, manifest);
    const bool done = pack_write_envelope(file, payload.bytes, payload.length, &signer);
    assert(done);
    (void)done;
    pack_bytes_free(&payload);
}

void make_pack(struct pack_bytes *file, const char *name, uint32_t counter, size_t about_bytes)
{
    struct pack_manifest manifest = small_manifest(name, counter);
    char *about = malloc(about_bytes + 1);
    assert(about != NULL);
    for (size_t i = 0; i < about_bytes; i++) {
        about[i] = (char)('a' + (i * 7 + counter) % 26);
    }
    about[about_bytes] = '\0';
    manifest.about = about;
    sign_pack(file, &manifest, FAKE_KEY);
    free(about);
}
