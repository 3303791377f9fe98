/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/records.c - earshot records: the conversations behind a number. */
#include "tools/earshot/records.h"

#include "tools/earshot/earshot.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

enum { BUSY_PAUSE_US = 300000, BUSY_TRIES = 10 };

static void print_help(void)
{
    puts(
        "usage: earshot records [FILTER...] [OPTION...]\n"
        "\n"
        "Asks a device for its latest conversations, newest first, and prints a line for each. Which words of them it\n"
        "tells is for the device to say ([records] policy in its configuration).\n"
        "\n"
        "  --from TIME --to TIME   started then (2026-03-01T08:00:00Z)   --since DURATION  in the last 90s, 8h, 2d\n"
        "  --status S              open resolved assumed_resolved routed closed_out abandoned\n"
        "  --outcome O             successful mixed unsuccessful\n"
        "  --reason R              human_requested low_confidence repetition_loop incomplete_info other\n"
        "  --tag L --topic L --procedure L --channel L\n"
        "  --csat N | A-B          survey answers on average        --sentiment positive|neutral|negative\n"
        "  --text WORDS            the first question contains them, in any case\n"
        "\n"
        "  --limit N               stop after N conversations\n"
        "  --json                  one JSON object a conversation\n"
        "\n"
        "On the device: --socket PATH ($EARSHOT_SOCKET, else " EARSHOT_SOCKET
        "). From anywhere, over its broker:\n" BROKER_HELP "\n"
        "\n"
        "  earshot records --status routed --reason low_confidence --since 1d\n"
        "  earshot records --device acme/mall-3/kiosk-7 --host broker.example --cafile ca.crt --cert me.crt --key "
        "me.key \\\n"
        "                  --topic refund --csat 1-2 --json | jq .question");
}

/* --- the command line --- */

enum { FROM = 256, TO, SINCE, CSAT, LIMIT, JSON, SOCKET };

/* The filters that go into the question as they are: 1 and on. */
static const char *const plain[] = {"status",    "outcome", "reason",    "tag", "topic",
                                    "procedure", "channel", "sentiment", "text"};
enum { PLAIN = sizeof plain / sizeof plain[0] };

static const struct option options_long[] = {{"status", required_argument, NULL, 1},
                                             {"outcome", required_argument, NULL, 2},
                                             {"reason", required_argument, NULL, 3},
                                             {"tag", required_argument, NULL, 4},
                                             {"topic", required_argument, NULL, 5},
                                             {"procedure", required_argument, NULL, 6},
                                             {"channel", required_argument, NULL, 7},
                                             {"sentiment", required_argument, NULL, 8},
                                             {"text", required_argument, NULL, 9},
                                             {"from", required_argument, NULL, FROM},
                                             {"to", required_argument, NULL, TO},
                                             {"since", required_argument, NULL, SINCE},
                                             {"csat", required_argument, NULL, CSAT},
                                             {"limit", required_argument, NULL, LIMIT},
                                             {"json", no_argument, NULL, JSON},
                                             {"socket", required_argument, NULL, SOCKET},
                                             BROKER_OPTIONS,
                                             {"help", no_argument, NULL, 'h'},
                                             {0}};

static void add_text(struct records *records, const char *name, const char *value)
{
    text_printf(&records->filter, ",\"%s\":", name);
    text_add_json_string(&records->filter, value, strlen(value));
}

static void add_number(struct records *records, const char *name, int64_t value)
{
    text_printf(&records->filter, ",\"%s\":%lld", name, (long long)value);
}

static void add_csat(struct records *records, const char *value)
{
    const bool range = strlen(value) == 3 && value[1] == '-';

    if ((strlen(value) != 1 && !range) || value[0] < '1' || value[0] > '5' ||
        (range && (value[2] < value[0] || value[2] > '5'))) {
        die_usage("--csat %s: 1 to 5 is meant, or a range such as 1-2", value);
    }
    add_number(records, "csat_min", value[0] - '0');
    add_number(records, "csat_max", value[range ? 2 : 0] - '0');
}

static void set_option(struct records *records, int option, const char *value)
{
    switch (option) {
    case FROM:
        add_number(records, "from", parse_time_ms("--from", value) / 1000);
        break;
    case TO:
        add_number(records, "to", parse_time_ms("--to", value) / 1000);
        break;
    case SINCE:
        add_number(records, "from", wall_ms() / 1000 - parse_duration_s("--since", value));
        break;
    case CSAT:
        add_csat(records, value);
        break;
    case LIMIT:
        records->limit = (uint64_t)parse_number("--limit", value, 1, INT64_MAX);
        break;
    case JSON:
        records->json = true;
        break;
    case SOCKET:
        records->socket = value;
        break;
    default:
        if (!broker_option(&records->broker, option, value)) {
            add_text(records, plain[option - 1], value);
        }
        break;
    }
}

/* --- lines --- */

/* Words from outside, without what could move a terminal's cursor. */
static void print_words(const char *words)
{
    for (; *words != '\0'; words++) {
        const unsigned char c = (unsigned char)*words;
        putchar(c < ' ' || c == 0x7f ? '?' : c);
    }
}

static void print_member(yyjson_val *record, const char *name, int width)
{
    const char *text = yyjson_get_str(yyjson_obj_get(record, name));

    printf("%-*s ", width, text != NULL ? text : "-");
}

