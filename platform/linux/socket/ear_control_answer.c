/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_control_answer.c - one line of the control socket, done and answered. */
#include "platform/linux/socket/ear_control.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#define PIECE_BYTES (EAR_CONTROL_LINE_BYTES / 4 * 3) /* that a line can hold */

/* What would have been right, and what to do; docs/packs.md says more. */
static const char *const cures[EAR_PACK_REFUSAL_COUNT] = {
    [EAR_PACK_REFUSAL_ENVELOPE] = "a signed pack: COSE_Sign1 with ES256, as `earshot pack sign` writes it",
    [EAR_PACK_REFUSAL_KEY] = "a pack signed with one of the keys in [packs] key_file of this device",
    [EAR_PACK_REFUSAL_SIGNATURE] = "the very bytes that were signed, with the key that the pack names; sign it again",
    [EAR_PACK_REFUSAL_COUNTER] = "a counter higher than any that this device or its image had under this name; "
                                 "sign it with --counter",
    [EAR_PACK_REFUSAL_MANIFEST] = "a manifest as PACK.md describes it; `earshot pack inspect` shows this one",
    [EAR_PACK_REFUSAL_FORMAT] = "a manifest of format 1; make it with the tools of this device's version",
    [EAR_PACK_REFUSAL_NAME] = "the name in the pack's own manifest, of 1 to 23 characters a-z 0-9 _",
    [EAR_PACK_REFUSAL_ENGINE] = "an engine that this build has; update the device's program",
    [EAR_PACK_REFUSAL_ENGINE_VERSION] = "a body of this build's version of the engine; compile it with its tools",
    [EAR_PACK_REFUSAL_TEXT_VERSION] = "tokens of this build's kind; compile it with the tools of its version",
    [EAR_PACK_REFUSAL_LABELS] = "labels that the pack's question needs",
    [EAR_PACK_REFUSAL_BODY] = "a body that the engine can run; compile it again",
    [EAR_PACK_REFUSAL_SIZE] = "as many bytes as were announced, in order, no more than a slot holds ([packs] slot_kib)",
    [EAR_PACK_REFUSAL_CHECKSUM] = "storage that keeps what is written to it; look after the disk",
    [EAR_PACK_REFUSAL_FULL] = "fewer packs or plugins on this device; remove one",
    [EAR_PACK_REFUSAL_STORAGE] = "storage for packs: set [packs] key_file and restart; else look after the disk",
    [EAR_PACK_REFUSAL_HOST] = "a name that no plugin has, and a budget above 0",
};

/* Keys of a manifest by name. */
static const char *const fields[] = {
    [EAR_PACK_KEY_FORMAT] = "format",
    [EAR_PACK_KEY_NAME] = "name",
    [EAR_PACK_KEY_VERSION] = "version",
    [EAR_PACK_KEY_COUNTER] = "counter",
    [EAR_PACK_KEY_ENGINE] = "engine",
    [EAR_PACK_KEY_ENGINE_VERSION] = "engine_version",
    [EAR_PACK_KEY_TEXT_VERSION] = "text_version",
    [EAR_PACK_KEY_QUESTION] = "question",
    [EAR_PACK_KEY_HEARS] = "hears",
    [EAR_PACK_KEY_BUDGET_US] = "budget_us",
    [EAR_PACK_KEY_LABELS] = "labels",
    [EAR_PACK_KEY_LABEL_OFFSETS] = "label_offsets",
    [EAR_PACK_KEY_THRESHOLDS] = "thresholds",
    [EAR_PACK_KEY_REJECT] = "reject",
    [EAR_PACK_KEY_LANGUAGES] = "languages",
    [EAR_PACK_KEY_ABOUT] = "about",
    [EAR_PACK_KEY_SOURCES] = "sources",
    [EAR_PACK_KEY_ACCURACY] = "accuracy",
    [EAR_PACK_KEY_BODY] = "body",
};

static const char *const questions[EAR_ASK_COUNT] = {
    "human_requested", "repetition_loop", "low_confidence", "incomplete_info", "sentiment", "topic", "language", "tag",
    "redaction"};

/* A request under way. */
struct request {
    struct ear_agent *agent;
    yyjson_val *root;
    uint32_t n;
    struct ear_json_out *out;
};

/* --- answers --- */

static void member(struct ear_json_out *out, const char *name)
{
    const char last = out->length > 0 ? out->bytes[out->length - 1] : '{';
    ear_json_out_raw(out, last == '{' || last == '[' ? "\"" : ",\"");
    ear_json_out_raw(out, name);
    ear_json_out_raw(out, "\":");
}

static void put_text(struct ear_json_out *out, const char *name, const char *text)
{
    member(out, name);
    ear_json_out_text(out, text, strlen(text));
}

