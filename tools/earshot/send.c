/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/send.c - earshot send: events from arguments or standard input to a running earshotd. */
#include "tools/earshot/client.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/events.h"
#include "tools/field/field.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_TIMEOUT_MS = 10000, OUT_BYTES = 262144 };

struct send {
    struct client client;
    bool verbose;
    uint64_t refused;
};

static void print_help(void)
{
    puts("usage: earshot send [--socket PATH] [--cbor] [-v] [EVENT...]\n"
         "       earshot send --serial PORT [-v] [FILE | EVENT...]\n"
         "\n"
         "Each EVENT is one JSON object; without any, they are read from standard input, one a line. Answers that are\n"
         "faults are printed (all, with -v). The exit status is 1 if an event was refused.\n"
         "\n"
         "  --socket PATH  where earshotd listens ($EARSHOT_SOCKET, else " EARSHOT_SOCKET ")\n"
         "  --cbor         convert to CBOR and send a CBOR sequence\n"
         "  -v, --verbose  print every answer\n"
         "  --serial PORT  to a board instead: /dev/ttyUSB0, tcp:HOST:PORT or unix:PATH. Takes JSON lines or CBOR,\n"
         "                 also from a file; what is lost on the line is sent again, and not counted twice\n"
         "\n"
         "One event:\n"
         "  earshot send -v '{\"kind\":\"message\",\"conversation\":\"c1\",\"from\":\"user\",\"text\":\"Hello\"}'\n"
         "A file of them:\n"
         "  earshot send <events.ndjson\n"
         "As a conversation goes on, from another program:\n"
         "  kiosk-program | earshot send\n"
         "To a board on the desk:\n"
         "  earshot send --serial /dev/ttyUSB0 events.ndjson");
}

static void on_answer(void *context, struct client *client, const char *answer, size_t length)
{
    struct send *send = context;
    const bool ok = client_is_ok(answer, length);

    (void)client;
    send->refused += ok ? 0 : 1;
    if (!ok || send->verbose) {
        printf("%.*s\n", (int)length, answer);
    }
}

static void queue(struct send *send, const char *bytes, size_t length)
{
    struct ear_event event;
    struct text packed = {0}, why = {0};

    if (length == 0) {
        return;
    }
    if (!send->client.binary) {
        struct text line = {0};
        text_add(&line, bytes, length);
        text_add(&line, "\n", 1);
        client_queue(&send->client, line.bytes, line.length);
        text_free(&line);
    } else if (events_from_json(&event, bytes, length, &why)) {
        events_add(&packed, &event, true);
        client_queue(&send->client, packed.bytes, packed.length);
    } else {
        printf("not sent: %s: %.*s\n", why.bytes, (int)length, bytes);
        send->refused++;
    }
    text_free(&packed);
    text_free(&why);
}

/* Lines of standard input. The daemon's pace is ours: nothing more is read while much waits to be sent. */
static bool queue_input(struct send *send)
{
    struct text in = {0};
    char block[65536];
    bool open = true;

    for (;;) {
        const bool full = send->client.out.length > OUT_BYTES;
        if (!client_pump(&send->client, 1, full ? -1 : STDIN_FILENO, full ? 1000 : -1)) {
            open = false;
            break;
        }
        if (full || !is_readable(STDIN_FILENO)) {
            continue;
        }
        const ssize_t got = read(STDIN_FILENO, block, sizeof block);
        if (got <= 0) {
            break;
        }
        text_add(&in, block, (size_t)got);
        size_t at = 0;
        for (const char *end; (end = memchr(in.bytes + at, '\n', in.length - at)) != NULL;) {
            const size_t length = (size_t)(end - in.bytes) - at;
            queue(send, in.bytes + at, length);
            at += length + 1;
        }
        text_drop(&in, at);
    }
    queue(send, in.bytes, in.length);
    text_free(&in);
    return open;
}

int earshot_send(int argc, char **argv)
{
    static const struct option options[] = {
        {"socket", required_argument, NULL, 's'}, {"serial", required_argument, NULL, 'b'},
        {"cbor", no_argument, NULL, 'c'},         {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {0}};
    struct send send = {.client = {.on_answer = on_answer, .context = &send}};
    const char *path = environment("EARSHOT_SOCKET", EARSHOT_SOCKET);
    const char *port = NULL;

    for (int option; (option = getopt_long(argc, argv, "vh", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            path = optarg;
            break;
        case 'b':
            port = optarg;
            break;
        case 'c':
            send.client.binary = true;
            break;
        case 'v':
            send.verbose = true;
            break;
        case 'h':
            print_help();
            return 0;
        default:
            return EARSHOT_USAGE;
        }
    }
    if (port != NULL) {
        return field_send(port, argv + optind, argc - optind, send.verbose);
    }
    client_open(&send.client, path);
    bool open = true;
    for (int i = optind; i < argc; i++) {
        queue(&send, argv[i], strlen(argv[i]));
    }
    if (optind == argc) {
        open = queue_input(&send);
    }
    if (!open || !client_finish(&send.client, 1, ANSWER_TIMEOUT_MS)) {
        die("%s: %llu of %llu events were answered, then earshotd %s", path, (unsigned long long)send.client.answered,
            (unsigned long long)send.client.sent, send.client.fd < 0 ? "closed the connection" : "fell silent");
    }
    client_close(&send.client);
    return send.refused > 0 ? EARSHOT_FAILED : 0;
}
