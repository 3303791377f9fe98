/* SPDX-License-Identifier: Apache-2.0 */
/* tests/proof/cbor_reader.h - stands for TinyCBOR's cbor.h and parser in proofs: any reader that keeps their contract.
 * Every call may fail where TinyCBOR's may, and items are of any type, size and value; no bytes are decoded. What it
 * keeps: it never passes the end of the bytes, an item takes at least one of them, a container ends only with its items
 * or, of unknown length, with a break, and a string lies within the bytes. What callers owe the parser is asserted.
 * Containers say that they hold up to 254 items. */
#ifndef CBOR_READER_H
#define CBOR_READER_H
#define CBOR_H /* TinyCBOR's stays out */

#include "tests/proof/proof.h"

typedef enum {
    CborNoError,
    CborErrorUnexpectedEOF,
    CborErrorDataTooLarge,
    CborErrorNestingTooDeep,
    CborErrorOther
} CborError;
enum reader_type {
    READER_INTEGER,
    READER_TEXT,
    READER_BYTES,
    READER_ARRAY,
    READER_MAP,
    READER_TAG,
    READER_BOOL,
    READER_NULL,
    READER_OTHER,
    READER_NONE
};
#define READER_UNKNOWN UINT8_MAX /* items of a container that ends with a break */

typedef struct {
    uint8_t at;
} ReaderPlace;
typedef struct {
    ReaderPlace source;
    uint8_t remaining; /* items of the container, with this one */
    uint8_t type;      /* enum reader_type */
    bool is_unknown;   /* container or string: its length is; at the end of a container: a break is to be passed */
    bool is_negative;
    bool in_map, is_second; /* is_second: a key was passed, its value not yet */
    bool is_cut; /* a string: it does not end within the bytes, so that every call that has to pass it fails */
    bool in_string;
} CborValue;
typedef struct {
    uint8_t unused;
} CborParser;

static const uint8_t *reader_bytes;
static uint8_t reader_length;

/* Nothing is known of the item after an error, but that the place is within the bytes. */
static inline CborError reader_fail(CborValue *it)
{
    const uint8_t at = nondet_u8(), err = nondet_u8();
    __CPROVER_assume(at >= it->source.at && at <= reader_length && err > CborNoError && err <= CborErrorOther);
    it->source.at = at;
    it->type = READER_NONE;
    return (CborError)err;
}

/* Go forward by at least one byte; there is one. */
static inline void reader_step(CborValue *it)
{
    const uint8_t at = nondet_u8();
    assert(it->source.at < reader_length);
    __CPROVER_assume(at > it->source.at && at <= reader_length);
    it->source.at = at;
}

/* What comes at the place. No break between a key and its value, nor after a tag. */
static inline CborError reader_look(CborValue *it)
{
    const bool may_end = it->remaining == READER_UNKNOWN && it->type != READER_TAG && !(it->in_map && it->is_second);
    if (it->source.at == reader_length || nondet_bool()) {
        return reader_fail(it);
    }
    it->is_unknown = nondet_bool();
    it->is_negative = nondet_bool();
    it->is_cut = nondet_bool();
    it->in_string = false;
    it->type = nondet_u8();
    __CPROVER_assume(it->type < READER_NONE);
    if (may_end && nondet_bool()) {
        it->type = READER_NONE;
        it->remaining = 0;
        it->is_unknown = true;
    }
    return CborNoError;
}

/* An item is passed: a tag is none of those that the container counts. */
static inline CborError reader_next(CborValue *it)
{
    if (it->type != READER_TAG) {
        it->is_second = !it->is_second;
        it->remaining = it->remaining == READER_UNKNOWN ? it->remaining : (uint8_t)(it->remaining - 1);
    }
    if (it->remaining == 0) {
        it->type = READER_NONE;
        it->is_unknown = false;
        return CborNoError;
    }
    return reader_look(it);
}