static void put_number(struct ear_json_out *out, const char *name, uint64_t number)
{
    member(out, name);
    ear_json_out_number(out, number);
}

static void put_bool(struct ear_json_out *out, const char *name, bool value)
{
    member(out, name);
    ear_json_out_raw(out, value ? "true" : "false");
}

static void begin_answer(const struct request *request, bool ok)
{
    ear_json_out_raw(request->out, "{");
    put_number(request->out, "n", request->n);
    put_bool(request->out, "ok", ok);
}

static void refuse(const struct request *request, const char *error, const char *field, const char *allowed)
{
    begin_answer(request, false);
    put_text(request->out, "error", error);
    if (field != NULL) {
        put_text(request->out, "field", field);
    }
    put_text(request->out, "allowed", allowed);
}

static void refuse_pack(const struct request *request, const struct ear_pack_fault *fault)
{
    begin_answer(request, false);
    put_text(request->out, "error", ear_pack_refusal_name((enum ear_pack_refusal)fault->reason));
    if (fault->key < EAR_COUNT_OF(fields) && fields[fault->key] != NULL) {
        put_text(request->out, "field", fields[fault->key]);
    }
    if (fault->at != 0) {
        put_number(request->out, "at", fault->at);
    }
    put_text(request->out, "allowed", fault->reason < EAR_PACK_REFUSAL_COUNT ? cures[fault->reason] : "");
}

static void conclude(const struct request *request, bool ok, const struct ear_pack_fault *fault)
{
    if (ok) {
        begin_answer(request, true);
    } else {
        refuse_pack(request, fault);
    }
}

/* --- members of a request --- */

static const char *text_of(const struct request *request, const char *name)
{
    return yyjson_get_str(yyjson_obj_get(request->root, name));
}

static bool number_of(const struct request *request, const char *name, uint32_t *number)
{
    yyjson_val *value = yyjson_obj_get(request->root, name);
    if (!yyjson_is_uint(value) || yyjson_get_uint(value) > UINT32_MAX) {
        refuse(request, yyjson_is_null(value) || value == NULL ? "missing" : "type", name, "a whole number of bytes");
        return false;
    }
    *number = (uint32_t)yyjson_get_uint(value);
    return true;
}

