/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_query_json.h - questions about single conversations and their answers, between JSON and the CBOR of
 * core/tell/ear_query.h. Pure. Names are those of ear_query.def:
 *   {"ask":"records","status":"routed","reason":"low_confidence"}
 *   {"v":1,"id":"7","policy":"none","matched":1,"withheld":"text","records":[{"serial":12,"status":"routed",...}]} */
#ifndef EAR_QUERY_JSON_H
#define EAR_QUERY_JSON_H

#include "core/tell/ear_query.h"
#include "platform/json/ear_json_out.h"

/** A longer question is refused. */
#define EAR_QUERY_JSON_BYTES 2048u

/** A question, one JSON object, as a request: bytes written. Members that are null are left out; names that
 * ear_query.def does not know are refused, so that a filter with a typing error does not find everything.
 * EAR_ERR_SYNTAX, _TYPE, _UNKNOWN, _TOO_LONG, _RANGE: *fault says what is allowed (key: enum ear_query_key). */
EAR_MUST_USE int32_t ear_query_from_json(const char *bytes, size_t length, uint8_t *out, size_t capacity,
                                         struct ear_fault *fault);

/** An answer, as ear_query_answer and ear_query_refuse make them, as one JSON object without line end. False if it is
 * none; what was written then means nothing. Fields that are not known here are left out. */
EAR_MUST_USE bool ear_query_to_json(const uint8_t *bytes, size_t length, struct ear_json_out *out);

#endif
