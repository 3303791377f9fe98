/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/deliver.c - earshot deliver: a pack, a firmware image or a native plugin to a device, in pieces, over its
 * broker or a serial line. The device says how far it has come, so an interrupted one goes on where it stood. */
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "core/tell/ear_delivery_request.h"
#include "core/tell/ear_query.h"
#include "mbedtls/sha256.h"
#include "platform/json/ear_query_json.h"
#include "tools/earshot/broker.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/pack_file.h"
#include "tools/field/field.h"
#include "tools/field/serial.h"

enum { SERIAL = 256, NAME, PIECE, QUIET, REQUEST_BYTES = 8192, JSON_BYTES = 1024, TRIES = 5 };

/* What goes, and on which way. */
struct delivery {
    struct broker broker;
    const char *port; /* of the serial line; NULL: over the broker */
    struct serial serial;
    const char *path;
    uint8_t kind;
    char name[EAR_DELIVERY_NAME_BYTES + 1];
    const uint8_t *bytes;
    uint32_t length, piece;
    uint8_t tag[EAR_DELIVERY_TAG_BYTES];
    bool quiet;
    bool answered; /* over the serial line */
    char answer[JSON_BYTES];
    uint16_t number;
};

static void print_help(void)
{
    puts("usage: earshot deliver pack|image|plugin FILE [OPTION...]\n"
         "\n"
         "Gives a device a signed pack, firmware image or native plugin while it runs. Sent again after a break, it "
         "goes on\n"
         "where it stood. The device checks the signature; nothing is at work before that.\n"
         "\n"
         "From anywhere, over its broker:\n" BROKER_HELP "\n"
         "At the device:\n"
         "  --serial PORT           /dev/ttyUSB0, tcp:HOST:PORT or unix:PATH\n"
         "\n"
         "  --name NAME             a pack's is in it; of others it is the file's, for the device's log\n"
         "  --piece BYTES           in one request (512; the device says if that is too long)\n"
         "  --quiet                 only say how it ended\n"
         "\n"
         "  earshot deliver image earshot_b.img --serial /dev/ttyUSB0\n"
         "  earshot deliver pack refunds.signed.pack --device acme/mall-3/kiosk-7 --host broker.example \\\n"
         "                  --cafile ca.crt --cert me.crt --key me.key");
}

/* --- a request --- */

struct out {
    uint8_t bytes[REQUEST_BYTES];
    size_t length;
};

/* The shortest head (RFC 8949 4.2.1). */
static void put_head(struct out *out, unsigned major, uint32_t value)
{
    const unsigned size = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
    const unsigned info = size == 0 ? value : size == 1 ? 24 : size == 2 ? 25 : 26;

    out->bytes[out->length++] = (uint8_t)(major << 5 | info);
    for (unsigned i = size; i > 0; i--) {
        out->bytes[out->length++] = (uint8_t)(value >> 8 * (i - 1));
    }
}

static void put_number(struct out *out, unsigned key, uint32_t value)
{
    put_head(out, 0, key);
    put_head(out, 0, value);
}