static inline bool cbor_value_at_end(const CborValue *it)
{
    return it->remaining == 0;
}
static inline const uint8_t *cbor_value_get_next_byte(const CborValue *it)
{
    return reader_bytes + it->source.at;
}
static inline bool cbor_value_is_tag(const CborValue *it)
{
    return it->type == READER_TAG;
}
static inline bool cbor_value_is_null(const CborValue *it)
{
    return it->type == READER_NULL;
}
static inline bool cbor_value_is_boolean(const CborValue *it)
{
    return it->type == READER_BOOL;
}
static inline bool cbor_value_is_integer(const CborValue *it)
{
    return it->type == READER_INTEGER;
}
static inline bool cbor_value_is_text_string(const CborValue *it)
{
    return it->type == READER_TEXT;
}
static inline bool cbor_value_is_map(const CborValue *it)
{
    return it->type == READER_MAP;
}
static inline bool cbor_value_is_length_known(const CborValue *it)
{
    return !it->is_unknown;
}
static inline bool cbor_value_is_container(const CborValue *it)
{
    return it->type == READER_ARRAY || it->type == READER_MAP;
}
static inline bool cbor_value_is_unsigned_integer(const CborValue *it)
{
    return it->type == READER_INTEGER && !it->is_negative;
}

static inline CborError cbor_value_get_uint64(const CborValue *it, uint64_t *number)
{
    assert(cbor_value_is_unsigned_integer(it));
    *number = nondet_u64();
    return CborNoError;
}

static inline CborError cbor_value_get_boolean(const CborValue *it, bool *truth)
{
    assert(cbor_value_is_boolean(it));
    *truth = nondet_bool();
    return CborNoError;
}

static inline CborError cbor_parser_init(const uint8_t *bytes, size_t size, uint32_t flags, CborParser *parser,
                                         CborValue *it)
{
    (void)parser;
    assert(flags == 0 && size < UINT8_MAX && __CPROVER_r_ok(bytes, size));
    reader_bytes = bytes;
    reader_length = (uint8_t)size;
    *it = (CborValue){.remaining = 1, .type = READER_NONE};
    return reader_look(it);
}

static inline CborError cbor_value_advance(CborValue *it)
{
    assert(it->remaining > 0 && it->type != READER_NONE);
    assert(!cbor_value_is_container(it)); /* TinyCBOR would recurse */
    if (it->is_cut) {
        return reader_fail(it);
    }
    reader_step(it);
    return reader_next(it);
}

static inline CborError cbor_value_enter_container(const CborValue *it, CborValue *inner)
{
    assert(it->remaining > 0 && cbor_value_is_container(it));
    *inner = (CborValue){.source = it->source, .in_map = cbor_value_is_map(it), .type = READER_NONE};
    if (nondet_bool()) {
        return reader_fail(inner);
    }
    reader_step(inner);
    inner->remaining = it->is_unknown ? READER_UNKNOWN : nondet_u8();
    __CPROVER_assume(it->is_unknown || inner->remaining != READER_UNKNOWN);
    __CPROVER_assume(it->is_unknown || !inner->in_map || inner->remaining % 2 == 0);
    return inner->remaining == 0 ? CborNoError : reader_look(inner);
}

static inline CborError cbor_value_leave_container(CborValue *it, const CborValue *inner)
{
    assert(cbor_value_is_container(it) && inner->remaining == 0 && inner->type == READER_NONE);
    it->source.at = (uint8_t)(inner->source.at + (inner->is_unknown ? 1 : 0));
    return reader_next(it);
}

static inline CborError cbor_value_begin_string_iteration(CborValue *it)
{
    assert(cbor_value_is_text_string(it) && !it->in_string);
    it->in_string = true;
    return CborNoError; /* fails only for what is no string */
}

static inline CborError cbor_value_get_text_string_chunk(const CborValue *it, const char **text, size_t *length,
                                                         CborValue *next)
{
    assert(cbor_value_is_text_string(it) && it->in_string);
    *next = *it;
    if (it->is_cut) {
        return reader_fail(next);
    }
    reader_step(next);
    *text = (const char *)reader_bytes + next->source.at;
    *length = any_up_to((size_t)(reader_length - next->source.at));
    return CborNoError;
}

/* The writer is proven in proof_encoder.c. */
typedef struct {
    uint8_t unused;
} CborEncoder;
void cbor_encoder_init(CborEncoder *encoder, uint8_t *bytes, size_t size, int flags);
CborError cbor_encoder_create_map(CborEncoder *encoder, CborEncoder *map, size_t length);
CborError cbor_encoder_close_container(CborEncoder *encoder, const CborEncoder *map);
CborError cbor_encode_uint(CborEncoder *encoder, uint64_t value);
CborError cbor_encode_boolean(CborEncoder *encoder, bool value);
CborError cbor_encode_text_string(CborEncoder *encoder, const char *text, size_t length);
size_t cbor_encoder_get_buffer_size(const CborEncoder *encoder, const uint8_t *bytes);

#endif
