/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_native.c - a native plugin's process that answers anything, seen from the agent: what it says of
 * itself and what it answers is copied once and checked, verdicts keep the contract, texts can be printed, and the host
 * goes on. The process is not one: ear_native_helper.c's functions are these. An input is
 *
 *   0 u8  bits: 0 the process cannot be started at first, 1 it redacts
 *   1 patches of what it says of itself, then a turn after the other, each a u8 (see await) and patches of the
 * response: u8 count, and of each u16 where (little-endian), u8 length, bytes */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/linux/native/ear_native_parts.h"
#include "platform/linux/native/ear_native_reason.h"
#include "tests/fuzz/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *coming;
static size_t left;
static uint8_t flags;
static struct ear_native_request request;
static struct ear_native_response response;
static struct ear_host host;

static uint8_t next(void)
{
    return left > 0 ? (left--, *coming++) : 0;
}

/* ---- the process ---- */

static void patch(void *bytes, size_t size)
{
    for (uint8_t count = next() % 16; count > 0; count--) {
        const size_t low = next(), at = (low | (size_t)next() << 8) % size;
        const size_t length = next(), most = size - at < left ? size - at : left;
        const size_t taken = length < most ? length : most;
        memcpy((uint8_t *)bytes + at, coming, taken);
        coming += taken;
        left -= taken;
    }
}

void ear_native_helper_init(struct ear_native_helper *helper, uint32_t spin_ns)
{
    *helper = (struct ear_native_helper){.channel = -1, .spin_ns = spin_ns};
}

bool ear_native_helper_start(struct ear_native_helper *helper, const struct ear_native_start *start)
{
    check(start->file[0] != '\0');
    if ((flags & 1) != 0) {
        flags &= 0xfe;
        (void)snprintf(helper->why, sizeof helper->why, "no memory: none");
        return false;
    }
    helper->pid = INT_MAX;
    helper->request = &request;
    helper->response = &response;
    return true;
}

enum ear_native_ready ear_native_helper_ready(struct ear_native_helper *helper, int timeout_ms)
{
    check(timeout_ms >= 0 && helper->response != NULL);
    switch (next() % 8) {
    case 1:
        ear_native_reason_unloadable(&response, helper->why, sizeof helper->why);
        ear_native_helper_stop(helper);
        return EAR_NATIVE_FAILED;
    case 2:
        return EAR_NATIVE_NOT_YET;
    default:
        return EAR_NATIVE_READY;
    }
}

void ear_native_helper_post(struct ear_native_helper *helper)
{
    check(helper->request == &request && request.text_length <= EAR_TEXT_BYTES && request.token_count <= EAR_TOKENS);
}

/* Its answer: 7 it ends instead; else so many verdicts, with patches. */
bool ear_native_helper_await(struct ear_native_helper *helper, uint32_t budget_us, uint32_t deadline_ms)
{
    const uint8_t how = next() % 8;
    check(helper->response == &response && deadline_ms > 0);
    (void)budget_us;
    if (how == 7) {
        ear_native_reason_ended((int)(next() | (unsigned)next() << 8), next(), helper->why, sizeof helper->why);
        ear_native_helper_stop(helper);
        return false;
    }
    response.result = 0;
    response.count = how;
    for (unsigned i = 0; i < EAR_VERDICTS; i++) {
        response.verdicts[i] = (struct ear_verdict){.question = (flags & 2) != 0 ? EAR_ASK_REDACTION : EAR_ASK_TAG};
    }
    patch(&response, offsetof(struct ear_native_response, error));
    return true;
}

void ear_native_helper_stop(struct ear_native_helper *helper)
{
    helper->pid = 0;
    helper->request = NULL;
    helper->response = NULL;
}

/* ---- the agent ---- */

static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static void describe(void)
{
    struct ear_native_descriptor *about = &response.descriptor;
    memset(&response, 0, sizeof response);
    *about =
        (struct ear_native_descriptor){.abi_major = EAR_PLUGIN_ABI_MAJOR,
                                       .abi_minor = EAR_PLUGIN_ABI_MINOR,
                                       .struct_size = sizeof(struct ear_plugin),
                                       .questions = EAR_ASK_BIT((flags & 2) != 0 ? EAR_ASK_REDACTION : EAR_ASK_TAG),
                                       .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                       .budget_us = 1000,
                                       .state_size = 8,
                                       .label_count = (flags & 2) != 0 ? 0 : 2,
                                       .has_on_turn = 1,
                                       .has_labels = 1,
                                       .has_name = 1,
                                       .has_version = 1,
                                       .name = "fuzzed",
                                       .version = "1",
                                       .labels = {"one", "two"}};
    patch(about, sizeof *about);
}

static void check_texts(struct ear_native *native)
{
    const struct ear_native_about about = ear_native_about(native, 0);
    const char *const texts[] = {about.name, about.version, about.state, about.reason};
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i++) {
        for (const char *c = texts[i]; *c != '\0'; c++) {
            check(*c >= ' ' && *c <= '~');
        }
    }
    check(about.faults <= about.starts + host.plugins[0].meter.calls);
}

static void check_judgement(const struct ear_judgement *judgement, uint16_t text_length)
{
    check(judgement->extra_count <= EAR_VERDICTS && (judgement->answered & ~0x1ffu) == 0);
    for (uint16_t i = 0; i < judgement->extra_count; i++) {
        const struct ear_verdict *verdict = &judgement->extra[i].verdict;
        const struct ear_plugin *plugin = &host.plugins[judgement->extra[i].plugin].plugin;
        check(judgement->extra[i].plugin < host.count && (plugin->questions >> verdict->question & 1) != 0);
        check(verdict->span_start + verdict->span_length <= text_length);
        if (verdict->question == EAR_ASK_TAG) {
            check(verdict->label < plugin->label_count);
            check(ear_host_label(&host, judgement->extra[i].plugin, verdict->label)[0] != '\0');
        }
    }
    for (unsigned q = 0; q < EAR_ASK_COUNT; q++) {
        check((judgement->answered >> q & 1) == 0 || judgement->by[q].plugin < host.count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ear_native_config config = {.file = "/fuzzed.so", .deadline_ms = 10, .rest_ms = 1};
    static const struct ear_log log = {0};
    static const char text[] = "my order is late";
    const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};
    uint64_t state[(EAR_PLUGIN_STATE_BYTES + 7) / 8] = {0};
    if (size < 2) {
        return 0;
    }
    flags = data[0];
    coming = data + 1;
    left = size - 1;
    describe();
    ear_host_init(&host, NULL, 0, &ticks);
    struct ear_native *native = ear_native_open(&config, &log);
    check(native != NULL && ear_native_count(native) == 1);
    ear_native_add(native, &host);
    for (uint16_t turns = 0; left > 0 && turns < 40; turns++) {
        struct ear_judgement judgement;
        const struct ear_turn turn = {.struct_size = sizeof turn,
                                      .from = EAR_FROM_USER,
                                      .turn_index = turns,
                                      .text_length = sizeof text - 1,
                                      .text = text};
        const size_t before = left;
        ear_host_judge(&host, state, &turn, &judgement);
        check_judgement(&judgement, sizeof text - 1);
        check_texts(native);
        if (left == before && host.count > 0) {
            ear_host_release(&host, 0); /* else nobody asks it any more */
            (void)next();
        }
    }
    check_texts(native);
    ear_native_close(native);
    return 0;
}
