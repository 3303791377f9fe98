/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/tap.c - earshot tap: subscribe to a broker and show the summaries that arrive. */
#include "tools/earshot/earshot.h"
#include "tools/earshot/tap_session.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

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
         "  --timeout DURATION    stop then; exit status 1 if there never was a session\n"
         "  --record FILE         also write each message there, as a CBOR sequence of [topic, payload]; -: to "
         "standard\n"
         "                        output, and show nothing, for `earshot merge -` and `earshot report -`\n"
         "  --file FILE           show the messages of such a file instead of a broker's\n"
         "\n"
         "  earshot tap --host broker.example --cafile ca.crt --cert me.crt --key me.key --table\n"
         "  earshot tap --host broker.example --cafile ca.crt --cert me.crt --key me.key --json | jq .numbers");
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
        tap->show = strcmp(value, "-") == 0 ? SHOW_NOTHING : tap->show;
        tap->record = tap->show == SHOW_NOTHING ? stdout : fopen(value, "wb");
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
        tap_play_record(&tap);
        return tap_conclude(&tap);
    }
    if (tap.mqtt.ca_file == NULL || tap.mqtt.cert_file == NULL || tap.mqtt.key_file == NULL) {
        die_usage("--cafile, --cert and --key are needed: the broker is verified, and so are we");
    }
    tap_listen(&tap);
    return tap_conclude(&tap);
}
