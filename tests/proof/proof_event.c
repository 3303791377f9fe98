/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_event.c
 * proves: ear_event_from_cbor, on any CBOR reader that keeps its contract (cbor_reader.h, in TinyCBOR's place), keeps
 *   what it owes the reader, stores only text within the bytes and fields once, ends, and a fault names its bytes
 * bounds: any 1 and 4 bytes, read as items of any types, sizes and values; any outcome of storing a field, and of
 *   skipping what is nested or tagged: neither is proven here
 * lengths: 1 4
 * sources: none
 * flags: --unwind 6
 * bite: core/hear/ear_event_cbor.c: if (!cbor_value_is_unsigned_integer(value)) { => if (false) {
 * bite: core/hear/ear_event_cbor.c: if (ear_utf8_validate(bytes, length) != length) { => if (ear_utf8_validate(bytes, ++length) != length) {
 */
/* clang-format on */
/* The call of skip_nested becomes one of skip_any, its definition stays: a macro's argument is `item` in the one and
 * `CborValue *item` in the other. */
#define skip_nested(argument) skip_of_##argument)
#define skip_of_item skip_any(item
#define skip_of_CborValue skip_nested(CborValue

#include "tests/proof/cbor_reader.h"

/* Taken for granted: skip_nested passes the item, or fails and leaves it where it was. */
static CborError skip_any(CborValue *item)
{
    assert(item->remaining > 0 && item->source.at < reader_length);
    assert(cbor_value_is_container(item) || cbor_value_is_tag(item));
    if (nondet_bool()) {
        return CborErrorUnexpectedEOF;
    }
    item->type = READER_ARRAY; /* counts, whatever tags it bears */
    reader_step(item);
    return reader_next(item);
}

#include "core/hear/ear_event_cbor.c"

static uint8_t bytes[LENGTH];

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
    struct ear_event event;
    struct ear_fault fault;
    size_t used = nondet_size();
    const enum ear_err err = ear_event_from_cbor(&event, bytes, LENGTH, &used, &fault);
    assert(err == (enum ear_err)fault.err && used <= LENGTH && fault.offset <= LENGTH);
    assert(err != EAR_OK || used > 0);
    assert(err != EAR_ERR_EMPTY || used == 0);
    assert(fault.key <= EAR_EVENT_KEY_COUNT && fault.allowed != NULL);
    return 0;
}
