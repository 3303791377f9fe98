/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/tap.c - earshot tap: subscribe to a broker and show the summaries that arrive. */
#include "tools/earshot/tap.h"

#include "platform/linux/ear_mqtt.h"
#include "tools/earshot/earshot.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { RETRY_MS = 1000, REDRAW_MS = 500, CHECK_MS = 500, TABLE_WIDTH = 110, TABLE_ROWS = 24 };

enum show { SHOW_LINES, SHOW_JSON, SHOW_TABLE };

struct tap {
    struct ear_mqtt_config mqtt;
    const char *topic;
    enum show show;
    unsigned resolution;
    uint64_t until_count; /* 0: no end */
    int64_t timeout_ms;   /* 0: none */
    const char *expect;
    const char *file;
    FILE *record;

    struct ear_mqtt *session;
    struct tap_store store;
    bool terminal;
    bool changed;
    unsigned drawn_lines;
    int64_t retry_at_ms; /* 0: not waiting */
    int64_t drawn_ms, checked_ms;
    char last_reason[EAR_MQTT_REASON_BYTES];
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void print_help(void)
{
    puts("usage: earshot tap --cafile FILE --cert FILE --key FILE [OPTION...]\n"
         "\n"
         "Subscribes to the broker over mutually authenticated TLS and shows the summaries that arrive.\n"
         "\n"
         "  --host NAME           the broker (127.0.0.1)          --cafile FILE  who vouches for it\n"
         "  --port N              (8883)                          --cert FILE    our certificate\n"
         "  --server-name NAME    in its certificate (the host)   --key FILE     and its key\n"
         "  --tls 1.2|1.3         only this version               --client-id ID (earshot-tap-<pid>)\n"
         "  --topic FILTER        (earshot/1/#)\n"
         "\n"
         "  --json                one JSON object a message, with the catalogue's names\n"
         "  --table               a table of the devices, redrawn as summaries arrive; once, at the end, where "
         "standard\n"
         "                        output is no terminal\n"
         "  --resolution R        windows that the table adds up: minute, hour (default) or day\n"
         "\n"
         "  --count N             stop after N summaries\n"
         "  --until-equal FILE    stop when the sums are what `earshot sim --expect FILE` says; exit status 1, and "
         "what\n"
         "                        differs, if the timeout comes first\n"
         "  --timeout DURATION    stop then\n"
         "  --record FILE         also write each message there, as a CBOR sequence of [topic, payload]\n"
         "  --file FILE           show the messages of such a file instead of a broker's\n"
         "\n"
         "  earshot tap --host broker.example --cafile ca.crt --cert me.crt --key me.key --table\n"
         "  earshot tap --host broker.example --cafile ca.crt --cert me.crt --key me.key --json | jq .numbers");
}

static struct winsize terminal_size(void)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        size.ws_col = TABLE_WIDTH;
        size.ws_row = TABLE_ROWS;
    }
    return size;
}

/* Over what was drawn before: up by its lines, or on a clear screen if they are more than it has; each line cleared to
 * its end. */
static void draw_table(struct tap *tap)
{
    struct text table = {0}, screen = {0};

    const struct winsize size = terminal_size();

    tap_to_table(&tap->store, tap->resolution, tap->terminal ? size.ws_col : TABLE_WIDTH, &table);
    if (tap->terminal && tap->drawn_lines >= size.ws_row) {
        text_printf(&screen, "\033[H\033[2J");
    } else if (tap->terminal && tap->drawn_lines > 0) {
        text_printf(&screen, "\033[%uA\r", tap->drawn_lines);
    }
    unsigned lines = 0;
    for (char *rest = table.bytes, *line; (line = strsep(&rest, "\n")) != NULL && rest != NULL; lines++) {
        text_printf(&screen, "%s%s\n", line, tap->terminal ? "\033[K" : "");
    }
    if (tap->terminal) {
        text_printf(&screen, "\033[J");
    }
    fwrite(screen.bytes, 1, screen.length, stdout);
    fflush(stdout);
    tap->drawn_lines = lines;
    tap->drawn_ms = monotonic_ms();
    tap->changed = false;
    text_free(&table);
    text_free(&screen);
}

/* Lines about the session; under a live table they would break it. */
static void remark(const struct tap *tap, const char *text, const char *detail)
{
    if (!(tap->show == SHOW_TABLE && tap->terminal)) {
        fprintf(stderr, "earshot tap: %s%s\n", text, detail);
    }
}

static void take(void *context, const char *topic, const uint8_t *bytes, size_t length)
{
    struct tap *tap = context;
    static struct tap_arrival arrival;
    struct text text = {0};

    if (!tap_store_take(&tap->store, topic, bytes, length, &arrival, &text)) {
        if (text.length > 0) {
            remark(tap, "", text.bytes);
        }
    } else if (tap->show == SHOW_TABLE) {
        tap->changed = true;
    } else {
        if (tap->show == SHOW_JSON) {
            tap_to_json(&arrival, &text);
        } else {
            tap_to_line(&arrival, &text);
        }
        puts(text.bytes);
        fflush(stdout);
    }
    text_free(&text);
}

