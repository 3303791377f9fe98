/* SPDX-License-Identifier: Apache-2.0 */
/* Packs and images that come in pieces by request, as over MQTT or a serial line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kiosk.h"
#include "tests/support/make_pack.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 512u
#define SLOT_SECTORS 4u

static struct pack_bytes file;

/* ---- requests, as a sender writes them ---- */

static uint8_t request[2 * EAR_DELIVERY_BYTES];
static size_t request_bytes;

static void put_head(uint8_t major, uint32_t value)
{
    if (value < 24) {
        request[request_bytes++] = (uint8_t)((uint32_t)major << 5 | value);
    } else if (value < 256) {
        request[request_bytes++] = (uint8_t)(major << 5 | 24);
        request[request_bytes++] = (uint8_t)value;
    } else {
        assert_in_range(value, 0, 65535);
        request[request_bytes++] = (uint8_t)(major << 5 | 25);
        request[request_bytes++] = (uint8_t)(value >> 8);
        request[request_bytes++] = (uint8_t)value;
    }
}

static void put_string(uint8_t major, const void *bytes, size_t length)
{
    put_head(major, (uint32_t)length);
    memcpy(request + request_bytes, bytes, length);
    request_bytes += length;
}

/* What is sent. */
struct parcel {
    uint8_t kind;
    const char *name;
    const char *tag;
    const uint8_t *bytes;
    uint32_t length;
};

static void write_request(const struct parcel *parcel, uint32_t at, uint32_t length)
{
    request_bytes = 0;
    put_head(5, length > 0 ? 8 : 7);
    put_head(0, 1);
    put_string(3, "q", 1);
    put_head(0, 2);
    put_string(3, "deliver", 7);
    put_head(0, EAR_DELIVERY_KEY_KIND);
    put_head(0, parcel->kind);
    put_head(0, EAR_DELIVERY_KEY_NAME);
    put_string(3, parcel->name, strlen(parcel->name));
    put_head(0, EAR_DELIVERY_KEY_BYTES);
    put_head(0, parcel->length);
    put_head(0, EAR_DELIVERY_KEY_TAG);
    put_string(2, parcel->tag, 8);
    put_head(0, EAR_DELIVERY_KEY_AT);
    put_head(0, at);
    if (length > 0) {
        put_head(0, EAR_DELIVERY_KEY_PIECE);
        put_string(2, parcel->bytes + at, length);
    }
}

/* ---- answers ---- */

struct answer {
    int err;
    uint32_t written;
    int state; /* -1: none */
    char why[129];
};

static uint32_t read_head(const uint8_t *bytes, size_t *at)
{
    const uint8_t info = bytes[(*at)++] & 31u;
    uint32_t value = info;

    assert_in_range(info, 0, 26);
    if (info >= 24) {
        value = 0;
        for (unsigned size = 1u << (info - 24u); size > 0; size--) {
            value = value << 8 | bytes[(*at)++];
        }
    }
    return value;
}

static struct answer read_answer(const uint8_t *bytes, size_t length)
{
    struct answer answer = {.state = -1};
    size_t at = 0;
    for (uint32_t pairs = read_head(bytes, &at); pairs > 0; pairs--) {
        const uint32_t key = read_head(bytes, &at);
        const uint8_t major = bytes[at] >> 5;
        const uint32_t value = read_head(bytes, &at);
        if (major == 3) {
            if (key == EAR_REPLY_ALLOWED) {
                assert_in_range(value, 1, sizeof(answer.why) - 1);
                memcpy(answer.why, bytes + at, value);
            }
            at += value;
        } else if (key == EAR_REPLY_ERROR) {
            assert_int_equal(major, 1);
            answer.err = -1 - (int)value;
        } else if (key == EAR_REPLY_WRITTEN) {
            answer.written = value;
        } else if (key == EAR_REPLY_STATE) {
            answer.state = (int)value;
        }
    }
    assert_int_equal(at, length);
    return answer;
}

/* Over the serial line. */
static struct answer ask(void)
{
    uint8_t out[EAR_QUERY_PAGE_BYTES];
    const int32_t length = ear_agent_ask(&agent, request, request_bytes, out, sizeof(out));

    assert_in_range(length, 1, EAR_DELIVERY_ANSWER_BYTES);
    return read_answer(out, (size_t)length);
}

static struct answer send_piece(const struct parcel *parcel, uint32_t at, uint32_t length)
{
    write_request(parcel, at, length);
    return ask();
}

/* From where it stands to the end; the last answer. */
static struct answer send_rest(const struct parcel *parcel, uint32_t piece)
{
    struct answer answer = send_piece(parcel, 0, 0);
    while (answer.err == 0 && answer.state == EAR_DELIVERY_COMING) {
        const uint32_t left = parcel->length - answer.written, before = answer.written;
        answer = send_piece(parcel, answer.written, left < piece ? left : piece);
        assert_true(answer.err != 0 || answer.written > before);
    }
    return answer;
}

