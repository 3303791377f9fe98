/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/pack_write.c - deterministic CBOR into bytes that grow. */
#include "tools/pack/pack_write.h"

#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_cbor.h"

void pack_bytes_add(struct pack_bytes *out, const void *bytes, size_t length)
{
    if (length > out->capacity - out->length) {
        const size_t wanted = out->length + length;
        const size_t capacity = wanted > 2 * out->capacity ? wanted : 2 * out->capacity;
        uint8_t *grown = realloc(out->bytes, capacity);
        if (grown == NULL) {
            abort();
        }
        out->bytes = grown;
        out->capacity = capacity;
    }
    if (length > 0) {
        memcpy(out->bytes + out->length, bytes, length);
        out->length += length;
    }
}

void pack_bytes_free(struct pack_bytes *out)
{
    free(out->bytes);
    *out = (struct pack_bytes){0};
}

void pack_bytes_add_le16(struct pack_bytes *out, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    pack_bytes_add(out, bytes, sizeof bytes);
}

void pack_bytes_add_le32(struct pack_bytes *out, uint32_t value)
{
    pack_bytes_add_le16(out, (uint16_t)value);
    pack_bytes_add_le16(out, (uint16_t)(value >> 16));
}

void pack_bytes_add_cbor(struct pack_bytes *out, uint8_t major, uint64_t value)
{
    uint8_t head[9];
    const unsigned power = value <= UINT8_MAX ? 0 : value <= UINT16_MAX ? 1 : value <= UINT32_MAX ? 2 : 3;
    const unsigned size = value < 24 ? 0 : 1u << power;
    head[0] = (uint8_t)((unsigned)major << 5 | (size == 0 ? (unsigned)value : 24u + power));
    for (unsigned i = 1; i <= size; i++) {
        head[i] = (uint8_t)(value >> 8 * (size - i));
    }
    pack_bytes_add(out, head, 1 + size);
}

static void add_string(struct pack_bytes *out, uint8_t major, const void *bytes, size_t length)
{
    pack_bytes_add_cbor(out, major, length);
    pack_bytes_add(out, bytes, length);
}

static void add_text(struct pack_bytes *out, const char *text)
{
    add_string(out, EAR_CBOR_TEXT, text, strlen(text));
}

/* ---- the manifest ---- */

/* A map that counts its entries as they come; its head is written when they are known. */
struct map {
    struct pack_bytes entries;
    unsigned count;
};

static struct pack_bytes *entry(struct map *map, enum ear_pack_key key)
{
    map->count++;
    pack_bytes_add_cbor(&map->entries, EAR_CBOR_UINT, key);
    return &map->entries;
}

static void put_uint(struct map *map, enum ear_pack_key key, uint64_t value)
{
    pack_bytes_add_cbor(entry(map, key), EAR_CBOR_UINT, value);
}

static void put_text(struct map *map, enum ear_pack_key key, const char *text)
{
    if (text != NULL) {
        add_text(entry(map, key), text);
    }
}

static void put_labels(struct map *map, const struct pack_manifest *manifest)
{
    struct pack_bytes texts = {0};
    struct pack_bytes offsets = {0};
    struct pack_bytes thresholds = {0};
    for (uint16_t i = 0; i < manifest->label_count; i++) {
        pack_bytes_add_le16(&offsets, (uint16_t)texts.length);
        pack_bytes_add(&texts, manifest->labels[i], strlen(manifest->labels[i]) + 1);
        pack_bytes_add_le16(&thresholds, manifest->thresholds == NULL ? 0 : manifest->thresholds[i]);
    }
    add_string(entry(map, EAR_PACK_KEY_LABELS), EAR_CBOR_TEXT, texts.bytes, texts.length);
    add_string(entry(map, EAR_PACK_KEY_LABEL_OFFSETS), EAR_CBOR_BYTES, offsets.bytes, offsets.length);
    if (manifest->thresholds != NULL) {
        add_string(entry(map, EAR_PACK_KEY_THRESHOLDS), EAR_CBOR_BYTES, thresholds.bytes, thresholds.length);
    }
    pack_bytes_free(&texts);
    pack_bytes_free(&offsets);
    pack_bytes_free(&thresholds);
}

static void put_for_people(struct map *map, const struct pack_manifest *manifest)
{
    if (manifest->language_count > 0) {
        pack_bytes_add_cbor(entry(map, EAR_PACK_KEY_LANGUAGES), EAR_CBOR_ARRAY, manifest->language_count);
    }
    for (size_t i = 0; i < manifest->language_count; i++) {
        add_text(&map->entries, manifest->languages[i]);
    }
    put_text(map, EAR_PACK_KEY_ABOUT, manifest->about);
    if (manifest->source_count > 0) {
        pack_bytes_add_cbor(entry(map, EAR_PACK_KEY_SOURCES), EAR_CBOR_ARRAY, manifest->source_count);
    }
    for (size_t i = 0; i < manifest->source_count; i++) {
        pack_bytes_add_cbor(&map->entries, EAR_CBOR_ARRAY, 2);
        add_text(&map->entries, manifest->sources[i].name);
        add_text(&map->entries, manifest->sources[i].licence);
    }
    if (manifest->accuracy_count > 0) {
        pack_bytes_add_cbor(entry(map, EAR_PACK_KEY_ACCURACY), EAR_CBOR_ARRAY, manifest->accuracy_count);
    }
    for (size_t i = 0; i < manifest->accuracy_count; i++) {
        const struct pack_accuracy *accuracy = &manifest->accuracies[i];
        pack_bytes_add_cbor(&map->entries, EAR_CBOR_ARRAY, 4);
        add_text(&map->entries, accuracy->set);
        pack_bytes_add_cbor(&map->entries, EAR_CBOR_UINT, accuracy->messages);
        pack_bytes_add_cbor(&map->entries, EAR_CBOR_UINT, accuracy->accuracy_permille);
        pack_bytes_add_cbor(&map->entries, EAR_CBOR_UINT, accuracy->macro_f1_permille);
    }
}

