/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_control.c - any lines on the control socket, pieces of packs as base64 among them: each is answered
 * by one line, a JSON object that says whether it was right and, if not, what is allowed; and the lists stay whole. */
#include <string.h>
#include <yyjson.h>

#include "platform/linux/socket/ear_control.h"
#include "tests/fuzz/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(uint32_t n, const char *answer, size_t length)
{
    check(length > 0 && length <= EAR_CONTROL_ANSWER_BYTES && answer[length - 1] == '\n');
    check(memchr(answer, '\n', length - 1) == NULL);
    yyjson_doc *doc = yyjson_read(answer, length, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *ok = yyjson_obj_get(root, "ok");
    check(yyjson_get_uint(yyjson_obj_get(root, "n")) == n && yyjson_is_bool(ok));
    if (!yyjson_get_bool(ok)) {
        check(yyjson_get_len(yyjson_obj_get(root, "error")) > 0);
        check(yyjson_is_str(yyjson_obj_get(root, "allowed")));
    }
    yyjson_doc_free(doc);
}

static void answer_line(struct ear_agent *agent, uint32_t n, const char *line, size_t length)
{
    static char answer[EAR_CONTROL_ANSWER_BYTES];
    check_answer(n, answer, ear_control_answer(agent, n, line, length, answer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char list[] = "{\"do\":\"list\"}", where[] = "{\"do\":\"where\"}";
    struct ear_agent *agent = device_new();
    uint32_t n = 1;
    for (const uint8_t *end = data + size; data < end; n++) {
        const uint8_t *line_end = memchr(data, '\n', (size_t)(end - data));
        const size_t length = (size_t)((line_end != NULL ? line_end : end) - data);
        answer_line(agent, n, (const char *)data, length);
        data += length + (line_end != NULL);
    }
    answer_line(agent, n, list, sizeof list - 1);
    answer_line(agent, n + 1, where, sizeof where - 1);
    return 0;
}