static struct parcel a_pack(const char *name, uint32_t counter, const char *tag)
{
    file.length = 0;
    make_pack(&file, name, counter, 600);
    return (struct parcel){EAR_DELIVERY_PACK, name, tag, file.bytes, (uint32_t)file.length};
}

/* ---- a port for images ---- */

static struct {
    char name[24];
    uint8_t bytes[600];
    uint32_t expected, written;
    bool good, nameless;
    enum ear_err not_now; /* what the next piece is answered with */
    unsigned begun, finished;
} slot;

static enum ear_err slot_begin(void *context, const char *name, uint32_t bytes, const char **why)
{
    (void)context;
    slot.begun++;
    if (bytes > sizeof(slot.bytes)) {
        *why = "room";
        return EAR_ERR_TOO_LONG;
    }
    memcpy(slot.name, name, strlen(name) + 1);
    slot.expected = bytes;
    slot.written = 0;
    return EAR_OK;
}

static enum ear_err slot_write(void *context, uint32_t offset, const void *bytes, uint32_t length, const char **why)
{
    (void)context;
    assert_int_equal(offset, slot.written);
    if (slot.not_now != EAR_OK) {
        *why = "not now";
        return slot.not_now;
    }
    memcpy(slot.bytes + offset, bytes, length);
    slot.written += length;
    return EAR_OK;
}

static enum ear_err slot_finish(void *context, bool *restart, const char **why)
{
    (void)context;
    slot.finished++;
    slot.expected = 0;
    *restart = true;
    *why = "signature";
    return slot.good ? EAR_OK : EAR_ERR_CORRUPT;
}

static uint32_t slot_written(void *context, const char **name, uint32_t *bytes)
{
    (void)context;
    *name = slot.nameless ? NULL : slot.name;
    *bytes = slot.expected;
    return slot.expected > 0 ? slot.written : 0;
}

static const struct ear_delivery_ops slot_ops = {slot_begin, slot_write, slot_finish, slot_written};

static struct parcel an_image(const char *tag)
{
    static uint8_t bytes[500];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    return (struct parcel){EAR_DELIVERY_IMAGE, "1.2.3", tag, bytes, sizeof(bytes)};
}

static int begin(void **state)
{
    (void)set_up(state);
    fake_storage_init(&outbox_flash, SECTOR_BYTES, (2u * EAR_PACKS + 1u) * SLOT_SECTORS);
    config.outbox = (struct ear_storage){0};
    config.packs = outbox_flash.port;
    config.signature = fake_signature;
    memset(&slot, 0, sizeof(slot));
    slot.good = true;
    config.image = (struct ear_delivery_port){.ops = &slot_ops};
    power_on();
    return 0;
}

static int end(void **state)
{
    (void)state;
    pack_bytes_free(&file);
    config.image = (struct ear_delivery_port){0};
    return 0;
}

/* ---- tests ---- */

static void test_a_pack_comes_in_pieces(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    const struct parcel parcel = a_pack("tags", 1, "11111111");
    const struct answer answer = send_rest(&parcel, 100);
    assert_int_equal(answer.err, 0);
    assert_int_equal(answer.state, EAR_DELIVERY_AT_WORK);
    assert_int_equal(answer.written, parcel.length);
    assert_int_equal(agent.packs.taken, 1);
    assert_int_equal(agent.deliveries.taken, 1);
}

static void test_lost_and_repeated_pieces_do_no_harm(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    const struct parcel parcel = a_pack("tags", 1, "11111111");
    assert_int_equal(send_piece(&parcel, 100, 100).written, 0); /* the first is missing: begin there */
    assert_int_equal(send_piece(&parcel, 0, 100).written, 100);
    assert_int_equal(send_piece(&parcel, 0, 100).written, 100);  /* again: its answer was lost */
    assert_int_equal(send_piece(&parcel, 300, 10).written, 100); /* a gap */
    assert_int_equal(send_piece(&parcel, 50, 100).written, 150); /* half of it is there */
    const struct answer answer = send_rest(&parcel, 64);
    assert_int_equal(answer.state, EAR_DELIVERY_AT_WORK);
    const struct answer again = send_piece(&parcel, parcel.length - 10, 10); /* the last, once more */
    assert_int_equal(again.err, 0);
    assert_int_equal(again.state, EAR_DELIVERY_AT_WORK);
    assert_int_equal(again.written, parcel.length);
    assert_int_equal(agent.packs.taken, 1);
}

