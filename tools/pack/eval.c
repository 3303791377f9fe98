/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/eval.c - earshot pack eval: packs measured on labelled texts, by the engines and host of a device. */
#include "tools/pack/eval.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/earshot/earshot.h"
#include "tools/pack/pack.h"

struct eval {
    struct eval_wish wish;
    struct eval_map *maps;
    bool together;
    struct pack_file *packs;
    size_t pack_count;
    struct eval_set *sets;
    size_t set_count;
    struct eval_names names;
    struct eval_figures *results;
    size_t result_count;
    bool well;
};

static void print_help(void)
{
    puts(
        "usage: earshot pack eval PACK... FILE.tsv... [OPTION...]\n"
        "\n"
        "Measures packs on labelled texts with the engines and the plugin host that devices have. Each pack is judged "
        "on\n"
        "each file, alone. A line of a file is label TAB text, or label TAB text TAB text: a conversation of two\n"
        "messages, of which the last is judged.\n"
        "\n"
        "  --json           figures for programs: one object; with several packs or files {\"results\": [...]}\n"
        "  --reject LABEL   this label of the files means none of the others: no verdict is then right. Also measures\n"
        "                   AUROC of rejection. Default: the pack's own reject label\n"
        "  --map FROM=TO    take label FROM of the files for TO; '*=TO': every label that the pack does not have\n"
        "  --by-threshold   also with every other threshold in place of the pack's: 0, 50, ... 1000\n"
        "  --together       the packs as one device would have them: of two verdicts the first wins\n"
        "  --linked         together with what is linked into this build; may be without any pack\n"
        "  --question NAME  which is meant, where they answer different ones: human_requested repetition_loop\n"
        "                   low_confidence incomplete_info sentiment topic language tag\n"
        "  --from SENDER    who wrote the messages: user, bot or agent. Default: whom the pack hears\n"
        "\n"
        "  earshot pack eval topics.pack mine.tsv\n"
        "  earshot pack eval topics.pack mine.tsv --reject other --json | jq .accuracy,.auroc\n"
        "  earshot pack eval human.pack banking.tsv --map '*=other'\n"
        "  earshot pack eval --linked --question repetition_loop pairs.tsv --map repeat=yes --map new=no");
}

/* --- the command line --- */

enum { JSON = 256, REJECT, MAP, BY_THRESHOLD, TOGETHER, LINKED, QUESTION, FROM };

static void add_map(struct eval *eval, const char *value)
{
    const char *sign = strchr(value, '=');

    if (sign == NULL || sign == value || sign[1] == '\0') {
        die_usage("--map %s: FROM=TO is meant, two labels", value);
    }
    eval->maps = grow(eval->maps, (eval->wish.map_count + 1) * sizeof eval->maps[0]);
    eval->maps[eval->wish.map_count++] = (struct eval_map){keep(value, (size_t)(sign - value)), sign + 1};
    eval->wish.maps = eval->maps;
}

static int parse_sender(const char *value)
{
    static const char *const senders[] = {"user", "bot", "agent"};

    for (int i = 0; i < EAR_FROM_COUNT; i++) {
        if (strcmp(senders[i], value) == 0) {
            return i;
        }
    }
    die_usage("--from %s: user, bot or agent is meant", value);
}

static int parse_question(const char *value)
{
    const int question = pack_question_of(value);

    if (question < 0) {
        die_usage("--question %s: there is none of that name", value);
    }
    return question;
}

static bool set_option(struct eval *eval, int option)
{
    switch (option) {
    case JSON:
        eval->wish.json = true;
        return true;
    case REJECT:
        eval->wish.reject = optarg;
        return true;
    case MAP:
        add_map(eval, optarg);
        return true;
    case BY_THRESHOLD:
        eval->wish.by_threshold = true;
        return true;
    case TOGETHER:
        eval->together = true;
        return true;
    case LINKED:
        eval->wish.linked = eval->together = true;
        return true;
    case QUESTION:
        eval->wish.question = parse_question(optarg);
        return true;
    case FROM:
        eval->wish.from = parse_sender(optarg);
        return true;
    default:
        return false;
    }
}

