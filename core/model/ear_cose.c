/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_cose.c - 18([protected, unprotected, payload, signature]), RFC 9052 4.2. */
#include "core/model/ear_cose.h"

#include <string.h>

#include "core/model/ear_cbor.h"

#define TAG 18u
#define FIRST_BYTE 0xd2u    /* that tag */
#define PROTECTED_BYTES 40u /* longest, so that what is signed has room in head */
#define ES256 6u            /* -7, as -1 - 6 */

/* Labels of header parameters (RFC 9052 3.1). */
enum { LABEL_ALGORITHM = 1, LABEL_CRITICAL = 2, LABEL_KEY_ID = 4 };

bool ear_cose_is(const uint8_t *bytes, uint32_t length)
{
    return length > 0 && bytes[0] == FIRST_BYTE;
}

/* The next label of a header map: one of ours, or 0 for any other. */
static bool read_label(struct ear_cbor *in, uint64_t *label)
{
    if (ear_cbor_uint(in, UINT64_MAX, label)) {
        return true;
    }
    *label = 0;
    return ear_cbor_skip(in);
}

/* The algorithm must be named once, and be ES256; a header that must be understood, and is none of ours, refuses all.
 */
static enum ear_err read_protected(const uint8_t *bytes, uint32_t length)
{
    struct ear_cbor in = {.bytes = bytes, .length = length};
    uint64_t entries = 0;
    bool known = false;
    if (length > 0 && !ear_cbor_count(&in, EAR_CBOR_MAP, &entries)) {
        return EAR_ERR_SYNTAX;
    }
    for (; entries > 0; entries--) {
        uint64_t label;
        uint8_t major;
        uint64_t value;
        if (!read_label(&in, &label) || (known && label == LABEL_ALGORITHM)) {
            return EAR_ERR_SYNTAX;
        }
        if (label == LABEL_CRITICAL) {
            return EAR_ERR_UNKNOWN;
        }
        if (label != LABEL_ALGORITHM) {
            if (!ear_cbor_skip(&in)) {
                return EAR_ERR_SYNTAX;
            }
            continue;
        }
        if (!ear_cbor_head(&in, &major, &value)) {
            return EAR_ERR_SYNTAX;
        }
        if (major != EAR_CBOR_NEGATIVE || value != ES256) {
            return EAR_ERR_UNKNOWN;
        }
        known = true;
    }
    if (in.at != length) {
        return EAR_ERR_SYNTAX;
    }
    return known ? EAR_OK : EAR_ERR_UNKNOWN;
}

/* What must be protected must not be here. */
static enum ear_err read_unprotected(struct ear_cbor *in, struct ear_cose *cose)
{
    uint64_t entries;
    if (!ear_cbor_count(in, EAR_CBOR_MAP, &entries)) {
        return EAR_ERR_SYNTAX;
    }
    for (; entries > 0; entries--) {
        uint64_t label;
        uint32_t length;
        if (!read_label(in, &label) || label == LABEL_ALGORITHM || label == LABEL_CRITICAL) {
            return EAR_ERR_SYNTAX;
        }
        if (label != LABEL_KEY_ID) {
            if (!ear_cbor_skip(in)) {
                return EAR_ERR_SYNTAX;
            }
            continue;
        }
        if (cose->key_id != NULL || !ear_cbor_string(in, EAR_CBOR_BYTES, &cose->key_id, &length)) {
            return EAR_ERR_SYNTAX;
        }
        if (length > EAR_COSE_KEY_ID_BYTES) {
            return EAR_ERR_TOO_LONG;
        }
        cose->key_id_bytes = (uint16_t)length;
    }
    return EAR_OK;
}

static uint16_t put_bytes_head(uint8_t *out, uint32_t length)
{
    const unsigned size = length < 24 ? 0 : length <= UINT8_MAX ? 1 : length <= UINT16_MAX ? 2 : 4;
    out[0] = (uint8_t)(0x40u | (size == 0 ? length : size == 1 ? 24u : size == 2 ? 25u : 26u));
    for (unsigned i = 1; i <= size; i++) {
        out[i] = (uint8_t)(length >> 8 * (size - i));
    }
    return (uint16_t)(1 + size);
}

/* Sig_structure = ["Signature1", protected, h'', payload], up to the payload's bytes. */
static void build_head(struct ear_cose *cose, const uint8_t *headers, uint32_t length)
{
    static const uint8_t opening[] = {0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1'};
    uint8_t *head = cose->head;
    uint16_t at = sizeof opening;
    memcpy(head, opening, sizeof opening);
    at = (uint16_t)(at + put_bytes_head(head + at, length));
    memcpy(head + at, headers, length);
    at = (uint16_t)(at + length);
    at = (uint16_t)(at + put_bytes_head(head + at, 0));
    at = (uint16_t)(at + put_bytes_head(head + at, cose->payload_bytes));
    cose->head_bytes = at;
}

enum ear_err ear_cose_read(const uint8_t *bytes, uint32_t length, struct ear_cose *cose)
{
    struct ear_cbor in = {.bytes = bytes, .length = length, .at = 1};
    const uint8_t *headers;
    uint32_t header_bytes;
    uint32_t signature_bytes;
    uint64_t members;
    *cose = (struct ear_cose){0};
    if (!ear_cose_is(bytes, length) || !ear_cbor_count(&in, EAR_CBOR_ARRAY, &members) || members != 4 ||
        !ear_cbor_string(&in, EAR_CBOR_BYTES, &headers, &header_bytes)) {
        return EAR_ERR_SYNTAX;
    }
    enum ear_err err = header_bytes > PROTECTED_BYTES ? EAR_ERR_TOO_LONG : read_protected(headers, header_bytes);
    if (err == EAR_OK) {
        err = read_unprotected(&in, cose);
    }
    if (err != EAR_OK) {
        return err;
    }
    if (!ear_cbor_string(&in, EAR_CBOR_BYTES, &cose->payload, &cose->payload_bytes) ||
        !ear_cbor_string(&in, EAR_CBOR_BYTES, &cose->signature, &signature_bytes) ||
        signature_bytes != EAR_COSE_SIGNATURE_BYTES || in.at != length) {
        return EAR_ERR_SYNTAX;
    }
    build_head(cose, headers, header_bytes);
    return EAR_OK;
}