static void test_a_refused_pack_says_why(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    const struct parcel first = a_pack("tags", 5, "11111111");
    assert_int_equal(send_rest(&first, 200).state, EAR_DELIVERY_AT_WORK);
    const struct parcel older = a_pack("tags", 4, "22222222");
    struct answer answer = send_rest(&older, 200);
    assert_int_equal(answer.err, EAR_ERR_VERSION);
    assert_string_equal(answer.why, "counter");
    struct parcel tampered = a_pack("tags", 6, "33333333");
    file.bytes[file.length / 2] ^= 1;
    tampered.bytes = file.bytes;
    answer = send_rest(&tampered, 200);
    assert_int_equal(answer.err, EAR_ERR_CORRUPT);
    assert_int_equal(agent.deliveries.refused, 2);
    assert_int_equal(agent.packs.taken, 1);
}

static void test_an_image_goes_to_its_port(void **state)
{
    (void)state;
    const struct parcel image = an_image("44444444");
    assert_int_equal(send_piece(&image, 0, 200).written, 200);
    power_on(); /* the port knows what is there, the agent only its name and size */
    assert_int_equal(send_piece(&image, 0, 0).written, 200);
    const struct answer answer = send_rest(&image, 150);
    assert_int_equal(answer.state, EAR_DELIVERY_AFTER_RESTART);
    assert_memory_equal(slot.bytes, image.bytes, image.length);
    assert_int_equal(slot.begun, 1);
    assert_int_equal(slot.finished, 1);
}

/* Power goes between the last piece and the check of the whole: the last piece, sent once more, makes up for that. */
static void test_a_whole_image_that_was_not_checked(void **state)
{
    (void)state;
    const struct parcel image = an_image("44444444");
    assert_int_equal(send_piece(&image, 0, 400).written, 400);
    memcpy(slot.bytes + 400, image.bytes + 400, image.length - 400);
    slot.written = image.length;
    power_on();
    struct answer answer = send_piece(&image, 0, 0); /* asked only, it says how far it is */
    assert_int_equal(answer.written, image.length);
    assert_int_equal(answer.state, EAR_DELIVERY_COMING);
    assert_int_equal(slot.finished, 0);
    answer = send_piece(&image, 400, image.length - 400);
    assert_int_equal(answer.err, 0);
    assert_int_equal(answer.state, EAR_DELIVERY_AFTER_RESTART);
    assert_memory_equal(slot.bytes, image.bytes, image.length);
    assert_int_equal(slot.begun, 1);
    assert_int_equal(slot.finished, 1);
    assert_int_equal(agent.deliveries.taken, 1);
}

/* A port that has forgotten what is coming cannot go on with it: it begins anew. */
static void test_a_port_that_forgot_the_name_begins_anew(void **state)
{
    (void)state;
    const struct parcel image = an_image("44444444");
    assert_int_equal(send_piece(&image, 0, 200).written, 200);
    slot.nameless = true;
    power_on();
    assert_int_equal(send_piece(&image, 200, 100).written, 0);
    assert_int_equal(send_piece(&image, 0, 200).written, 200);
    assert_int_equal(slot.begun, 2);
    slot.nameless = false;
    assert_int_equal(send_rest(&image, 150).state, EAR_DELIVERY_AFTER_RESTART);
    assert_memory_equal(slot.bytes, image.bytes, image.length);
}

static void test_another_of_the_same_name_begins_anew(void **state)
{
    (void)state;
    const struct parcel image = an_image("44444444"), other = an_image("55555555");
    assert_int_equal(send_piece(&image, 0, 200).written, 200);
    assert_int_equal(send_piece(&other, 200, 100).written, 0);
    slot.good = false;
    const struct answer answer = send_rest(&other, 500);
    assert_int_equal(answer.err, EAR_ERR_CORRUPT);
    assert_string_equal(answer.why, "signature");
    assert_int_equal(slot.begun, 2);
}

static void test_range_and_busy_give_nothing_up(void **state)
{
    (void)state;
    static const enum ear_err errs[] = {EAR_ERR_RANGE, EAR_ERR_BUSY};
    const struct parcel image = an_image("44444444"), other = an_image("55555555");
    assert_int_equal(send_piece(&image, 0, 200).written, 200);
    for (size_t i = 0; i < EAR_COUNT_OF(errs); i++) {
        slot.not_now = errs[i];
        assert_int_equal(send_piece(&image, 200, 100).err, errs[i]);
        slot.not_now = EAR_OK;
        assert_int_equal(send_piece(&other, 200, 100).written, 0); /* it is still known whose the first 200 are */
    }
    assert_int_equal(send_rest(&image, 150).state, EAR_DELIVERY_AFTER_RESTART);
    assert_int_equal(slot.begun, 1);
}

