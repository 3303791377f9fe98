/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/judge.c - earshot judge: what a device would say about texts of one's own. */
#include "tools/earshot/judge.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "tools/earshot/earshot.h"

static void print_help(void)
{
    puts(
        "usage: earshot judge [--json] [OPTION...] [FILE]\n"
        "\n"
        "Says what a device would say about messages: reads them from FILE, or standard input, and prints one JSON "
        "object\n"
        "a message with every verdict. Without --json a line is the text of a message, each of a conversation of its "
        "own.\n"
        "\n"
        "  --json          a line is a message, as in an event, or a whole conversation:\n"
        "                    {\"text\": \"where is it?\", \"from\": \"user\", \"conversation\": \"c-1\"}\n"
        "                    {\"id\": \"c-2\", \"turns\": [{\"speaker\": \"user\", \"text\": \"hello\"}]}\n"
        "                  Messages of one conversation may come apart; one without is judged alone. A message may "
        "also\n"
        "                  bear confidence, fallback, attachments and language; events of other kinds are passed over\n"
        "  --pack FILE     also this pack, signed or not, before the build's own plugins, as when it is installed\n"
        "  --native FILE   also this native plugin (docs/native_plugins.md)\n"
        "  --only-given    these alone, without the build's own packs and plugins\n"
        "  --low-confidence SHARE   the operator's threshold for low_confidence (0.4)\n"
        "  --tokens        also the tokens of each text\n"
        "\n"
        "  echo 'I want to talk to a person!' | earshot judge | jq .verdicts\n"
        "  earshot judge --json --pack topics.pack dialogues.ndjson | jq -r .verdicts.topic.label");
}

/* --- conversations --- */

static uint32_t hash_of(const char *text, size_t length)
{
    return ear_text_hash(text, length);
}

static void place(struct judge *judge, struct judge_conversation *conversation)
{
    uint32_t at = hash_of(conversation->id, strlen(conversation->id)) & (judge->capacity - 1);

    while (judge->conversations[at] != NULL) {
        at = (at + 1) & (judge->capacity - 1);
    }
    judge->conversations[at] = conversation;
}

static void make_room(struct judge *judge)
{
    struct judge_conversation **old = judge->conversations;
    const uint32_t old_capacity = judge->capacity;

    judge->capacity = old_capacity > 0 ? 2 * old_capacity : 1024;
    judge->conversations = grow(NULL, judge->capacity * sizeof(void *));
    memset(judge->conversations, 0, judge->capacity * sizeof(void *));
    for (uint32_t i = 0; i < old_capacity; i++) {
        if (old[i] != NULL) {
            place(judge, old[i]);
        }
    }
    free(old);
}

/* What is remembered of a conversation, made when it is first heard of. */
static struct jury_memory *conversation_of(struct judge *judge, const char *id)
{
    if (2 * judge->count >= judge->capacity) {
        make_room(judge);
    }
    for (uint32_t at = hash_of(id, strlen(id)) & (judge->capacity - 1); judge->conversations[at] != NULL;
         at = (at + 1) & (judge->capacity - 1)) {
        if (strcmp(judge->conversations[at]->id, id) == 0) {
            return &judge->conversations[at]->memory;
        }
    }
    struct judge_conversation *conversation = grow(NULL, sizeof *conversation);
    memset(conversation, 0, sizeof *conversation);
    conversation->id = keep(id, strlen(id));
    judge->count++;
    place(judge, conversation);
    return &conversation->memory;
}

/* --- lines --- */

void judge_fault(struct judge *judge, const char *what)
{
    fprintf(stderr, "earshot: %s:%u: %s\n", judge->path, judge->line, what);
    judge->faults++;
}

