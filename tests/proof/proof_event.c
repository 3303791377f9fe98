/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_event.c
 * proves: ear_event_from_cbor reads any bytes only within them, stores only text within the bytes and fields once, ends,
 *   and a fault names its bytes
 * bounds: any 1 and 4 bytes, first for read_head alone, then for all that stands on what that keeps to: heads of any
 *   kind, length and value; any outcome of storing a field, and of stepping over what is nested or tagged: neither is
 *   proven here
 * lengths: 1 4
 * sources: none
 * slow: yes
 * flags: --unwind 6 --unwindset read_exactly.0:9
 * instead: core/hear/ear_event_cbor.c: err = skip_all(reader, head); => err = skip_any(reader, head);
 * bite: core/hear/ear_event_cbor.c: } else if (size > reader->length - reader->at - 1) { => } else if (size > reader->length - reader->at) {
 * instead: core/hear/ear_event_cbor.c: enum ear_err read_head(struct => enum ear_err read_exactly(struct
 * bite: core/hear/ear_event_cbor.c: if (ear_utf8_validate(text, length) != length) { => if (ear_utf8_validate(text, length + 1) != length) {
 */
/* clang-format on */
#define CBOR_H /* TinyCBOR stays out: what is written is proven in proof_encoder.c */

#include "core/base/ear_err.h"
#include "tests/proof/proof.h"

typedef enum { CborNoError } CborError;
typedef struct {
    uint8_t unused;
} CborEncoder;
void cbor_encoder_init(CborEncoder *encoder, uint8_t *bytes, size_t size, int flags);
CborError cbor_encoder_create_map(CborEncoder *encoder, CborEncoder *map, size_t length);
CborError cbor_encoder_close_container(CborEncoder *encoder, const CborEncoder *map);
CborError cbor_encode_uint(CborEncoder *encoder, uint64_t value);
CborError cbor_encode_boolean(CborEncoder *encoder, bool value);
CborError cbor_encode_text_string(CborEncoder *encoder, const char *text, size_t length);
size_t cbor_encoder_get_buffer_size(const CborEncoder *encoder, const uint8_t *bytes);

struct reader;
struct head;
static enum ear_err skip_any(struct reader *reader, struct head *head);
static enum ear_err read_head(struct reader *reader, struct head *head);

#include "core/hear/ear_event_cbor.c"

static const uint8_t *bytes; /* LENGTH of them */

/* What main() proves of read_exactly, the true one. */
static enum ear_err read_head(struct reader *reader, struct head *head)
{
    const size_t before = reader->at;
    if (before >= reader->length || nondet_bool()) {
        return nondet_bool() ? EAR_ERR_EMPTY : EAR_ERR_SYNTAX;
    }
    *head = (struct head){nondet_u64(), before, (uint8_t)any_up_to(SIMPLE), (uint8_t)any_up_to(OPEN)};
    reader->at += 1 + any_up_to(reader->length - before - 1);
    __CPROVER_assume(head->low != OPEN || (head->major >= BYTES && head->major <= MAP));
    return EAR_OK;
}

static void prove_read_head(void)
{
    struct head head;
    struct reader reader = {.bytes = bytes, .length = LENGTH, .at = any_up_to(LENGTH)};
    const size_t before = reader.at;
    const enum ear_err err = read_exactly(&reader, &head);
    assert(err == EAR_OK || ((err == EAR_ERR_EMPTY || err == EAR_ERR_SYNTAX) && reader.at == before));
    assert(err != EAR_OK || (reader.at > before && reader.at <= LENGTH && head.at == before));
    assert(err != EAR_OK || (head.major <= SIMPLE && head.low <= OPEN));
    assert(err != EAR_OK || head.low != OPEN || (head.major >= BYTES && head.major <= MAP));
}

/* Taken for granted: over what is nested or tagged skip_all ends within the bytes. */
static enum ear_err skip_any(struct reader *reader, struct head *head)
{
    assert(reader->at > head->at && reader->at <= reader->length);
    if (head->major == BYTES || head->major == TEXT) {
        return skip_string(reader, head);
    }
    if (head->major < ARRAY || head->major > TAG) {
        return EAR_OK;
    }
    reader->at += any_up_to(reader->length - reader->at);
    return nondet_bool() ? EAR_OK : nondet_bool() ? EAR_ERR_EMPTY : nondet_bool() ? EAR_ERR_DEPTH : EAR_ERR_SYNTAX;
}

size_t ear_utf8_validate(const char *text, size_t length)
{
    assert(length == 0 || __CPROVER_r_ok(text, length));
    return any_up_to(length);
}

const struct ear_event_field *ear_event_field(unsigned key)
{
    static struct ear_event_field field;
    assert(key < EAR_EVENT_KEY_COUNT);
    field.type = (uint8_t)any_up_to(EAR_TYPE_COUNT - 1);
    return &field;
}

enum ear_event_form ear_event_form(enum ear_event_type type)
{
    assert(type < EAR_TYPE_COUNT);
    return (enum ear_event_form)any_up_to(EAR_FORM_CODE);
}

const char *ear_event_allowed(unsigned key)
{
    assert(key < EAR_EVENT_KEY_COUNT);
    return "";
}

static enum ear_err put(struct ear_event *event, unsigned key)
{
    assert(key < EAR_EVENT_KEY_COUNT && (event->present & (1u << key)) == 0);
    if (nondet_bool()) {
        return EAR_ERR_RANGE;
    }
    event->present |= 1u << key;
    return EAR_OK;
}

enum ear_err ear_event_put_number(struct ear_event *event, unsigned key, uint64_t number)
{
    (void)number;
    return put(event, key);
}

enum ear_err ear_event_put_text(struct ear_event *event, unsigned key, const char *text, size_t length)
{
    assert(length < LENGTH && text >= (const char *)bytes && text + length <= (const char *)bytes + LENGTH);
    return put(event, key);
}

enum ear_err ear_event_check(const struct ear_event *event, struct ear_fault *fault)
{
    (void)event;
    return ear_fault_set(fault, nondet_bool() ? EAR_OK : EAR_ERR_MISSING, (unsigned)any_up_to(EAR_EVENT_KEY_COUNT - 1),
                         0, "");
}

int main(void)
{
    uint8_t any[LENGTH];
    struct ear_event event;
    struct ear_fault fault;
    bytes = any;
    prove_read_head();
    size_t used = nondet_size();
    const enum ear_err err = ear_event_from_cbor(&event, bytes, LENGTH, &used, &fault);
    assert(err == (enum ear_err)fault.err && used <= LENGTH && fault.offset <= LENGTH);
    assert(err != EAR_OK || used > 0);
    assert(err != EAR_ERR_EMPTY || used == 0);
    assert(fault.key <= EAR_EVENT_KEY_COUNT && fault.allowed != NULL);
    return 0;
}