static void test_faults_are_answered(void **state)
{
    (void)state;
    struct parcel image = an_image("44444444");
    image.kind = EAR_DELIVERY_PLUGIN; /* no port */
    assert_int_equal(send_piece(&image, 0, 10).err, EAR_ERR_UNKNOWN);
    image = an_image("44444444");
    image.length = 60000;
    assert_int_equal(send_piece(&image, 0, 10).err, EAR_ERR_TOO_LONG);
    write_request(&image, 0, 10);
    for (size_t cut = 1; cut < request_bytes;
         cut++) { /* however it is cut short, it is answered or is no such request */
        if (ear_delivery_is_request(request, cut)) {
            struct ear_delivery_request read;
            const char *why = NULL;
            assert_true(ear_delivery_decode(&read, request, cut, &why) != EAR_OK);
            assert_non_null(why);
        }
    }
    image = an_image("44444444");
    write_request(&image, image.length - 5, 5);
    request[request_bytes - 6] = 0x46; /* claims a piece of 6 bytes */
    assert_int_equal(ask().err, EAR_ERR_SYNTAX);
}

static void test_over_mqtt_there_are_not_many_beginnings(void **state)
{
    (void)state;
    const struct parcel one = an_image("44444444"), two = an_image("55555555");
    connect_broker();
    for (unsigned i = 0; i < 50; i++) {
        write_request(i % 2 ? &one : &two, 0, 10);
        ear_agent_on_cmd(&agent, request, request_bytes);
        ack_all();
    }
    assert_int_equal(slot.begun, 20);
    assert_int_equal(agent.deliveries.refused, 15);        /* the one that had begun may go on */
    assert_int_equal(send_piece(&two, 0, 10).written, 10); /* whoever is at the device may */
    assert_int_equal(slot.begun, 21);
}

static void test_why_a_pack_does_not_come(void **state)
{
    (void)state;
    needs(PHRASES_ENGINE);
    struct pack_manifest manifest = small_manifest("tags", 1);
    struct parcel parcel = a_pack("tags", 1, "11111111");
    file.length = 0;
    sign_pack(&file, &manifest, FAKE_KEY_UNKNOWN);
    parcel.bytes = file.bytes;
    parcel.length = (uint32_t)file.length;
    assert_int_equal(send_rest(&parcel, 200).err, EAR_ERR_EMPTY);
    parcel.length = 60000; /* more than a slot holds */
    parcel.tag = "22222222";
    assert_int_equal(send_piece(&parcel, 0, 10).err, EAR_ERR_TOO_LONG);
    char name[] = "pack00", tag[] = "tag 0000";
    struct answer answer = {.err = 0};
    for (unsigned i = 0; i <= EAR_PACKS && answer.err == 0; i++) {
        name[4] = (char)('0' + i / 10);
        name[5] = (char)('0' + i % 10);
        memcpy(tag + 2, name, 6);
        parcel = a_pack(name, 1, tag);
        answer = send_rest(&parcel, 400);
    }
    assert_int_equal(answer.err, EAR_ERR_FULL);
    outbox_flash.fail_for_good = true;
    outbox_flash.fail_at = 1;
    parcel = a_pack("pack00", 2, "44444444");
    assert_int_equal(send_rest(&parcel, 400).err, EAR_ERR_IO);
}

static void test_on_another_day_there_may_be_others(void **state)
{
    (void)state;
    const struct parcel one = an_image("44444444"), two = an_image("55555555");
    connect_broker();
    for (unsigned day = 1; day <= 2; day++) {
        for (unsigned i = 0; i < 50; i++) {
            write_request(i % 2 ? &one : &two, 0, 10);
            ear_agent_on_cmd(&agent, request, request_bytes);
            ack_all();
        }
        assert_int_equal(slot.begun, 20 * day);
        fake_clock_pass(&wrist, 86400000);
        (void)ear_agent_tick(&agent);
        ack_all();
    }
    struct parcel renamed = an_image("55555555");
    renamed.name = "1.2.4"; /* as long, and the same tag */
    assert_int_equal(send_piece(&renamed, 5, 10).written, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_pack_comes_in_pieces),
        TEST(test_lost_and_repeated_pieces_do_no_harm),
        TEST(test_a_refused_pack_says_why),
        TEST(test_an_image_goes_to_its_port),
        TEST(test_a_whole_image_that_was_not_checked),
        TEST(test_a_port_that_forgot_the_name_begins_anew),
        TEST(test_another_of_the_same_name_begins_anew),
        TEST(test_range_and_busy_give_nothing_up),
        TEST(test_faults_are_answered),
        TEST(test_over_mqtt_there_are_not_many_beginnings),
        TEST(test_why_a_pack_does_not_come),
        TEST(test_on_another_day_there_may_be_others),
    };
    return run_where(EAR_ENABLED(DELIVERIES), tests);
}
