/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_pack.c - any bytes as a pack's file, signed or not: its parts lie within it, and what is taken holds
 * what struct ear_pack promises. */
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/model/ear_cose.h"
#include "core/model/ear_engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool within(const uint8_t *part, size_t bytes, const uint8_t *data, size_t size)
{
    return part >= data && part <= data + size && bytes <= (size_t)(data + size - part);
}

static void check_labels(const struct ear_pack *pack, const uint8_t *data, size_t size)
{
    check(pack->label_count >= 1 && pack->label_count <= EAR_PACK_LABELS_MAX);
    check(pack->reject == EAR_PACK_NO_LABEL || pack->reject < pack->label_count);
    for (uint16_t i = 0; i < pack->label_count; i++) {
        const char *text = ear_pack_label(pack, i);
        const size_t length = strlen(text);
        check(within((const uint8_t *)text, length + 1, data, size));
        check(length >= 1 && length <= EAR_PLUGIN_LABEL_BYTES && ear_utf8_validate(text, length) == length);
        check(ear_pack_threshold(pack, i) <= EAR_PACK_NEVER);
    }
}

static void check_manifest(const uint8_t *data, size_t size)
{
    struct ear_pack pack;
    struct ear_pack_fault fault;
    struct ear_model model;
    struct ear_model_turn turn = {0};
    const bool read = ear_pack_read(data, (uint32_t)size, &pack, &fault);
    check(read == (fault.reason == EAR_PACK_REFUSAL_NONE) && fault.at <= size);
    if (read) {
        check(within(pack.body, pack.body_bytes, data, size));
        check(pack.name[0] != '\0' && memchr(pack.name, '\0', sizeof pack.name) != NULL);
        check(pack.version[0] != '\0' && memchr(pack.version, '\0', sizeof pack.version) != NULL);
        check(pack.question < EAR_ASK_COUNT && pack.hears != 0 && pack.budget_us != 0);
        check_labels(&pack, data, size);
    }
    if (ear_model_open(&model, data, (uint32_t)size, &turn, &fault)) {
        check(read && model.engine->id == pack.engine);
    } else {
        check(fault.reason != EAR_PACK_REFUSAL_NONE && fault.at <= size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ear_cose cose;
    check_manifest(data, size);
    if (ear_cose_read(data, (uint32_t)size, &cose) != EAR_OK) {
        return 0;
    }
    check(ear_cose_is(data, (uint32_t)size));
    check(within(cose.payload, cose.payload_bytes, data, size));
    check(within(cose.signature, EAR_COSE_SIGNATURE_BYTES, data, size));
    check(cose.key_id == NULL ? cose.key_id_bytes == 0 : within(cose.key_id, cose.key_id_bytes, data, size));
    check(cose.key_id_bytes <= EAR_COSE_KEY_ID_BYTES && cose.head_bytes <= EAR_COSE_HEAD_BYTES);
    check_manifest(cose.payload, cose.payload_bytes);
    return 0;
}
