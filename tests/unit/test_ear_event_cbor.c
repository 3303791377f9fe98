/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/hear/ear_event.h"

static struct ear_event event;
static struct ear_fault fault;

struct sample {
    const char *bytes;
    size_t length;
    enum ear_err err;
    unsigned key;  /* of the fault */
    size_t offset; /* of the fault */
    size_t used;
};
#define SAMPLE(text, err, member, offset, used)                           \
    {                                                                     \
        text, sizeof(text) - 1, err, EAR_EVENT_KEY_##member, offset, used \
    }
#define GOOD(text)                                                               \
    {                                                                            \
        text, sizeof(text) - 1, EAR_OK, EAR_EVENT_KEY_COUNT, 0, sizeof(text) - 1 \
    }

#define MESSAGE "\x01\x02\x04\x61\x63\x06\x00" /* kind: message, conversation: "c", from: user */
#define TIME "\x01\x14\x03\x00"                /* kind: time, t: 0 */

static const struct sample samples[] = {
    GOOD("\xa2" TIME), GOOD("\xbf" TIME "\xff"),                          /* a map of indefinite length */
    GOOD("\xa2\x18\x01\x18\x14\x03\x1b\x00\x00\x00\x00\x00\x00\x00\x00"), /* longer forms than needed */
    GOOD("\xa3" MESSAGE),                                                 /* the text kept back */
    GOOD("\xa4" MESSAGE "\x07\x60"),                                      /* empty text */
    GOOD("\xa5" MESSAGE "\x07\x61z\x0d\xf6"),                             /* null is as good as absent */
    /* fields that are not ours: any key, any value */
    GOOD("\xa3" TIME "\x18\x63\x01"), GOOD("\xa3" TIME "\x63key\x01"), GOOD("\xa3" TIME "\x20\x01"),
    GOOD("\xa3" TIME "\x82\x01\x02\xf5"), GOOD("\xa3" TIME "\x18\x63\x5f\x41x\x41y\xff"),
    GOOD("\xa3" TIME "\x18\x63\xfb\x40\x09\x21\xfb\x54\x44\x2d\x18"), GOOD("\xa3" TIME "\x18\x63\xc1\xc2\x01"),
    GOOD("\xa3" TIME "\x18\x63\xa1\x01\x81\xa1\x02\x81\xc1\x00"), /* four deep */
    GOOD("\xa3" TIME "\x18\x63\x9f\x9f\x9f\x9f\xff\x80\xff\xa0\xff\x01\xff"),
    GOOD("\xa3" TIME "\x18\x63\xbf\x01\x02\x03\xf7\xff"), /* an open map within */
    GOOD("\xa3" TIME "\x18\x63\x82\xf8\x20\xe0"),         /* simple values of both lengths */
    SAMPLE("\xa3" TIME "\x18\x63\x81\x81\x81\x81\x80", EAR_ERR_DEPTH, COUNT, 7, 0),
    /* wrong type, range, name; the end is found all the same */
    SAMPLE("\xa2\x01\x14\x03\x61x", EAR_ERR_TYPE, time_ms, 4, 6),
    SAMPLE("\xa2\x01\x14\x03\x20", EAR_ERR_RANGE, time_ms, 4, 5),
    SAMPLE("\xa2\x01\x14\x03\xfb\x40\x09\x21\xfb\x54\x44\x2d\x18", EAR_ERR_TYPE, time_ms, 4, 13),
    SAMPLE("\xa2\x01\x14\x03\x1b\x00\x20\x00\x00\x00\x00\x00\x01", EAR_ERR_RANGE, time_ms, 4, 13),
    SAMPLE("\xa2\x01\x18\x63\x03\x00", EAR_ERR_UNKNOWN, kind, 2, 6),
    SAMPLE("\xa3\x00\x02" TIME, EAR_ERR_VERSION, version, 2, 7),
    SAMPLE("\xa4" MESSAGE "\x07\x01", EAR_ERR_TYPE, text, 9, 10),
    SAMPLE("\xa4" MESSAGE "\x07\x41x", EAR_ERR_TYPE, text, 9, 11),
    SAMPLE("\xa4" MESSAGE "\x07\x7f\x61x\xff", EAR_ERR_SYNTAX, text, 9, 13),
    SAMPLE("\xa4" MESSAGE "\x07\x62\xc3\x28", EAR_ERR_UTF8, text, 9, 12),
    SAMPLE("\xa4" MESSAGE "\x0e\x01", EAR_ERR_TYPE, fallback, 9, 10),
    SAMPLE("\xa4" MESSAGE "\x0e\xe0", EAR_ERR_TYPE, fallback, 9, 10), /* simple, and neither no nor yes */
    SAMPLE("\xa5" MESSAGE "\x07\x60\x07\x60", EAR_ERR_DUPLICATE, text, 11, 12),
    SAMPLE("\xa4" MESSAGE "\x02\x60", EAR_ERR_RANGE, id, 9, 10),
    SAMPLE("\xa4" MESSAGE "\x0c\x62"
           "DE",
           EAR_ERR_RANGE, language, 9, 12),
    SAMPLE("\xa4\x01\x63xyz"
           "\x07\x01" TIME,
           EAR_ERR_TYPE, kind, 2, 12), /* the first fault is told */
    /* wrong as a whole */
    SAMPLE("\xa2\x01\x02\x06\x00", EAR_ERR_MISSING, conversation, 0, 5),
    SAMPLE("\xa2\x01\x07\x15\x06", EAR_ERR_RANGE, score, 4, 5), SAMPLE("\xa0", EAR_ERR_MISSING, kind, 0, 1),
    SAMPLE("\x01", EAR_ERR_TYPE, COUNT, 0, 1), SAMPLE("\x83\x01\x82\x02\x03\x04", EAR_ERR_TYPE, COUNT, 0, 6),
    SAMPLE("\xc1\x01", EAR_ERR_TYPE, COUNT, 0, 2),
    /* no CBOR */
    SAMPLE("\xff", EAR_ERR_SYNTAX, COUNT, 0, 0), SAMPLE("\x1c", EAR_ERR_SYNTAX, COUNT, 0, 0),
    SAMPLE("\xa2\x01\x14\xff", EAR_ERR_SYNTAX, COUNT, 3, 0), SAMPLE("\xbf\x01\xff", EAR_ERR_SYNTAX, COUNT, 2, 0),
    SAMPLE("\xa1\x18\x63\x5f\x01\xff", EAR_ERR_SYNTAX, COUNT, 4, 0),
    SAMPLE("\xa1\x18\x63\x5f\x5f\xff\xff", EAR_ERR_SYNTAX, COUNT, 4, 0), /* an open string within one */
    SAMPLE("\xa1\x18\x63\x1f", EAR_ERR_SYNTAX, COUNT, 3, 0),             /* a number without end */
    SAMPLE("\xa1\x18\x63\xdf", EAR_ERR_SYNTAX, COUNT, 3, 0),
    SAMPLE("\xa1\x18\x63\xf8\x14", EAR_ERR_SYNTAX, COUNT, 3, 0),     /* yes, in two bytes */
    SAMPLE("\xa1\x18\x63\xbf\x01\xff", EAR_ERR_SYNTAX, COUNT, 3, 0), /* a key without its value */
};