static void on_message(void *context, const struct ear_mqtt_message *message)
{
    struct tap *tap = context;

    if (tap->record != NULL) {
        tap_record(tap->record, message->topic, message->bytes, message->length);
    }
    take(tap, message->topic, message->bytes, message->length);
}

static void on_connected(void *context)
{
    struct tap *tap = context;

    if (ear_mqtt_subscribe(tap->session, tap->topic) != 0) {
        die("cannot subscribe to %s", tap->topic);
    }
    tap->last_reason[0] = '\0';
    remark(tap, "subscribed to ", tap->topic);
}

static void on_lost(void *context, const char *reason)
{
    struct tap *tap = context;

    if (strcmp(tap->last_reason, reason) != 0) {
        remark(tap, "no session: ", reason);
        snprintf(tap->last_reason, sizeof tap->last_reason, "%s", reason);
    }
    tap->retry_at_ms = monotonic_ms() + RETRY_MS;
}

static int shorter(int a, int64_t b)
{
    return a < 0 || b < a ? (int)(b > 0 ? b : 0) : a;
}

/* Until something happens or is due. */
static void wait_for_more(struct tap *tap)
{
    struct pollfd fd = {.fd = ear_mqtt_fd(tap->session), .events = POLLIN};
    int timeout_ms = shorter(ear_mqtt_timeout_ms(tap->session), CHECK_MS);

    if (tap->retry_at_ms > 0) {
        timeout_ms = shorter(timeout_ms, tap->retry_at_ms - monotonic_ms());
    }
    poll(&fd, 1, timeout_ms);
    ear_mqtt_run(tap->session);
    if (tap->retry_at_ms > 0 && monotonic_ms() >= tap->retry_at_ms && ear_mqtt_connect(tap->session, NULL) == 0) {
        tap->retry_at_ms = 0;
    }
}

static bool is_equal(struct tap *tap)
{
    struct text differences = {0};

    if (tap->expect == NULL || monotonic_ms() - tap->checked_ms < CHECK_MS) {
        return false;
    }
    tap->checked_ms = monotonic_ms();
    const bool equal = tap_is_as_expected(&tap->store, tap->resolution, tap->expect, &differences);
    text_free(&differences);
    return equal;
}

static bool is_done(struct tap *tap, int64_t begun_ms)
{
    return stopped || is_equal(tap) || (tap->until_count > 0 && tap->store.summaries >= tap->until_count) ||
           (tap->timeout_ms > 0 && monotonic_ms() - begun_ms >= tap->timeout_ms);
}

static void listen_to_broker(struct tap *tap)
{
    const struct ear_mqtt_handler handler = {
        .connected = on_connected, .lost = on_lost, .message = on_message, .context = tap};
    char reason[EAR_MQTT_REASON_BYTES];
    const int64_t begun_ms = monotonic_ms();

    tap->session = ear_mqtt_open(&tap->mqtt, &handler, reason);
    if (tap->session == NULL) {
        die("%s", reason);
    }
    tap->retry_at_ms = begun_ms;
    while (!is_done(tap, begun_ms)) {
        wait_for_more(tap);
        const int64_t since_ms = monotonic_ms() - tap->drawn_ms;
        if (tap->show == SHOW_TABLE && tap->terminal && since_ms >= (tap->changed ? REDRAW_MS : 2 * REDRAW_MS)) {
            draw_table(tap);
        }
    }
    ear_mqtt_disconnect(tap->session);
    ear_mqtt_close(tap->session);
}

/* What was asked for at the end: the table, and whether all is as expected. */
static int conclude(struct tap *tap)
{
    struct text differences = {0};
    int status = 0;

    if (tap->show == SHOW_TABLE) {
        draw_table(tap);
    }
    if (tap->expect != NULL && !tap_is_as_expected(&tap->store, tap->resolution, tap->expect, &differences)) {
        fprintf(stderr, "earshot tap: not as expected:\n%s", differences.bytes);
        status = EARSHOT_FAILED;
    } else if (tap->until_count > 0 && tap->store.summaries < tap->until_count) {
        fprintf(stderr, "earshot tap: %llu of %llu summaries arrived\n", (unsigned long long)tap->store.summaries,
                (unsigned long long)tap->until_count);
        status = EARSHOT_FAILED;
    }
    text_free(&differences);
    return status;
}

enum {
    HOST = 256,
    PORT,
    SERVER_NAME,
    TLS,
    CLIENT_ID,
    CAFILE,
    CERT,
    KEY,
    TOPIC,
    JSON,
    TABLE,
    RESOLUTION,
    COUNT,
    EQUAL,
    TIMEOUT,
    RECORD,
    FROM_FILE
};

