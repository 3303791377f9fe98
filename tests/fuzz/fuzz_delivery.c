/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_delivery.c - any requests that deliver packs and images: what is taken lies within the request and
 * within what was announced, what comes over the network is answered as what comes at the device, and every answer is
 * whole. An input is requests one after the other, each after its length (u16, little-endian). */
#include <string.h>

#include "core/ear_agent_parts.h"
#include "core/model/ear_cbor.h"
#include "core/tell/ear_query.h"
#include "tests/fuzz/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("_-.+", c) != NULL;
}

static void check_within(const uint8_t *bytes, size_t length, const void *part, size_t part_length)
{
    const uint8_t *at = part;
    check(at >= bytes && part_length <= length && at <= bytes + length - part_length);
}

static void check_decoded(const uint8_t *bytes, size_t length)
{
    struct ear_delivery_request request;
    const char *why = NULL;
    const enum ear_err err = ear_delivery_decode(&request, bytes, length, &why);
    if (request.id.length > 0) {
        check_within(bytes, length, request.id.bytes, request.id.length);
    }
    if (err != EAR_OK) {
        check(why != NULL && why[0] != '\0');
        return;
    }
    check(request.kind < EAR_DELIVERY_KINDS && request.bytes > 0 && request.piece_bytes <= EAR_DELIVERY_PIECE_BYTES);
    check((uint64_t)request.at + request.piece_bytes <= request.bytes);
    check_within(bytes, length, request.tag, EAR_DELIVERY_TAG_BYTES);
    check(request.piece_bytes == 0 || request.piece != NULL);
    if (request.piece != NULL) {
        check_within(bytes, length, request.piece, request.piece_bytes);
    }
    check(request.name[0] != '\0');
    for (const char *c = request.name; *c != '\0'; c++) {
        check(is_letter(*c));
    }
}

static void check_answer(const uint8_t *answer, int32_t length)
{
    struct ear_cbor in = {.bytes = answer, .length = (uint32_t)length};
    check(length > 0 && length <= (int32_t)EAR_DELIVERY_ANSWER_BYTES);
    check(ear_cbor_skip(&in) && in.at == (uint32_t)length);
}

static void deliver(struct ear_agent *agent, const uint8_t *bytes, size_t length, bool local)
{
    uint8_t answer[EAR_DELIVERY_ANSWER_BYTES];
    check_decoded(bytes, length);
    check_answer(answer, ear_agent_deliver(agent, bytes, length, local, answer, sizeof answer));
    if (ear_delivery_is_request(bytes, length)) { /* the way in that tells it from a question */
        static uint8_t page[EAR_QUERY_PAGE_BYTES];
        check_answer(page, ear_agent_ask(agent, bytes, length, page, sizeof page));
        ear_agent_on_cmd(agent, bytes, length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ear_agent *agent = device_new();
    for (unsigned i = 0; size > 2 && i < 60; i++) {
        const size_t said = (size_t)(data[0] | data[1] << 8);
        const size_t length = said < size - 2 ? said : size - 2;
        deliver(agent, data + 2, length, i % 2 == 0);
        data += 2 + length;
        size -= 2 + length;
    }
    return 0;
}