/* The pack's name, or NULL: answered. What is no name is no pack's either. */
static const char *name_of(const struct request *request)
{
    const char *name = text_of(request, "name");
    if (name == NULL) {
        refuse(request, "missing", "name", "the name of a pack");
    }
    return name;
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* RFC 4648 section 4, padded. Bytes, or -1. */
static int32_t decode_base64(const char *text, size_t length, uint8_t *bytes)
{
    size_t count = 0;
    if (length % 4 != 0) {
        return -1;
    }
    for (size_t i = 0; i < length; i += 4) {
        const bool last = i + 4 == length;
        const int pad = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0;
        uint32_t word = 0;
        for (int j = 0; j < 4; j++) {
            const int digit = j >= 4 - pad ? 0 : base64_digit(text[i + (size_t)j]);
            if (digit < 0) {
                return -1;
            }
            word = word << 6 | (uint32_t)digit;
        }
        for (int j = 0; j < 3 - pad; j++) {
            bytes[count++] = (uint8_t)(word >> (16 - 8 * j));
        }
    }
    return (int32_t)count;
}

/* --- what can be done --- */

static void put_pack(struct ear_json_out *out, const struct ear_agent_pack_info *info)
{
    static const char *const engines[] = {
        [EAR_ENGINE_LINEAR] = "linear", [EAR_ENGINE_PHRASES] = "phrases", [EAR_ENGINE_RULES] = "rules"};
    ear_json_out_raw(out, out->bytes[out->length - 1] == '[' ? "{" : ",{");
    put_text(out, "name", info->name);
    put_text(out, "version", info->version);
    put_text(out, "state", !info->at_work ? "refused" : info->quarantined ? "quarantined" : "active");
    if (!info->at_work) {
        put_text(out, "reason", ear_pack_refusal_name((enum ear_pack_refusal)info->refusal));
    }
    put_text(out, "from", info->installed ? "installed" : "built_in");
    put_number(out, "counter", info->counter);
    if (info->has_last_good) {
        put_number(out, "last_good_counter", info->last_good);
    }
    if (info->at_work) {
        put_text(out, "engine", info->engine < EAR_COUNT_OF(engines) ? engines[info->engine] : "");
        put_text(out, "question", info->question < EAR_ASK_COUNT ? questions[info->question] : "");
        put_number(out, "calls", info->calls);
        put_number(out, "faults", info->faults);
    }
    ear_json_out_raw(out, "}");
}

void ear_control_put_packs(struct ear_json_out *out, const struct ear_agent *agent)
{
    struct ear_agent_pack_info info;
    member(out, "packs");
    ear_json_out_raw(out, "[");
    for (unsigned i = 0; ear_agent_pack_at(agent, i, &info); i++) {
        put_pack(out, &info);
    }
    ear_json_out_raw(out, "]");
    if (agent->packs.refused > 0) {
        member(out, "pack_refused");
        ear_json_out_raw(out, "{");
        put_text(out, "name", agent->packs.refused_name);
        put_text(out, "reason", ear_pack_refusal_name((enum ear_pack_refusal)agent->packs.refused_fault.reason));
        put_number(out, "count", agent->packs.refused);
        ear_json_out_raw(out, "}");
    }
}

static void do_list(const struct request *request)
{
    begin_answer(request, true);
    ear_control_put_packs(request->out, request->agent);
    put_number(request->out, "slot_bytes", request->agent->packs.store.slot_bytes);
    put_number(request->out, "places", EAR_PACKS);
}

static void do_begin(const struct request *request)
{
    struct ear_pack_fault fault = {0};
    uint32_t bytes = 0;
    const char *name = name_of(request);
    if (name != NULL && number_of(request, "bytes", &bytes)) {
        conclude(request, ear_agent_pack_begin(request->agent, name, bytes, &fault), &fault);
    }
}

static void do_write(const struct request *request)
{
    static uint8_t piece[PIECE_BYTES];
    struct ear_pack_fault fault = {0};
    uint32_t at = 0;
    yyjson_val *text = yyjson_obj_get(request->root, "piece");
    if (!number_of(request, "at", &at)) {
        return;
    }
    const int32_t length = yyjson_is_str(text) ? decode_base64(yyjson_get_str(text), yyjson_get_len(text), piece) : -1;
    if (length < 0) {
        refuse(request, "syntax", "piece", "bytes as base64 (RFC 4648 section 4), padded");
        return;
    }
    conclude(request, ear_agent_pack_write(request->agent, at, piece, (uint32_t)length, &fault), &fault);
}

static void do_where(const struct request *request)
{
    uint32_t written = 0, expected = 0;
    const char *name = ear_agent_pack_coming(request->agent, &written, &expected);
    begin_answer(request, true);
    if (name != NULL) {
        put_text(request->out, "name", name);
        put_number(request->out, "at", written);
        put_number(request->out, "bytes", expected);
    }
}

static void do_finish(const struct request *request)
{
    struct ear_pack_fault fault = {0};
    conclude(request, ear_agent_pack_finish(request->agent, &fault), &fault);
}

static void go_back(const struct request *request, enum ear_err (*go)(struct ear_agent *agent, const char *name))
{
    const char *name = name_of(request);
    if (name == NULL) {
        return;
    }
    const enum ear_err err = go(request->agent, name);
    if (err == EAR_OK) {
        begin_answer(request, true);
    } else {
        refuse(request, ear_err_name(err), "name",
               err == EAR_ERR_IO ? "storage that can be written; look after the disk"
                                 : "the name of a pack that was installed and is in use; `earshot pack list` has them");
    }
}

static void do_roll_back(const struct request *request)
{
    go_back(request, ear_agent_pack_roll_back);
}

static void do_remove(const struct request *request)
{
    go_back(request, ear_agent_pack_remove);
}

static void serve(const struct request *request)
{
    static const struct {
        const char *name;
        void (*run)(const struct request *request);
    } verbs[] = {{"list", do_list},     {"begin", do_begin},         {"write", do_write},  {"where", do_where},
                 {"finish", do_finish}, {"roll_back", do_roll_back}, {"remove", do_remove}};
    const char *verb = text_of(request, "do");
    for (size_t i = 0; verb != NULL && i < EAR_COUNT_OF(verbs); i++) {
        if (strcmp(verb, verbs[i].name) == 0) {
            verbs[i].run(request);
            return;
        }
    }
    refuse(request, verb == NULL ? "missing" : "unknown", "do",
           "list, begin, write, where, finish, roll_back or remove");
}

size_t ear_control_answer(struct ear_agent *agent, uint32_t n, const char *line, size_t length,
                          char out[EAR_CONTROL_ANSWER_BYTES])
{
    struct ear_json_out json = {.bytes = out, .capacity = EAR_CONTROL_ANSWER_BYTES};
    yyjson_doc *doc = yyjson_read(line, length, 0);
    const struct request request = {.agent = agent, .root = yyjson_doc_get_root(doc), .n = n, .out = &json};
    if (yyjson_is_obj(request.root)) {
        serve(&request);
    } else {
        refuse(&request, "syntax", NULL, "one JSON object a line");
    }
    yyjson_doc_free(doc);
    ear_json_out_raw(&json, "}\n");
    const int32_t written = ear_json_out_length(&json);
    assert(written > 0); /* EAR_PACKS rows fit */
    return (size_t)written;
}
