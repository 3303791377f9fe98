/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_delivery_request.h - a piece of a pack, a firmware image or a native plugin on its way to the device:
 * the request, on the topic `cmd` or over a serial line, and its answer. Pure. The bytes are SPEC.md's and
 * query.cddl's. */
#ifndef EAR_DELIVERY_REQUEST_H
#define EAR_DELIVERY_REQUEST_H

#include "core/hear/ear_event.h"

#define EAR_DELIVERY_TAG_BYTES 8u
#define EAR_DELIVERY_NAME_BYTES 23u

/** The longest request whose piece is not longer than EAR_DELIVERY_PIECE_BYTES. */
#define EAR_DELIVERY_BYTES (EAR_DELIVERY_PIECE_BYTES + EAR_DELIVERY_NAME_BYTES + 96)

/** What is coming. The numbers are on the wire. */
enum ear_delivery_kind { EAR_DELIVERY_PACK = 0, EAR_DELIVERY_IMAGE = 1, EAR_DELIVERY_PLUGIN = 2, EAR_DELIVERY_KINDS };

/** How far it has come. On the wire, and names for JSON in ear_query.def. */
enum ear_delivery_state {
    EAR_DELIVERY_COMING = 0,
    EAR_DELIVERY_AT_WORK = 1,
    EAR_DELIVERY_AFTER_RESTART = 2, /* all there and right; at work when the device starts the next time */
};

/** Keys of a request; 0 to 2 are those of ear_query.def. */
enum ear_delivery_key {
    EAR_DELIVERY_KEY_KIND = 20,
    EAR_DELIVERY_KEY_NAME = 21,
    EAR_DELIVERY_KEY_BYTES = 22, /* of the whole */
    EAR_DELIVERY_KEY_TAG = 23,   /* the first bytes of the whole's SHA-256: tells it from another of the same name */
    EAR_DELIVERY_KEY_AT = 24,    /* where the piece belongs */
    EAR_DELIVERY_KEY_PIECE = 25, /* ? absent: how far has it come? */
};

/** Points into the bytes it was decoded from. */
struct ear_delivery_request {
    struct ear_str id;
    const uint8_t *tag;
    const uint8_t *piece; /* NULL: only asks */
    uint32_t piece_bytes;
    uint32_t bytes, at;
    uint8_t kind; /* enum ear_delivery_kind */
    char name[EAR_DELIVERY_NAME_BYTES + 1];
};

struct ear_delivery_answer {
    enum ear_err err; /* EAR_OK, or why it was not taken; what was coming is then given up */
    const char *why;  /* with err */
    uint32_t written; /* so many bytes of it are there: the next piece begins here */
    uint8_t state;    /* enum ear_delivery_state */
};

/** Whether this request is one of these, be it right or not. */
bool ear_delivery_is_request(const uint8_t *bytes, size_t length);

/** Decode. Definite lengths, shortest heads, keys in any order; unknown ones are passed over. EAR_ERR_SYNTAX, _MISSING,
 * _RANGE, _TOO_LONG (of the name or the piece): *why says what is meant. id is set where it could be read. */
EAR_MUST_USE enum ear_err ear_delivery_decode(struct ear_delivery_request *request, const uint8_t *bytes, size_t length,
                                              const char **why);

/** Encode the answer: bytes written. capacity is at least EAR_DELIVERY_ANSWER_BYTES. */
#define EAR_DELIVERY_ANSWER_BYTES 192u
int32_t ear_delivery_reply(const struct ear_delivery_request *request, const struct ear_delivery_answer *answer,
                           uint8_t *out, size_t capacity);

#endif