static void takes_what_is_right_and_says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(samples); i++) {
        const struct sample *sample = &samples[i];
        size_t used = 77;
        enum ear_err err = ear_event_from_cbor(&event, (const uint8_t *)sample->bytes, sample->length, &used, &fault);
        if (err != sample->err || fault.err != err || fault.key != sample->key || fault.offset != sample->offset ||
            used != sample->used) {
            fail_msg("sample %u: err %d key %u offset %u used %u", (unsigned)i, (int)err, (unsigned)fault.key,
                     (unsigned)fault.offset, (unsigned)used);
        }
        assert_int_equal(fault.allowed[0] != '\0', err != EAR_OK && EAR_ENABLED(FAULT_TEXTS));
    }
}

/* Whatever ends too early asks for more; nothing is read behind the end (the bytes are copied to the end of an array,
 * which the sanitizers watch). */
static void asks_for_more_where_more_is_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(samples); i++) {
        const struct sample *sample = &samples[i];
        for (size_t length = 0; length < sample->used; length++) {
            uint8_t room[64];
            size_t used = 77;
            memcpy(room + sizeof(room) - length, sample->bytes, length);
            assert_int_equal(ear_event_from_cbor(&event, room + sizeof(room) - length, length, &used, &fault),
                             EAR_ERR_EMPTY);
            assert_int_equal(used, 0);
        }
    }
}

