/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_pack.c
 * proves: each entry of a pack's manifest is read without an access outside of the bytes, a refusal names a key and a
 *   byte; the checks of its labels and thresholds read nothing outside of them, and labels that they take are terminated
 * bounds: an entry: any bytes of up to 40, any manifest read so far, on any reader of items that keeps what `cbor` proves;
 *   labels: any 4 bytes of them, up to 4 offsets and thresholds, any question
 * lengths: 0 1 2
 * sources: none
 * flags: --unwind 6 --unwindset read_word.0:33,label_length.0:6 --no-malloc-may-fail
 * bite: core/model/ear_pack.c: length == 0 || length >= capacity) { => length == 0 || length > capacity) {
 * bite: core/model/ear_pack.c: while (length < most && length <= EAR_PLUGIN_LABEL_BYTES => while (length <= most && length <= EAR_PLUGIN_LABEL_BYTES
 * bite: core/model/ear_pack.c: reader->threshold_bytes != 2u * pack->label_count) { => reader->threshold_bytes < pack->label_count) {
 */
/* clang-format on */
#include <stdlib.h>

#include "tests/proof/cbor_items.h"

/* What is copied does not matter here, but from where to where. */
static void copy(void *to, const void *from, size_t length)
{
    assert(length == 0 || (__CPROVER_w_ok(to, length) && __CPROVER_r_ok(from, length)));
}
#define memcpy copy

#include "core/model/ear_pack.c"

#define ROOM 40
#define TEXT 4

size_t ear_utf8_validate(const char *text, size_t length)
{
    assert(length == 0 || __CPROVER_r_ok(text, length));
    return any_up_to(length);
}

static void entry(void)
{
    static uint8_t bytes[ROOM];
    struct ear_pack pack;
    struct ear_pack_fault fault;
    struct reader reader = {.in = {.bytes = bytes}, .pack = &pack, .fault = &fault};
    uint64_t last = nondet_u64();
    const uint64_t before = last;
    reader.in.length = (uint32_t)any_up_to(ROOM);
    reader.in.at = (uint32_t)any_up_to(reader.in.length);
    const uint32_t start = reader.in.at;
    if (read_entry(&reader, &last)) {
        assert(reader.in.at >= start + 2 && reader.in.at <= reader.in.length && last > before);
    } else {
        assert(fault.reason != EAR_PACK_REFUSAL_NONE && fault.key <= EAR_PACK_KEY_BODY && fault.at <= ROOM);
    }
}

static void labels(void)
{
    char text[TEXT];
    uint8_t offsets[2 * TEXT];
    const uint32_t threshold_bytes = 2 * (uint32_t)any_up_to(TEXT);
    const uint8_t *thresholds = malloc(threshold_bytes);
    struct ear_pack pack = {.labels = text, .label_offsets = offsets, .thresholds = nondet_bool() ? thresholds : NULL};
    struct ear_pack_fault fault;
    struct reader reader = {.in = {.bytes = thresholds}, .pack = &pack, .fault = &fault};
    pack.question = (uint8_t)any_up_to(EAR_ASK_COUNT - 1);
    reader.label_bytes = (uint32_t)any_up_to(TEXT);
    reader.offset_bytes = 2 * (uint32_t)any_up_to(TEXT);
    reader.threshold_bytes = threshold_bytes;
    char *beyond = text + reader.label_bytes;
    if (check_labels(&reader)) {
        const uint16_t i = (uint16_t)any_up_to(pack.label_count - 1u);
        const char *label = ear_pack_label(&pack, i);
        assert(label >= text && label < beyond && beyond[-1] == '\0' && pack.label_count >= 1);
        if (check_thresholds(&reader)) {
            assert(ear_pack_threshold(&pack, i) <= EAR_PACK_NEVER);
        }
    }
}

static bool is_any(uint8_t character)
{
    (void)character;
    return nondet_bool();
}

/* A short text goes into its own object here, so that one byte too many is seen. */
static void word(void)
{
    static uint8_t bytes[ROOM];
    char copied[TEXT];
    struct reader reader = {.in = {.bytes = bytes, .length = ROOM}};
    if (read_word(&reader, copied, sizeof copied, is_any)) {
        assert(copied[3] == '\0' || copied[1] == '\0' || copied[2] == '\0');
    }
}

int main(void)
{
    if (LENGTH == 0) {
        entry();
    } else if (LENGTH == 2) {
        word();
    } else {
        labels();
    }
    return 0;
}
