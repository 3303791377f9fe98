/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/pack_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_text.h"

#define FILE_BYTES_MAX (64u << 20)

static const char *const questions[EAR_ASK_COUNT] = {
    "human_requested", "repetition_loop", "low_confidence", "incomplete_info", "sentiment", "topic", "language", "tag",
    "redaction",
};

/* Manifest keys, and what is allowed under them. */
static const struct {
    uint8_t key;
    const char *name, *allowed;
} keys[] = {
    {EAR_PACK_KEY_FORMAT, "format", "a whole number"},
    {EAR_PACK_KEY_NAME, "name", "1 to 23 of a-z, 0-9 and _"},
    {EAR_PACK_KEY_VERSION, "version", "1 to 15 printable characters"},
    {EAR_PACK_KEY_COUNTER, "counter", "a whole number from 0 to 4294967295"},
    {EAR_PACK_KEY_ENGINE, "engine", "1 linear, 2 phrases, 3 rules"},
    {EAR_PACK_KEY_ENGINE_VERSION, "engine_version", "a whole number"},
    {EAR_PACK_KEY_TEXT_VERSION, "text_version", "a whole number"},
    {EAR_PACK_KEY_QUESTION, "question", "0 human_requested to 8 redaction, see core/judge/ear_plugin.h"},
    {EAR_PACK_KEY_HEARS, "hears", "a sum of 1 user, 2 bot, 4 agent"},
    {EAR_PACK_KEY_BUDGET_US, "budget_us", "a whole number from 1 to 4294967295"},
    {EAR_PACK_KEY_LABELS, "labels", "1 to 1024 texts of 1 to 63 bytes, each ended by a zero byte"},
    {EAR_PACK_KEY_LABEL_OFFSETS, "label_offsets", "two bytes a label: where it begins"},
    {EAR_PACK_KEY_THRESHOLDS, "thresholds", "two bytes a label: 0 to 1001"},
    {EAR_PACK_KEY_REJECT, "reject", "the number of one of the labels"},
    {EAR_PACK_KEY_LANGUAGES, "languages", "a list of texts"},
    {EAR_PACK_KEY_ABOUT, "about", "a text"},
    {EAR_PACK_KEY_SOURCES, "sources", "a list of [name, licence]"},
    {EAR_PACK_KEY_ACCURACY, "accuracy", "a list of [set, messages, accuracy, macro F1]"},
    {EAR_PACK_KEY_BODY, "body", "bytes"},
};

static const char *const reasons[EAR_PACK_REFUSAL_COUNT] = {
    [EAR_PACK_REFUSAL_NONE] = "nothing is wrong",
    [EAR_PACK_REFUSAL_ENVELOPE] = "not a COSE_Sign1 envelope (tag 18) with ES256 that ends where the file ends",
    [EAR_PACK_REFUSAL_KEY] = "it was signed with another key than this",
    [EAR_PACK_REFUSAL_SIGNATURE] = "the signature is not that of this pack: it was changed, or signed with another key",
    [EAR_PACK_REFUSAL_COUNTER] = "its counter is lower than one that was seen",
    [EAR_PACK_REFUSAL_MANIFEST] = "missing, of the wrong type, or outside its range",
    [EAR_PACK_REFUSAL_FORMAT] = "this program reads format 1",
    [EAR_PACK_REFUSAL_NAME] = "not the name under which it was sent",
    [EAR_PACK_REFUSAL_ENGINE] = "this build has no such engine",
    [EAR_PACK_REFUSAL_ENGINE_VERSION] = "made for another version of its engine",
    [EAR_PACK_REFUSAL_TEXT_VERSION] = "made for tokens of another kind: make it anew with this version's tools",
    [EAR_PACK_REFUSAL_LABELS] = "missing, or not those that the question needs (yes or no: 2, sentiment: 3)",
    [EAR_PACK_REFUSAL_BODY] = "the engine cannot run it",
    [EAR_PACK_REFUSAL_SIZE] = "not of the announced size, or too large",
    [EAR_PACK_REFUSAL_CHECKSUM] = "what was stored is not what was sent",
    [EAR_PACK_REFUSAL_FULL] = "there is no room for more packs",
    [EAR_PACK_REFUSAL_STORAGE] = "it could not be written",
    [EAR_PACK_REFUSAL_HOST] = "the plugin host refused it",
};