void judge_message(struct judge *judge, struct judge_message *message, struct jury_memory *memory)
{
    struct jury_memory alone = {.turns = 0};

    if (ear_utf8_validate(message->text, message->length) < message->length) {
        judge_fault(judge, "the text is not UTF-8");
        return;
    }
    if (memory == NULL) {
        memory = message->conversation != NULL ? conversation_of(judge, message->conversation) : &alone;
    }
    message->turn.text = message->text;
    message->turn.low_confidence_permille = judge->low_confidence_permille;
    message->index = memory->turns;
    jury_split(&judge->jury, message->text, message->length);
    jury_judge(&judge->jury, memory, &message->turn);
    judge_show(judge, message);
}

static void judge_line(struct judge *judge, char *line, size_t length)
{
    judge->line++;
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) {
        length--;
    }
    if (length == 0) {
        return;
    }
    if (judge->json) {
        judge_json(judge, line, length);
        return;
    }
    struct judge_message message = {.text = line, .length = length, .turn = {.from = EAR_FROM_USER}};
    judge_message(judge, &message, NULL);
}

static void judge_file(struct judge *judge, const char *path)
{
    FILE *file = path != NULL && strcmp(path, "-") != 0 ? fopen(path, "r") : stdin;
    char *line = NULL;
    size_t room = 0;

    judge->path = path != NULL ? path : "standard input";
    if (file == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    for (ssize_t got; (got = getline(&line, &room, file)) >= 0;) {
        judge_line(judge, line, (size_t)got);
    }
    if (ferror(file)) {
        die("%s: %s", judge->path, strerror(errno));
    }
    free(line);
    fclose(file);
}

/* --- the command line --- */

enum { JSON = 256, PACK, NATIVE, ONLY_GIVEN, LOW_CONFIDENCE, TOKENS };

static bool set_option(struct judge *judge, int option)
{
    switch (option) {
    case JSON:
        judge->json = true;
        return true;
    case PACK:
        judge->packs = grow(judge->packs, (judge->pack_count + 1) * sizeof judge->packs[0]);
        pack_file_read(&judge->packs[judge->pack_count++], optarg);
        return true;
    case NATIVE:
        judge->natives = grow(judge->natives, (judge->native_count + 1) * sizeof judge->natives[0]);
        judge->natives[judge->native_count++] = optarg;
        return true;
    case ONLY_GIVEN:
        judge->only_given = true;
        return true;
    case LOW_CONFIDENCE:
        judge->low_confidence_permille = (uint16_t)(1000 * parse_decimal("--low-confidence", optarg, 0, 1) + 0.5);
        return true;
    case TOKENS:
        judge->tokens = true;
        return true;
    default:
        return false;
    }
}

static void seat(struct judge *judge)
{
    if (judge->only_given && judge->pack_count + judge->native_count == 0) {
        die_usage("--only-given: there is neither --pack nor --native");
    }
    jury_init(&judge->jury);
    for (size_t i = 0; i < judge->pack_count; i++) {
        jury_add_pack(&judge->jury, &judge->packs[i]);
    }
    for (size_t i = 0; i < judge->native_count; i++) {
        jury_add_native(&judge->jury, judge->natives[i]);
    }
    if (!judge->only_given) {
        jury_add_build(&judge->jury);
    }
}

int earshot_judge(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, JSON},
                                            {"pack", required_argument, NULL, PACK},
                                            {"native", required_argument, NULL, NATIVE},
                                            {"only-given", no_argument, NULL, ONLY_GIVEN},
                                            {"low-confidence", required_argument, NULL, LOW_CONFIDENCE},
                                            {"tokens", no_argument, NULL, TOKENS},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static struct judge judge = {.low_confidence_permille = 400};

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (!set_option(&judge, option)) {
            return EARSHOT_USAGE;
        }
    }
    if (optind + 1 < argc) {
        die_usage("%s: one file is meant", argv[optind + 1]);
    }
    seat(&judge);
    judge_file(&judge, argv[optind]);
    const bool well = jury_is_well(&judge.jury) && judge.faults == 0;
    jury_close(&judge.jury);
    return well ? 0 : EARSHOT_FAILED;
}