static void add_file(struct eval *eval, const char *path)
{
    if (pack_file_is(path)) {
        eval->packs = grow(eval->packs, (eval->pack_count + 1) * sizeof eval->packs[0]);
        pack_file_read(&eval->packs[eval->pack_count++], path);
        return;
    }
    eval->sets = grow(eval->sets, (eval->set_count + 1) * sizeof eval->sets[0]);
    eval_read(&eval->sets[eval->set_count++], path, &eval->names);
}

/* --- measuring --- */

static void measure_steps(struct eval_figures *figures, struct eval_judge *judge, struct eval_names *names,
                          struct eval_answer *answers)
{
    for (unsigned i = 0; i < EVAL_STEPS; i++) {
        struct eval_step *step = &figures->steps[i];
        eval_set_threshold(judge, (uint16_t)(i * EVAL_STEP), true);
        eval_answers(judge, names, figures->set, answers);
        for (size_t row = 0; row < figures->set->count; row++) {
            const bool right = answers[row].said == figures->truth[row];
            const bool answered = answers[row].score >= 0 && answers[row].said != judge->none;
            step->answered += answered;
            step->right_answers += answered && right;
            step->right += right;
        }
    }
    eval_restore(judge);
    figures->has_steps = true;
}

static void measure(struct eval *eval, struct eval_judge *judge, const struct eval_set *set)
{
    struct eval_figures *figures = &eval->results[eval->result_count++];
    struct eval_answer *answers = grow(NULL, set->count * sizeof answers[0]);
    uint32_t *truth = grow(NULL, set->count * sizeof truth[0]);

    for (size_t i = 0; i < set->count; i++) {
        truth[i] = eval_truth(judge, &eval->wish, &eval->names, set, &set->rows[i]);
    }
    *figures = (struct eval_figures){.judge = judge, .set = set, .truth = truth, .auroc = -1};
    eval_answers(judge, &eval->names, set, answers);
    eval_figure(figures, answers, eval->names.count);
    eval_time(judge, set, &figures->split_ns, &figures->all_ns);
    if (judge->reject != EVAL_NOBODY) {
        eval_set_threshold(judge, 0, false);
        eval_answers(judge, &eval->names, set, answers);
        figures->auroc = eval_auroc(figures, answers);
        eval_restore(judge);
    }
    if (eval->wish.by_threshold) {
        measure_steps(figures, judge, &eval->names, answers);
    }
    free(answers);
}

static void measure_all(struct eval *eval)
{
    const size_t judge_count = eval->together ? 1 : eval->pack_count;
    struct eval_judge *judges = grow(NULL, judge_count * sizeof judges[0]);

    eval->results = grow(NULL, judge_count * eval->set_count * sizeof eval->results[0]);
    eval->well = true;
    for (size_t i = 0; i < judge_count; i++) {
        eval_seat(&judges[i], eval->packs + i, eval->together ? eval->pack_count : 1, &eval->wish, &eval->names);
        for (size_t set = 0; set < eval->set_count; set++) {
            measure(eval, &judges[i], &eval->sets[set]);
        }
        eval->well = jury_is_well(judges[i].jury) && eval->well;
    }
}

static void show_all(const struct eval *eval)
{
    if (eval->wish.json) {
        eval_show_json(eval->results, eval->result_count, &eval->names);
        return;
    }
    for (size_t i = 0; i < eval->result_count; i++) {
        eval_show(&eval->results[i], &eval->names);
    }
    if (eval->result_count > 1) {
        eval_show_table(eval->results, eval->result_count);
    }
}

int earshot_pack_eval(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, JSON},
                                            {"reject", required_argument, NULL, REJECT},
                                            {"map", required_argument, NULL, MAP},
                                            {"by-threshold", no_argument, NULL, BY_THRESHOLD},
                                            {"together", no_argument, NULL, TOGETHER},
                                            {"linked", no_argument, NULL, LINKED},
                                            {"question", required_argument, NULL, QUESTION},
                                            {"from", required_argument, NULL, FROM},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct eval eval = {.wish = {.question = -1, .from = -1}};

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (!set_option(&eval, option)) {
            return EARSHOT_USAGE;
        }
    }
    for (int i = optind; i < argc; i++) {
        add_file(&eval, argv[i]);
    }
    if (eval.set_count == 0 || (eval.pack_count == 0 && !eval.wish.linked)) {
        die_usage("a pack (or --linked) and a file of labelled texts are needed");
    }
    measure_all(&eval);
    show_all(&eval);
    return eval.well ? 0 : EARSHOT_FAILED;
}
