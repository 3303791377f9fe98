/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_answer.h - what a client is told about an event that it sent. Pure.
 *   JSON  {"n":12,"ok":true}                 counted
 *         {"n":12,"ok":true,"again":true}    its id came lately: acknowledged, not counted twice
 *         {"n":13,"ok":false,"error":"range","field":"score","at":41,"allowed":"a whole number from 1 to 5"}
 *   CBOR  the same as a map with integer keys: 0 n, 1 ok, 2 again, 3 error (enum ear_err, negative), 4 field (its key),
 *         5 at, 6 allowed. */
#ifndef EAR_ANSWER_H
#define EAR_ANSWER_H

#include "core/hear/ear_event.h"

/** Room that every answer fits in. */
#define EAR_ANSWER_BYTES 512u

struct ear_answer {
    uint32_t
        n; /* number of the event on its connection, counted from 1; 0: about the connection as a whole, not said */
    bool again;             /* with fault.err == EAR_OK */
    struct ear_fault fault; /* err == EAR_OK: taken */
};

/** One line with its '\n', not terminated. Bytes written, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_answer_to_json(const struct ear_answer *answer, char *out, size_t capacity);

/** One CBOR map, deterministic. Bytes written, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_answer_to_cbor(const struct ear_answer *answer, uint8_t *out, size_t capacity);

#endif
