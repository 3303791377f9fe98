/* SPDX-License-Identifier: Apache-2.0 */
/* tools/plugin/plugin_run.c - earshot plugin run: messages in, verdicts out, through the process that a device uses. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/earshot/earshot.h"
#include "tools/plugin/plugin.h"

static void print_help(void)
{
    puts(
        "usage: earshot plugin run FILE.so < MESSAGES\n"
        "\n"
        "Reads messages, a line each, all of one conversation until an empty line begins the next. A line may say who\n"
        "wrote it: `bot: ...`, `agent: ...`; else it was the user. Prints what the plugin says to each, then the "
        "line.\n"
        "A plugin that fails is named with the reason, and the program ends with 1. For JSON and whole dialogues:\n"
        "`earshot judge`.\n"
        "\n"
        "  echo 'Where is my parcel?' | earshot plugin run returns.so");
}

static const char *label_of(const struct jury *jury, unsigned question, uint8_t plugin, uint16_t label)
{
    static const char *const sentiments[] = {"neutral", "positive", "negative"};
    if (pack_question_is_yes_no(question)) {
        return label == 1 ? "yes" : "no";
    }
    return question == EAR_ASK_SENTIMENT ? sentiments[label] : ear_host_label(&jury->host, plugin, label);
}

/* Tags and spans; how many. */
static unsigned show_extra(const struct jury *jury)
{
    const struct ear_judgement *judgement = &jury->judgement;
    for (uint16_t i = 0; i < judgement->extra_count; i++) {
        const struct ear_verdict *verdict = &judgement->extra[i].verdict;
        const char *name = pack_question_name(verdict->question);
        if (verdict->question == EAR_ASK_REDACTION) {
            printf("%s %u+%u  ", name, verdict->span_start, verdict->span_length);
        } else {
            printf("%s %s %d  ", name, label_of(jury, verdict->question, judgement->extra[i].plugin, verdict->label),
                   verdict->score);
        }
    }
    return judgement->extra_count;
}

static void show(const struct jury *jury, const char *line)
{
    const struct ear_judgement *judgement = &jury->judgement;
    unsigned said = show_extra(jury);
    for (unsigned question = 0; question < EAR_ASK_COUNT; question++) {
        if ((judgement->answered & EAR_ASK_BIT(question)) != 0) {
            printf("%s %s %d  ", pack_question_name(question),
                   label_of(jury, question, judgement->by[question].plugin, judgement->by[question].label),
                   judgement->by[question].score);
            said++;
        }
    }
    printf("%s| %s\n", said > 0 ? "" : "-  ", line);
}

static enum ear_from sender_of(const char **line)
{
    static const char *const senders[] = {"user: ", "bot: ", "agent: "};
    for (unsigned i = 0; i < EAR_FROM_COUNT; i++) {
        const size_t length = strlen(senders[i]);
        if (strncmp(*line, senders[i], length) == 0) {
            *line += length;
            return (enum ear_from)i;
        }
    }
    return EAR_FROM_USER;
}

static void run(struct jury *jury, FILE *in)
{
    struct jury_memory memory = {.turns = 0};
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, in) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0') {
            memory = (struct jury_memory){.turns = 0};
            continue;
        }
        const char *text = line;
        struct ear_turn turn = {.from = (uint8_t)sender_of(&text), .text = text};
        jury_split(jury, text, strlen(text));
        jury_judge(jury, &memory, &turn);
        show(jury, line);
    }
    free(line);
}

int earshot_plugin_run(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    static struct jury jury;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option != 'h') {
            return EARSHOT_USAGE;
        }
        print_help();
        return 0;
    }
    if (argc - optind != 1) {
        die_usage("earshot plugin run wants one file");
    }
    jury_init(&jury);
    jury_add_native(&jury, argv[optind]);
    run(&jury, stdin);
    const bool well = jury_is_well(&jury);
    jury_close(&jury);
    return well ? 0 : EARSHOT_FAILED;
}
