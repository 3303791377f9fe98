/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "platform/json/ear_answer.h"

static const struct ear_fault fine = {.err = EAR_OK, .key = EAR_EVENT_KEY_COUNT, .allowed = ""};

struct sample {
    struct ear_answer answer;
    const char *json;
    const char *cbor;
    size_t cbor_length;
};
#define CBOR(bytes) bytes, sizeof(bytes) - 1

static const struct sample samples[] = {
    {{.n = 12, .fault = {.key = EAR_EVENT_KEY_COUNT, .allowed = ""}},
     "{\"n\":12,\"ok\":true}\n",
     CBOR("\xa2\x00\x0c\x01\xf5")},
    {{.n = UINT32_MAX, .again = true, .fault = {.key = EAR_EVENT_KEY_COUNT, .allowed = ""}},
     "{\"n\":4294967295,\"ok\":true,\"again\":true}\n",
     CBOR("\xa3\x00\x1a\xff\xff\xff\xff\x01\xf5\x02\xf5")},
    {{.n = 0, .fault = {.key = EAR_EVENT_KEY_COUNT, .allowed = ""}}, "{\"ok\":true}\n", CBOR("\xa1\x01\xf5")},
    {{.n = 13, .fault = {EAR_ERR_RANGE, EAR_EVENT_KEY_score, 41, "a whole number from 1 to 5"}},
     "{\"n\":13,\"ok\":false,\"error\":\"range\",\"field\":\"score\",\"at\":41,"
     "\"allowed\":\"a whole number from 1 to 5\"}\n",
     CBOR("\xa6\x00\x0d\x01\xf4\x03\x22\x04\x15\x05\x18\x29\x06\x78\x1a"
          "a whole number from 1 to 5")},
    {{.n = 14, .fault = {EAR_ERR_MISSING, EAR_EVENT_KEY_version, 0, ""}},
     "{\"n\":14,\"ok\":false,\"error\":\"missing\",\"field\":\"v\"}\n",
     CBOR("\xa4\x00\x0e\x01\xf4\x03\x23\x04\x00")},
    {{.n = 0, .fault = {EAR_ERR_BUSY, EAR_EVENT_KEY_COUNT, 0, "at most \"16\" clients"}},
     "{\"ok\":false,\"error\":\"busy\",\"allowed\":\"at most \\\"16\\\" clients\"}\n",
     CBOR("\xa3\x01\xf4\x03\x2c\x06\x74"
          "at most \"16\" clients")},
};

static void answers_in_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(samples); i++) {
        char out[EAR_ANSWER_BYTES];
        size_t length = strlen(samples[i].json);
        for (size_t capacity = 0; capacity < length; capacity++) {
            assert_int_equal(ear_answer_to_json(&samples[i].answer, out, capacity), EAR_ERR_FULL);
        }
        assert_int_equal(ear_answer_to_json(&samples[i].answer, out, length), length);
        assert_memory_equal(out, samples[i].json, length);
        assert_int_equal(ear_answer_to_json(&samples[i].answer, out, sizeof(out)), length);
        assert_memory_equal(out, samples[i].json, length);
    }
}

static void answers_in_cbor(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(samples); i++) {
        uint8_t out[EAR_ANSWER_BYTES];
        size_t length = samples[i].cbor_length;
        for (size_t capacity = 0; capacity < length; capacity++) {
            assert_int_equal(ear_answer_to_cbor(&samples[i].answer, out, capacity), EAR_ERR_FULL);
        }
        assert_int_equal(ear_answer_to_cbor(&samples[i].answer, out, length), length);
        assert_memory_equal(out, samples[i].cbor, length);
    }
}

/* Every error about every field, with the longest text there is, fits into the room promised. */
static void every_answer_fits(void **state)
{
    (void)state;
    for (int err = EAR_ERR_CONFIG; err < EAR_OK; err++) {
        for (unsigned key = 0; key <= EAR_EVENT_KEY_COUNT; key++) {
            char out[EAR_ANSWER_BYTES];
            struct ear_event event = {.present = 0};
            struct ear_answer answer = {.n = UINT32_MAX, .fault = fine};
            assert_int_equal(ear_event_check(&event, &answer.fault), EAR_ERR_MISSING); /* names all kinds */
            answer.fault.err = (int8_t)err;
            answer.fault.key = (uint8_t)key;
            answer.fault.offset = UINT32_MAX;
            assert_true(ear_answer_to_json(&answer, out, sizeof(out)) > 0);
            assert_true(ear_answer_to_cbor(&answer, (uint8_t *)out, sizeof(out)) > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_json),
        cmocka_unit_test(answers_in_cbor),
        cmocka_unit_test(every_answer_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
