/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_records_page.c - see the header. */
#include "platform/linux/socket/ear_records_page.h"

#include "platform/json/ear_query_json.h"
#include "platform/linux/system/ear_forget.h"

#include <assert.h>

#define PAGE_BYTES 4096 /* as JSON it fits into EAR_STREAM_ASK_BYTES */
static_assert(PAGE_BYTES >= EAR_QUERY_PAGE_BYTES, "a record fits into a page");

__attribute__((noinline)) static int32_t write_page(struct ear_agent *agent, struct ear_str question, char *out,
                                                    size_t capacity)
{
    uint8_t request[EAR_QUERY_BYTES], reply[PAGE_BYTES];
    struct ear_json_out json = {.bytes = out, .capacity = capacity};
    struct ear_fault fault;
    int32_t length = ear_query_from_json(question.bytes, question.length, request, sizeof request, &fault);
    if (length < 0) {
        length = ear_agent_refuse_request(agent, &fault, reply, sizeof reply);
    } else {
        length = ear_agent_ask(agent, request, (size_t)length, reply, sizeof reply);
    }
    bool whole = ear_query_to_json(reply, (size_t)length, &json);
    assert(whole);
    (void)whole;
    ear_json_out_raw(&json, "\n");
    return ear_json_out_length(&json);
}

int32_t ear_records_page_write(struct ear_agent *agent, struct ear_str question, char *out, size_t capacity)
{
    int32_t length = write_page(agent, question, out, capacity);
    ear_forget_stack(); /* questions and answers may hold what was said */
    return length;
}