void pack_write_manifest(struct pack_bytes *out, const struct pack_manifest *manifest)
{
    struct map map = {0};
    put_uint(&map, EAR_PACK_KEY_FORMAT, EAR_PACK_FORMAT);
    put_text(&map, EAR_PACK_KEY_NAME, manifest->name);
    put_text(&map, EAR_PACK_KEY_VERSION, manifest->version);
    put_uint(&map, EAR_PACK_KEY_COUNTER, manifest->counter);
    put_uint(&map, EAR_PACK_KEY_ENGINE, manifest->engine);
    put_uint(&map, EAR_PACK_KEY_ENGINE_VERSION, manifest->engine_version);
    put_uint(&map, EAR_PACK_KEY_TEXT_VERSION, manifest->text_version == 0 ? EAR_TEXT_VERSION : manifest->text_version);
    put_uint(&map, EAR_PACK_KEY_QUESTION, manifest->question);
    put_uint(&map, EAR_PACK_KEY_HEARS, manifest->hears);
    put_uint(&map, EAR_PACK_KEY_BUDGET_US, manifest->budget_us);
    put_labels(&map, manifest);
    if (manifest->has_reject) {
        put_uint(&map, EAR_PACK_KEY_REJECT, manifest->reject);
    }
    put_for_people(&map, manifest);
    add_string(entry(&map, EAR_PACK_KEY_BODY), EAR_CBOR_BYTES, manifest->body, manifest->body_bytes);
    pack_bytes_add_cbor(out, EAR_CBOR_MAP, map.count);
    pack_bytes_add(out, map.entries.bytes, map.entries.length);
    pack_bytes_free(&map.entries);
}

/* The entry at `in`, or what stands in for it. */
static bool copy_entry(struct pack_bytes *out, struct ear_cbor *in, const uint32_t *counter, const char *version)
{
    const uint32_t start = in->at;
    uint64_t key;
    if (!ear_cbor_uint(in, UINT64_MAX, &key)) {
        return false;
    }
    const uint32_t value = in->at;
    if (!ear_cbor_skip(in)) {
        return false;
    }
    pack_bytes_add(out, in->bytes + start, value - start);
    if (key == EAR_PACK_KEY_COUNTER && counter != NULL) {
        pack_bytes_add_cbor(out, EAR_CBOR_UINT, *counter);
    } else if (key == EAR_PACK_KEY_VERSION && version != NULL) {
        add_text(out, version);
    } else {
        pack_bytes_add(out, in->bytes + value, in->at - value);
    }
    return true;
}

bool pack_write_changed(struct pack_bytes *out, const uint8_t *payload, size_t length, const uint32_t *counter,
                        const char *version)
{
    struct ear_cbor in = {.bytes = payload, .length = (uint32_t)length};
    const size_t before = out->length;
    uint64_t entries;
    if (length > UINT32_MAX || !ear_cbor_count(&in, EAR_CBOR_MAP, &entries)) {
        return false;
    }
    pack_bytes_add_cbor(out, EAR_CBOR_MAP, entries);
    bool whole = true;
    for (; whole && entries > 0; entries--) {
        whole = copy_entry(out, &in, counter, version);
    }
    if (!whole || in.at != length) {
        out->length = before;
        return false;
    }
    return true;
}

/* ---- the envelope ---- */

bool pack_write_envelope(struct pack_bytes *out, const uint8_t *payload, size_t length,
                         const struct pack_signer *signer)
{
    static const uint8_t opening[] = {0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26}; /* 18([h'a10126', ...: ES256 */
    const size_t before = out->length;
    uint8_t signature[EAR_COSE_SIGNATURE_BYTES] = {0};
    pack_bytes_add(out, opening, sizeof opening);
    pack_bytes_add_cbor(out, EAR_CBOR_MAP, signer->key_id_bytes > 0 ? 1 : 0);
    if (signer->key_id_bytes > 0) {
        pack_bytes_add_cbor(out, EAR_CBOR_UINT, 4);
        add_string(out, EAR_CBOR_BYTES, signer->key_id, signer->key_id_bytes);
    }
    add_string(out, EAR_CBOR_BYTES, payload, length);
    add_string(out, EAR_CBOR_BYTES, signature, sizeof signature);
    /* What is signed is what a reader of these bytes will verify. */
    struct ear_cose cose;
    bool done = ear_cose_read(out->bytes + before, (uint32_t)(out->length - before), &cose) == EAR_OK;
    if (done) {
        const struct ear_signed bytes = {.head = cose.head,
                                         .head_bytes = cose.head_bytes,
                                         .payload = cose.payload,
                                         .payload_bytes = cose.payload_bytes};
        done = signer->sign(signer->context, &bytes, signature);
    }
    memcpy(out->bytes + out->length - sizeof signature, signature, sizeof signature);
    out->length = done ? out->length : before;
    return done;
}

bool pack_payload(const uint8_t *file, size_t length, const uint8_t **payload, size_t *payload_bytes)
{
    struct ear_cose cose;
    *payload = file;
    *payload_bytes = length;
    if (length > UINT32_MAX || !ear_cose_is(file, (uint32_t)length)) {
        return length <= UINT32_MAX;
    }
    if (ear_cose_read(file, (uint32_t)length, &cose) != EAR_OK) {
        return false;
    }
    *payload = cose.payload;
    *payload_bytes = cose.payload_bytes;
    return true;
}