static const struct option options_long[] = {{"host", required_argument, NULL, HOST},
                                             {"port", required_argument, NULL, PORT},
                                             {"server-name", required_argument, NULL, SERVER_NAME},
                                             {"tls", required_argument, NULL, TLS},
                                             {"client-id", required_argument, NULL, CLIENT_ID},
                                             {"cafile", required_argument, NULL, CAFILE},
                                             {"cert", required_argument, NULL, CERT},
                                             {"key", required_argument, NULL, KEY},
                                             {"topic", required_argument, NULL, TOPIC},
                                             {"json", no_argument, NULL, JSON},
                                             {"table", no_argument, NULL, TABLE},
                                             {"resolution", required_argument, NULL, RESOLUTION},
                                             {"count", required_argument, NULL, COUNT},
                                             {"until-equal", required_argument, NULL, EQUAL},
                                             {"timeout", required_argument, NULL, TIMEOUT},
                                             {"record", required_argument, NULL, RECORD},
                                             {"file", required_argument, NULL, FROM_FILE},
                                             {"help", no_argument, NULL, 'h'},
                                             {0}};

static void set_tls(struct tap *tap, const char *value)
{
    if (strcmp(value, "1.2") == 0) {
        tap->mqtt.tls_min = tap->mqtt.tls_max = EAR_TLS_1_2;
    } else if (strcmp(value, "1.3") == 0) {
        tap->mqtt.tls_min = tap->mqtt.tls_max = EAR_TLS_1_3;
    } else {
        die_usage("--tls %s: 1.2 or 1.3 is meant", value);
    }
}

static void set_resolution(struct tap *tap, const char *value)
{
    for (unsigned r = 0; r < EAR_RESOLUTIONS; r++) {
        if (strcmp(value, tap_resolution_name(r)) == 0) {
            tap->resolution = r;
            return;
        }
    }
    die_usage("--resolution %s: minute, hour or day is meant", value);
}

static void set_session_option(struct tap *tap, int option, const char *value)
{
    switch (option) {
    case HOST:
        tap->mqtt.host = value;
        break;
    case PORT:
        tap->mqtt.port = (uint16_t)parse_number("--port", value, 1, 65535);
        break;
    case SERVER_NAME:
        tap->mqtt.server_name = value;
        break;
    case TLS:
        set_tls(tap, value);
        break;
    case CLIENT_ID:
        tap->mqtt.client_id = value;
        break;
    case CAFILE:
        tap->mqtt.ca_file = value;
        break;
    case CERT:
        tap->mqtt.cert_file = value;
        break;
    case KEY:
        tap->mqtt.key_file = value;
        break;
    default:
        tap->topic = value;
        break;
    }
}

static void set_option(struct tap *tap, int option, const char *value)
{
    switch (option) {
    case JSON:
        tap->show = SHOW_JSON;
        break;
    case TABLE:
        tap->show = SHOW_TABLE;
        break;
    case RESOLUTION:
        set_resolution(tap, value);
        break;
    case COUNT:
        tap->until_count = (uint64_t)parse_number("--count", value, 1, INT64_MAX);
        break;
    case EQUAL:
        tap->expect = value;
        break;
    case TIMEOUT:
        tap->timeout_ms = 1000 * parse_duration_s("--timeout", value);
        break;
    case RECORD:
        tap->record = fopen(value, "wb");
        if (tap->record == NULL) {
            die("%s: %s", value, strerror(errno));
        }
        break;
    case FROM_FILE:
        tap->file = value;
        break;
    default:
        set_session_option(tap, option, value);
        break;
    }
}

int earshot_tap(int argc, char **argv)
{
    static struct tap tap = {
        .mqtt = {.host = "127.0.0.1", .port = 8883, .tls_min = EAR_TLS_1_2, .tls_max = EAR_TLS_1_3},
        .topic = "earshot/1/#",
        .resolution = EAR_HOUR};

    for (int option; (option = getopt_long(argc, argv, "h", options_long, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option == '?') {
            return EARSHOT_USAGE;
        }
        set_option(&tap, option, optarg);
    }
    if (optind < argc) {
        die_usage("%s: what is this for?", argv[optind]);
    }
    if (tap.mqtt.client_id == NULL) {
        tap.mqtt.client_id = keep_printf("earshot-tap-%d", (int)getpid());
    }
    tap.terminal = isatty(STDOUT_FILENO) == 1;
    if (tap.file != NULL) {
        tap_read_frames(tap.file, take, &tap);
        return conclude(&tap);
    }
    if (tap.mqtt.ca_file == NULL || tap.mqtt.cert_file == NULL || tap.mqtt.key_file == NULL) {
        die_usage("--cafile, --cert and --key are needed: the broker is verified, and so are we");
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    listen_to_broker(&tap);
    return conclude(&tap);
}