const char *pack_fault_says(const struct ear_pack_fault *fault)
{
    const char *reason = fault->reason < EAR_PACK_REFUSAL_COUNT ? reasons[fault->reason] : "unknown";
    const char *name = ear_pack_refusal_name((enum ear_pack_refusal)fault->reason);

    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && fault->key != 0; i++) {
        if (keys[i].key == fault->key) {
            return keep_printf("%s: byte %u: %s: %s (key %u; allowed: %s)", name, fault->at, keys[i].name, reason,
                               fault->key, keys[i].allowed);
        }
    }
    return keep_printf("%s: byte %u: %s", name, fault->at, reason);
}

const char *pack_question_name(unsigned question)
{
    return question < EAR_ASK_COUNT ? questions[question] : "?";
}

int pack_question_of(const char *name)
{
    for (int i = 0; i < EAR_ASK_COUNT; i++) {
        if (strcmp(questions[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

bool pack_question_is_yes_no(unsigned question)
{
    return question <= EAR_ASK_INCOMPLETE_INFO;
}

const char *pack_engine_name(unsigned engine)
{
    static const char *const names[] = {"?", "linear", "phrases", "rules"};

    return engine < sizeof names / sizeof names[0] ? names[engine] : "?";
}

/* A text cannot begin with a CBOR map (a continuation byte of UTF-8), and hardly with tag 18 and an array of four. */
static bool begins_like_pack(const uint8_t *bytes, size_t length)
{
    return length >= 2 && ((bytes[0] >= 0xA0 && bytes[0] <= 0xBF) || (bytes[0] == 0xD2 && bytes[1] == 0x84));
}

bool pack_file_is(const char *path)
{
    uint8_t head[2];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    const size_t got = fread(head, 1, sizeof head, file);
    fclose(file);
    return begins_like_pack(head, got);
}

/* Where in the file, not in the payload; of a body in the body. */
static void refuse(const struct pack_file *file, struct ear_pack_fault *fault)
{
    if (fault->reason != EAR_PACK_REFUSAL_BODY && fault->reason != EAR_PACK_REFUSAL_ENVELOPE) {
        fault->at += (uint32_t)(file->payload - file->bytes);
    }
    die("%s: %s", file->path, pack_fault_says(fault));
}

void pack_file_read_envelope(struct pack_file *file, const char *path)
{
    struct ear_pack_fault fault = {.reason = EAR_PACK_REFUSAL_ENVELOPE};
    size_t length;

    *file = (struct pack_file){.path = path, .bytes = (const uint8_t *)read_file(path, &length)};
    if (length > FILE_BYTES_MAX) {
        die("%s: %zu bytes; a pack has at most %u", path, length, FILE_BYTES_MAX);
    }
    if (!begins_like_pack(file->bytes, length)) {
        die("%s: not a pack: it begins neither with a CBOR map nor with a COSE_Sign1 envelope", path);
    }
    file->length = (uint32_t)length;
    file->payload = file->bytes;
    file->payload_bytes = file->length;
    file->is_signed = ear_cose_is(file->bytes, file->length);
    if (file->is_signed) {
        if (ear_cose_read(file->bytes, file->length, &file->cose) != EAR_OK) {
            refuse(file, &fault);
        }
        file->payload = file->cose.payload;
        file->payload_bytes = file->cose.payload_bytes;
    }
}

void pack_file_read_manifest(struct pack_file *file)
{
    struct ear_pack_fault fault = {0};

    if (!ear_pack_read(file->payload, file->payload_bytes, &file->pack, &fault)) {
        refuse(file, &fault);
    }
}

void pack_file_read(struct pack_file *file, const char *path)
{
    pack_file_read_envelope(file, path);
    pack_file_read_manifest(file);
}

void pack_file_open(const struct pack_file *file, struct ear_model *model, struct ear_model_turn *turn)
{
    struct ear_pack_fault fault = {0};

    if (!ear_model_open(model, file->payload, file->payload_bytes, turn, &fault)) {
        refuse(file, &fault);
    }
}