static void print_list(yyjson_val *record, const char *name)
{
    yyjson_val *list = yyjson_obj_get(record, name), *item;
    size_t i, count;

    yyjson_arr_foreach(list, i, count, item)
    {
        printf("%s", i == 0 ? " " : ",");
        if (i == 0) {
            printf("%s=", name);
        }
        print_words(yyjson_get_str(item));
    }
}

static uint64_t number_at(yyjson_val *record, const char *name, size_t at)
{
    return yyjson_get_uint(yyjson_arr_get(yyjson_obj_get(record, name), at));
}

static void print_line(yyjson_val *record)
{
    char when[TIME_TEXT_BYTES], messages[32];
    const char *channel = yyjson_get_str(yyjson_arr_get(yyjson_obj_get(record, "slice"), 0));
    const char *question = yyjson_get_str(yyjson_obj_get(record, "question"));
    const uint64_t answers = number_at(record, "csat", 0);

    printf("%s ", time_text((int64_t)yyjson_get_uint(yyjson_obj_get(record, "start")) * 1000, when));
    print_member(record, "status", 16);
    print_member(record, "outcome", 12);
    print_member(record, "reason", 15);
    print_member(record, "sentiment", 8);
    snprintf(messages, sizeof messages, "%u/%u/%u", (unsigned)number_at(record, "messages", 0),
             (unsigned)number_at(record, "messages", 1), (unsigned)number_at(record, "messages", 2));
    printf("%-9s", messages);
    if (channel != NULL && channel[0] != '\0') {
        printf(" ");
        print_words(channel);
    }
    if (answers > 0) {
        printf(" csat=%.1f", (double)number_at(record, "csat", 1) / (double)answers);
    }
    print_list(record, "topics");
    print_list(record, "tags");
    print_list(record, "procedures");
    if (question != NULL) {
        printf("  ");
        print_words(question);
    }
    putchar('\n');
}

static void print_record(const struct records *records, yyjson_val *record)
{
    if (!records->json) {
        print_line(record);
        return;
    }
    char *json = yyjson_val_write(record, 0, NULL);
    puts(json != NULL ? json : "{}");
    free(json);
}

/* --- page after page --- */

static yyjson_doc *ask(const struct records *records, uint64_t cursor)
{
    for (int tries = 1;; tries++) {
        const char *answer = records_ask(records, cursor);
        yyjson_doc *doc = yyjson_read(answer, strlen(answer), 0);
        yyjson_val *root = yyjson_doc_get_root(doc);
        const char *error = yyjson_get_str(yyjson_obj_get(root, "error"));
        if (error == NULL && yyjson_is_obj(root)) {
            return doc;
        }
        if (error == NULL || strcmp(error, "busy") != 0 || tries == BUSY_TRIES) {
            const char *field = yyjson_get_str(yyjson_obj_get(root, "field"));
            const char *allowed = yyjson_get_str(yyjson_obj_get(root, "allowed"));
            die("the device refuses the question: %s%s%s; %s is meant", error != NULL ? error : answer,
                field != NULL ? ", " : "", field != NULL ? field : "", allowed != NULL ? allowed : "something else");
        }
        yyjson_doc_free(doc);
        usleep(BUSY_PAUSE_US);
    }
}

/* What the lines do not say: how many there are, and what was held back. */
static int conclude(yyjson_val *root, uint64_t shown)
{
    const char *withheld = yyjson_get_str(yyjson_obj_get(root, "withheld"));
    yyjson_val *matched = yyjson_obj_get(root, "matched");

    if (withheld != NULL && strcmp(withheld, "few") == 0) {
        fputs("earshot records: withheld: too few people match ([records] k)\n", stderr);
        return EARSHOT_FAILED;
    }
    if (matched == NULL) {
        fputs("earshot records: withheld: the device keeps no text to look into ([records] policy is none)\n", stderr);
        return EARSHOT_FAILED;
    }
    fprintf(stderr, "earshot records: %llu of %llu shown%s\n", (unsigned long long)shown,
            (unsigned long long)yyjson_get_uint(matched),
            withheld != NULL ? "; their words are withheld ([records] policy is none)" : "");
    return 0;
}

static int show_all(const struct records *records)
{
    uint64_t cursor = 0, shown = 0;

    for (;;) {
        yyjson_doc *doc = ask(records, cursor);
        yyjson_val *root = yyjson_doc_get_root(doc), *record;
        size_t i, count;
        yyjson_arr_foreach(yyjson_obj_get(root, "records"), i, count, record)
        {
            if (records->limit == 0 || shown < records->limit) {
                print_record(records, record);
                shown++;
            }
        }
        cursor = yyjson_get_uint(yyjson_obj_get(root, "next"));
        if (cursor == 0 || (records->limit > 0 && shown >= records->limit)) {
            const int status = conclude(root, shown);
            yyjson_doc_free(doc);
            return status;
        }
        yyjson_doc_free(doc);
    }
}

int earshot_records(int argc, char **argv)
{
    static struct records records;

    broker_init(&records.broker);
    records.socket = environment("EARSHOT_SOCKET", EARSHOT_SOCKET);
    for (int option; (option = getopt_long(argc, argv, "h", options_long, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option == '?') {
            return EARSHOT_USAGE;
        }
        set_option(&records, option, optarg);
    }
    if (optind < argc) {
        die_usage("%s: what is this for?", argv[optind]);
    }
    (void)broker_is_meant(&records.broker);
    return show_all(&records);
}
