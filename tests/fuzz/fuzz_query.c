/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_query.c - libFuzzer target: any bytes as a request, as an answer, as a question in JSON and as a text
 * to redact. What is taken is answered, every answer is JSON, and what was redacted holds none of what was marked. */
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/judge/ear_redact.h"
#include "platform/json/ear_query_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct ear_records records;
static struct ear_labels labels;
static char json[65536];

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void fill_ring(void)
{
    static struct ear_conversation conversation;
    bool is_new = false;
    ear_label_init(&labels);
    for (uint64_t id = 1; id <= 9; id++) {
        conversation.id = id;
        conversation.start_ms = (int64_t)id * 1000;
        struct ear_conversation_record *record = ear_records_take(&records, &conversation, &is_new);
        record->user = id / 2;
        record->csat_count = (uint16_t)(id % 3);
        record->csat_sum = (uint32_t)id % 3 * 4;
        record->status = (uint8_t)(id % 6);
        memcpy(record->question, "Caf\xC3\xA9?", 6);
        record->question_length = 6;
    }
}

static void to_json(const uint8_t *bytes, size_t length, bool is_ours)
{
    struct ear_json_out out = {.bytes = json, .capacity = sizeof json};
    const bool whole = ear_query_to_json(bytes, length, &out);
    check(out.length <= sizeof json && (whole || !is_ours));
    check(!is_ours || ear_json_out_length(&out) > 0);
}

static void answer(const uint8_t *bytes, size_t length)
{
    static uint8_t out[EAR_QUERY_PAGE_BYTES];
    const struct ear_query_source source = {&records, &labels, (uint8_t)(length % 3), (uint32_t)length % 7};
    struct ear_query query;
    struct ear_fault fault;
    uint8_t withheld = 0;
    int32_t written;
    if (ear_query_decode(&query, bytes, length, &fault) == EAR_OK) {
        written = ear_query_answer(&query, &source, out, sizeof out, &withheld);
    } else {
        written = ear_query_refuse(&query, &fault, out, sizeof out);
    }
    check(written > 0 && (size_t)written <= sizeof out);
    to_json(out, (size_t)written, true);
}

/* The input's first bytes mark spans in the rest. Nothing of a marked byte comes out: marked bytes are X, and only
 * they. */
static void redact(const uint8_t *bytes, size_t length)
{
    static char text[EAR_TEXT_BYTES];
    char out[EAR_RECORD_TEXT_BYTES];
    struct ear_judgement judgement = {.redacted = true};
    const size_t count = length < 8 ? 0 : length - 8;
    const size_t used = count < sizeof text ? count : sizeof text;
    for (size_t i = 0; i < used; i++) {
        text[i] = bytes[8 + i] == 'X' ? 'x' : (char)bytes[8 + i];
    }
    for (unsigned i = 0; i < 4 && used > 0; i++) {
        const uint16_t start = (uint16_t)(bytes[2 * i] % used);
        const size_t left = used - start;
        const uint16_t size = (uint16_t)(1 + bytes[2 * i + 1] % left);
        judgement.extra[judgement.extra_count++].verdict =
            (struct ear_verdict){.question = EAR_ASK_REDACTION,
                                 .label = (uint16_t)(i % EAR_PERSONAL_COUNT),
                                 .span_start = start,
                                 .span_length = size};
        memset(text + start, 'X', size);
    }
    const size_t valid = ear_utf8_validate(text, used);
    const int32_t written = ear_redact(&judgement, (struct ear_str){text, (uint16_t)valid}, out, sizeof out);
    check(written >= 0 && (size_t)written <= sizeof out);
    check(memchr(out, 'X', (size_t)written) == NULL);
    check(ear_utf8_validate(out, (size_t)written) == (size_t)written);
    (void)ear_redact_contains((struct ear_str){out, (uint16_t)written}, (struct ear_str){text, (uint16_t)valid});
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static uint8_t request[EAR_QUERY_BYTES];
    struct ear_fault fault;
    if (records.newest == 0) {
        fill_ring();
    }
    answer(bytes, length);
    to_json(bytes, length, false);
    const int32_t asked = ear_query_from_json((const char *)bytes, length, request, sizeof request, &fault);
    check(asked > 0 || fault.err == asked);
    if (asked > 0) {
        answer(request, (size_t)asked);
    }
    redact(bytes, length);
    return 0;
}