static void put_string(struct out *out, unsigned key, unsigned major, const void *bytes, size_t length)
{
    put_head(out, 0, key);
    put_head(out, major, (uint32_t)length);
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

/* length 0: only asks how far it has come. */
static void write_request(const struct delivery *delivery, const char *id, uint32_t at, uint32_t length,
                          struct out *out)
{
    enum { BYTES = 2, TEXT = 3, MAP = 5 };

    out->length = 0;
    put_head(out, MAP, length > 0 ? 8 : 7);
    put_string(out, EAR_QUERY_KEY_id, TEXT, id, strlen(id));
    put_string(out, EAR_QUERY_KEY_ask, TEXT, "deliver", 7);
    put_number(out, EAR_DELIVERY_KEY_KIND, delivery->kind);
    put_string(out, EAR_DELIVERY_KEY_NAME, TEXT, delivery->name, strlen(delivery->name));
    put_number(out, EAR_DELIVERY_KEY_BYTES, delivery->length);
    put_string(out, EAR_DELIVERY_KEY_TAG, BYTES, delivery->tag, sizeof delivery->tag);
    put_number(out, EAR_DELIVERY_KEY_AT, at);
    if (length > 0) {
        put_string(out, EAR_DELIVERY_KEY_PIECE, BYTES, delivery->bytes + at, length);
    }
}

/* --- asking --- */

static void on_frame(void *context, const struct ear_frame *frame)
{
    struct delivery *delivery = context;
    struct ear_json_out out = {.bytes = delivery->answer, .capacity = sizeof delivery->answer};

    if (frame->kind == EAR_FRAME_REPLY && frame->number == delivery->number) {
        delivery->answered = ear_query_to_json(frame->body, frame->length, &out) && ear_json_out_length(&out) >= 0;
        delivery->answer[delivery->answered ? out.length : 0] = '\0';
    }
}

static const char *ask_serial(struct delivery *delivery, const struct out *request)
{
    const int64_t until_ms = monotonic_ms() + delivery->broker.timeout_ms;
    const struct ear_frame frame = {.kind = EAR_FRAME_REQUEST,
                                    .number = ++delivery->number,
                                    .body = request->bytes,
                                    .length = (uint16_t)request->length};

    delivery->answered = false;
    if (!serial_send_frame(&delivery->serial, &frame)) {
        die("%s: the line is gone", delivery->port);
    }
    while (!delivery->answered) {
        const int64_t left_ms = until_ms - monotonic_ms();
        if (left_ms <= 0) {
            return NULL;
        }
        if (!serial_pump(&delivery->serial, -1, (int)left_ms)) {
            die("%s: the line is gone", delivery->port);
        }
    }
    return delivery->answer;
}

/* Ask until there is an answer: requests may come twice. Free the document. */
static yyjson_doc *ask(struct delivery *delivery, uint32_t at, uint32_t length)
{
    static struct out request;

    for (int tries = 0; tries < TRIES; tries++) {
        write_request(delivery, broker_next_id(), at, length, &request);
        const char *answer = delivery->port != NULL ? ask_serial(delivery, &request)
                                                    : broker_ask(&delivery->broker, request.bytes, request.length);
        yyjson_doc *doc = answer != NULL ? yyjson_read(answer, strlen(answer), 0) : NULL;
        if (yyjson_is_obj(yyjson_doc_get_root(doc))) {
            return doc;
        }
        yyjson_doc_free(doc);
    }
    die("%s: no answer after %d tries of %lld ms - is the device there, and does it take deliveries?",
        delivery->port != NULL ? delivery->port : delivery->broker.device, TRIES,
        (long long)delivery->broker.timeout_ms);
}

/* --- all of it --- */

static void say_refused(const struct delivery *delivery, yyjson_val *root)
{
    const char *error = yyjson_get_str(yyjson_obj_get(root, "error"));
    const char *why = yyjson_get_str(yyjson_obj_get(root, "allowed"));

    fprintf(stderr, "earshot: %s: the device refuses it: %s: %s\n", delivery->path, error != NULL ? error : "?",
            why != NULL ? why : "?");
}

static void say_progress(const struct delivery *delivery, uint32_t written)
{
    if (!delivery->quiet) {
        fprintf(stderr, "\r%s: %u of %u bytes", delivery->name, written, delivery->length);
    }
}

static int conclude(const struct delivery *delivery, const char *state)
{
    if (!delivery->quiet) {
        fputs("\n", stderr);
    }
    printf("%s: %s\n", delivery->name,
           strcmp(state, "after_restart") == 0 ? "taken; at work after a restart of the device" : "taken and at work");
    return 0;
}

static int deliver(struct delivery *delivery)
{
    uint32_t at = 0, length = 0, refused_at = UINT32_MAX;

    for (;;) {
        yyjson_doc *doc = ask(delivery, at, length);
        yyjson_val *root = yyjson_doc_get_root(doc);
        const uint32_t written = (uint32_t)yyjson_get_uint(yyjson_obj_get(root, "written"));
        const char *state = yyjson_get_str(yyjson_obj_get(root, "state"));
        if (state == NULL) {
            say_refused(delivery, root);
            yyjson_doc_free(doc);
            return EARSHOT_FAILED;
        }
        if (strcmp(state, "coming") != 0) {
            yyjson_doc_free(doc);
            return conclude(delivery, state);
        }
        yyjson_doc_free(doc);
        if (written > delivery->length || (length > 0 && written == refused_at)) {
            die("%s: the device does not get beyond byte %u", delivery->path, written);
        }
        refused_at = length > 0 && written == at ? written : UINT32_MAX;
        say_progress(delivery, written);
        at = written;
        length = delivery->length - at < delivery->piece ? delivery->length - at : delivery->piece;
        if (length == 0) { /* all there, and yet not concluded: its last piece once more */
            at = delivery->length - 1;
            length = 1;
        }
    }
}

/* --- the command line --- */

static uint8_t kind_of(const char *word)
{
    static const char *const kinds[EAR_DELIVERY_KINDS] = {"pack", "image", "plugin"};

    for (unsigned i = 0; i < EAR_DELIVERY_KINDS; i++) {
        if (strcmp(word, kinds[i]) == 0) {
            return (uint8_t)i;
        }
    }
    die_usage("deliver %s: a pack, an image or a plugin is meant", word);
}

/* The file's name as a word for logs. */
static void name_after(struct delivery *delivery, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t length = 0;

    for (name = slash != NULL ? slash + 1 : name; *name != '\0' && length < EAR_DELIVERY_NAME_BYTES; name++) {
        const bool known = isalnum((unsigned char)*name) || strchr("_-.+", *name) != NULL;
        delivery->name[length++] = known ? *name : '_';
    }
    delivery->name[length] = '\0';
}

static void read_it(struct delivery *delivery, const char *name)
{
    struct pack_file pack;
    uint8_t hash[32];
    size_t length;

    delivery->bytes = (const uint8_t *)read_file(delivery->path, &length);
    if (length == 0 || length > INT32_MAX) {
        die("%s: %zu bytes are nothing to deliver", delivery->path, length);
    }
    delivery->length = (uint32_t)length;
    name_after(delivery, name != NULL ? name : delivery->path);
    if (delivery->kind == EAR_DELIVERY_PACK) {
        pack_file_read(&pack, delivery->path);
        name_after(delivery, pack.pack.name);
    }
    if (mbedtls_sha256(delivery->bytes, length, hash, 0) != 0) {
        die("%s: SHA-256 cannot be computed", delivery->path);
    }
    memcpy(delivery->tag, hash, sizeof delivery->tag);
}

static void set_option(struct delivery *delivery, int option, const char *value, const char **name)
{
    switch (option) {
    case SERIAL:
        delivery->port = value;
        break;
    case NAME:
        *name = value;
        break;
    case PIECE:
        delivery->piece = (uint32_t)parse_number("--piece", value, 1, 4096);
        break;
    case QUIET:
        delivery->quiet = true;
        break;
    default:
        (void)broker_option(&delivery->broker, option, value);
        break;
    }
}

int earshot_deliver(int argc, char **argv)
{
    static const struct option options[] = {BROKER_OPTIONS,
                                            {"serial", required_argument, NULL, SERIAL},
                                            {"name", required_argument, NULL, NAME},
                                            {"piece", required_argument, NULL, PIECE},
                                            {"quiet", no_argument, NULL, QUIET},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static struct delivery delivery = {.piece = 512};
    const char *name = NULL;

    broker_init(&delivery.broker);
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option == '?') {
            return EARSHOT_USAGE;
        }
        set_option(&delivery, option, optarg, &name);
    }
    if (argc - optind != 2) {
        die_usage("deliver: what (pack, image or plugin), and the FILE");
    }
    delivery.kind = kind_of(argv[optind]);
    delivery.path = argv[optind + 1];
    if (broker_is_meant(&delivery.broker) == (delivery.port != NULL)) {
        die_usage("deliver: either --serial PORT, or --host and --device");
    }
    read_it(&delivery, name);
    if (delivery.port != NULL) {
        serial_open(&delivery.serial, delivery.port);
        delivery.serial.on_frame = on_frame;
        delivery.serial.context = &delivery;
    }
    return deliver(&delivery);
}