static void reads_a_sequence(void **state)
{
    static const uint8_t bytes[] = "\xa2" TIME "\xa2\x01\x14\x03\x61x"
                                   "\xa4" MESSAGE "\x07\x62hi";
    static const enum ear_err errs[] = {EAR_OK, EAR_ERR_TYPE, EAR_OK};
    size_t at = 0;
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(errs); i++) {
        size_t used;
        assert_int_equal(ear_event_from_cbor(&event, bytes + at, sizeof(bytes) - 1 - at, &used, &fault), errs[i]);
        at += used;
    }
    assert_int_equal(at, sizeof(bytes) - 1);
    assert_int_equal(event.kind, EAR_KIND_MESSAGE);
    assert_int_equal(event.text.length, 2);
    assert_memory_equal(event.text.bytes, "hi", 2);
}

static void an_event_has_a_limit(void **state)
{
    static uint8_t bytes[EAR_EVENT_BYTES + 16] = "\xa4" MESSAGE "\x07\x79";
    size_t used;
    size_t most = EAR_EVENT_BYTES - 12;
    (void)state;
    bytes[10] = (uint8_t)(most >> 8);
    bytes[11] = (uint8_t)most;
    memset(bytes + 12, 'x', sizeof(bytes) - 12);
    assert_int_equal(ear_event_from_cbor(&event, bytes, sizeof(bytes), &used, &fault), EAR_OK);
    assert_int_equal(used, EAR_EVENT_BYTES);
    assert_int_equal(event.text.length, most);
    bytes[10] = (uint8_t)((most + 1) >> 8);
    bytes[11] = (uint8_t)(most + 1);
    assert_int_equal(ear_event_from_cbor(&event, bytes, sizeof(bytes), &used, &fault), EAR_ERR_TOO_LONG);
    assert_int_equal(used, 0);
    assert_int_equal(ear_event_from_cbor(&event, bytes, EAR_EVENT_BYTES - 1, &used, &fault), EAR_ERR_EMPTY);
    /* a length that no memory holds */
    memcpy(bytes + 9, "\x7b\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    assert_int_equal(ear_event_from_cbor(&event, bytes, sizeof(bytes), &used, &fault), EAR_ERR_TOO_LONG);
    memcpy(bytes, "\xba\xff\xff\xff\xff", 5);
    assert_int_equal(ear_event_from_cbor(&event, bytes, sizeof(bytes), &used, &fault), EAR_ERR_TOO_LONG);
}

#define STRING(text)           \
    {                          \
        text, sizeof(text) - 1 \
    }

static void writes_what_it_reads_in_the_shortest_form(void **state)
{
    static const uint8_t wanted[] = "\xaa\x00\x01\x01\x02\x02\x63m-1\x03\x1b\x00\x00\x01\x99\xc8\x2d\x0c\x7b"
                                    "\x04\x63"
                                    "c-1\x06\x01\x07\x65"
                                    "Hallo\x0c\x62"
                                    "de\x0d\x19\x03\x69\x0e\xf4";
    const struct ear_event said = {
        .present = EAR_HAS(version) | EAR_HAS(kind) | EAR_HAS(id) | EAR_HAS(time_ms) | EAR_HAS(conversation) |
                   EAR_HAS(from) | EAR_HAS(text) | EAR_HAS(language) | EAR_HAS(confidence_permille) | EAR_HAS(fallback),
        .version = 1,
        .kind = EAR_KIND_MESSAGE,
        .id = STRING("m-1"),
        .time_ms = 1760000019579,
        .conversation = STRING("c-1"),
        .from = 1,
        .text = STRING("Hallo"),
        .language = "de",
        .confidence_permille = 873,
    };
    uint8_t bytes[sizeof(wanted) - 1];
    uint8_t again[sizeof(wanted) - 1];
    size_t used;
    (void)state;
    for (size_t capacity = 0; capacity < sizeof(bytes); capacity++) {
        assert_int_equal(ear_event_to_cbor(&said, bytes, capacity), EAR_ERR_FULL);
    }
    assert_int_equal(ear_event_to_cbor(&said, bytes, sizeof(bytes)), sizeof(bytes));
    assert_memory_equal(bytes, wanted, sizeof(bytes));
    assert_int_equal(ear_event_from_cbor(&event, bytes, sizeof(bytes), &used, &fault), EAR_OK);
    assert_int_equal(used, sizeof(bytes));
    assert_int_equal(event.present, said.present);
    assert_int_equal(ear_event_to_cbor(&event, again, sizeof(again)), sizeof(again));
    assert_memory_equal(again, bytes, sizeof(bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_right_and_says_what_is_wrong),
        cmocka_unit_test(asks_for_more_where_more_is_needed),
        cmocka_unit_test(reads_a_sequence),
        cmocka_unit_test(an_event_has_a_limit),
        cmocka_unit_test(writes_what_it_reads_in_the_shortest_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
