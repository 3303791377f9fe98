/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_phrases_check.c - whether a body of phrases can be run: see ear_phrases_body.h. */
#include "core/base/ear_le.h"
#include "core/model/ear_phrases_body.h"

#define SCORE_MAX 1000u

void ear_phrases_parts(const struct ear_pack *pack, struct ear_phrases_parts *parts)
{
    const uint8_t *p = pack->body;
    parts->filter_mask = (1u << p[2]) - 1;
    parts->bucket_mask = (1u << p[3]) - 1;
    parts->prefixes = ear_le32_get(p + 4);
    parts->suffixes = ear_le32_get(p + 8);
    parts->filter = p + EAR_PHRASES_HEAD_BYTES;
    p = parts->filter + (parts->filter_mask + 1) / 8;
    parts->edges = (parts->prefixes | parts->suffixes) != 0 ? p : NULL;
    parts->directory = parts->edges != NULL ? p + 2 * EAR_PHRASES_EDGES_BYTES : p;
    parts->keys = parts->directory + 2 * ((size_t)parts->bucket_mask + 2);
    parts->lists = parts->keys + (size_t)EAR_PHRASES_KEY_BYTES * ear_le16_get(pack->body);
}

static bool element_fits(const uint8_t *element)
{
    bool affix = element[0] == EAR_PHRASE_PREFIX || element[0] == EAR_PHRASE_SUFFIX;
    return element[0] < EAR_PHRASE_KINDS && (!affix || (element[1] >= 1 && element[1] <= EAR_PHRASE_AFFIX_MAX));
}

/* The phrase at lists + at: how many bytes it has; 0 if it cannot be used. */
static uint32_t phrase_bytes(const struct ear_pack *pack, const uint8_t *lists, uint32_t at, uint32_t lists_bytes)
{
    const uint8_t *phrase = lists + at;
    if (lists_bytes - at < EAR_PHRASE_HEAD_BYTES || ear_le16_get(phrase) >= pack->label_count ||
        ear_le16_get(phrase + 2) > SCORE_MAX || phrase[4] > EAR_PHRASE_SIDE_MAX || phrase[5] > EAR_PHRASE_SIDE_MAX ||
        phrase[7] > EAR_PHRASE_FLAGS) {
        return 0;
    }
    uint32_t count = (uint32_t)phrase[4] + phrase[5];
    uint32_t bytes = EAR_PHRASE_HEAD_BYTES + EAR_PHRASE_ELEMENT_BYTES * count;
    if (bytes > lists_bytes - at) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!element_fits(phrase + EAR_PHRASE_HEAD_BYTES + EAR_PHRASE_ELEMENT_BYTES * i)) {
            return 0;
        }
    }
    return bytes;
}

/* Lists lie behind each other in the order of their keys, so that one pass sees every byte of them once. */
static enum ear_err check_lists(const struct ear_pack *pack, const struct ear_phrases_parts *body, uint32_t lists_bytes,
                                uint32_t *at)
{
    uint32_t key_count = ear_le16_get(pack->body);
    uint32_t next = 0;
    for (uint32_t i = 0; i < key_count; i++) {
        const uint8_t *key = body->keys + (size_t)EAR_PHRASES_KEY_BYTES * i;
        *at = (uint32_t)(key - pack->body);
        if (ear_le32_get(key + 4) != next) {
            return EAR_ERR_SYNTAX;
        }
        bool last = false;
        while (!last) {
            *at = (uint32_t)(body->lists - pack->body) + next;
            uint32_t bytes = phrase_bytes(pack, body->lists, next, lists_bytes);
            if (bytes == 0) {
                return EAR_ERR_SYNTAX;
            }
            last = (body->lists[next + 7] & EAR_PHRASE_LAST) != 0;
            next += bytes;
        }
    }
    *at = (uint32_t)(body->lists - pack->body) + next;
    return next == lists_bytes ? EAR_OK : EAR_ERR_SYNTAX;
}

static enum ear_err check_directory(const struct ear_pack *pack, const struct ear_phrases_parts *body, uint32_t *at)
{
    uint16_t before = 0;
    for (uint32_t i = 0; i <= body->bucket_mask + 1; i++) {
        const uint8_t *bucket = body->directory + 2 * (size_t)i;
        uint16_t first = ear_le16_get(bucket);
        *at = (uint32_t)(bucket - pack->body);
        if (first < before || (i == 0 && first != 0)) {
            return EAR_ERR_SYNTAX;
        }
        before = first;
    }
    return before == ear_le16_get(pack->body) ? EAR_OK : EAR_ERR_SYNTAX;
}

enum ear_err ear_phrases_check(const struct ear_pack *pack, uint32_t *at)
{
    const uint8_t *p = pack->body;
    *at = 0;
    if (pack->question == EAR_ASK_REDACTION) {
        return EAR_ERR_SYNTAX; /* phrases do not say where */
    }
    if (pack->body_bytes < EAR_PHRASES_HEAD_BYTES || p[2] < 3 || p[2] > EAR_PHRASES_FILTER_LOG2_MAX ||
        p[3] > EAR_PHRASES_BUCKETS_LOG2_MAX) {
        return EAR_ERR_SYNTAX;
    }
    bool affixes = (ear_le32_get(p + 4) | ear_le32_get(p + 8)) != 0;
    uint64_t whole = (uint64_t)EAR_PHRASES_HEAD_BYTES + (1u << p[2]) / 8 +
                     (affixes ? 2 * EAR_PHRASES_EDGES_BYTES : 0u) + 2 * ((UINT64_C(1) << p[3]) + 1) +
                     (uint64_t)EAR_PHRASES_KEY_BYTES * ear_le16_get(p) + ear_le32_get(p + 12);
    if (whole != pack->body_bytes) {
        return EAR_ERR_SYNTAX;
    }
    struct ear_phrases_parts body;
    ear_phrases_parts(pack, &body);
    enum ear_err err = check_directory(pack, &body, at);
    return err != EAR_OK ? err : check_lists(pack, &body, ear_le32_get(p + 12), at);
}
