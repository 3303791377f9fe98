/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_linear_check.c - whether a linear body can be run: see ear_linear.h. */
#include "core/base/ear_le.h"
#include "core/model/ear_linear_body.h"

void ear_linear_parts(const struct ear_pack *pack, struct ear_linear_parts *parts)
{
    const uint8_t *p = pack->body;
    parts->families = p[0];
    parts->bits = p[1];
    parts->dims = (uint8_t)ear_le16_get(p + 2);
    parts->buckets = ear_le16_get(p + 4);
    parts->flags = p[6];
    parts->shift = p[7];
    parts->temper = ear_le32_get(p + 8);
    parts->vector_bytes = (uint8_t)(parts->dims * parts->bits / 8u);
    parts->row_bytes = (uint16_t)(EAR_LINEAR_ROW_HEAD_BYTES + (parts->dims + 3u) / 4u * 2u);
    parts->rows = p + EAR_LINEAR_HEAD_BYTES;
    parts->keys = parts->rows + (size_t)parts->row_bytes * pack->label_count;
    parts->vectors = parts->keys + (size_t)EAR_LINEAR_BUCKET_BYTES * parts->buckets;
}

/* A fault of the head: *at is its byte. */
static bool head_fits(const struct ear_pack *pack, uint32_t *at)
{
    const uint8_t *p = pack->body;
    const uint32_t dims = pack->body_bytes >= EAR_LINEAR_HEAD_BYTES ? ear_le16_get(p + 2) : 0;
    *at = 0;
    if (pack->body_bytes < EAR_LINEAR_HEAD_BYTES || p[0] == 0) {
        return false;
    }
    *at = 1;
    if (p[1] != 1 && p[1] != 4) {
        return false;
    }
    *at = 2;
    if (dims < 2 || dims > EAR_LINEAR_DIMS_MAX || dims * p[1] % 8 != 0) {
        return false;
    }
    *at = 4;
    if (ear_le16_get(p + 4) == 0) {
        return false;
    }
    *at = 6;
    if (p[6] > (EAR_LINEAR_ONCE | EAR_LINEAR_ROOT)) {
        return false;
    }
    *at = 7;
    return p[7] <= EAR_LINEAR_SHIFT_MAX;
}

/* Keys in use come first, their fingerprints ascending; the others are 0. */
static bool bucket_fits(const uint8_t *keys)
{
    int32_t before = -1;
    bool ended = false;
    for (uint32_t i = 0; i < EAR_LINEAR_BUCKET; i++) {
        uint16_t key = ear_le16_get(keys + EAR_LINEAR_KEY_BYTES * i);
        if (key == 0) {
            ended = true;
        } else if (ended || (key & 15u) == 0 || (key >> 4) <= before) {
            return false;
        } else {
            before = key >> 4;
        }
    }
    return true;
}

enum ear_err ear_linear_check(const struct ear_pack *pack, uint32_t *at)
{
    struct ear_linear_parts parts;
    *at = 0;
    if (pack->question == EAR_ASK_REDACTION || pack->label_count < 2) {
        return EAR_ERR_SYNTAX; /* this engine does not say where; one label alone is always the best */
    }
    if (!head_fits(pack, at)) {
        return EAR_ERR_SYNTAX;
    }
    ear_linear_parts(pack, &parts);
    const uint64_t key_count = (uint64_t)EAR_LINEAR_BUCKET * parts.buckets;
    const uint64_t whole = EAR_LINEAR_HEAD_BYTES + (uint64_t)parts.row_bytes * pack->label_count +
                           key_count * (EAR_LINEAR_KEY_BYTES + parts.vector_bytes);
    *at = pack->body_bytes;
    if (whole != pack->body_bytes) {
        return EAR_ERR_SYNTAX;
    }
    for (uint32_t i = 0; i < parts.buckets; i++) {
        const uint8_t *bucket = parts.keys + (size_t)EAR_LINEAR_BUCKET_BYTES * i;
        if (!bucket_fits(bucket)) {
            *at = (uint32_t)(bucket - pack->body);
            return EAR_ERR_SYNTAX;
        }
    }
    return EAR_OK;
}
