/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_options.c - the command line of `earshot pack train`. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pack/train.h"

static const char help[] =
    "usage: earshot pack train FILE.tsv... -o OUT.pack [OPTION...]\n"
    "\n"
    "Makes a pack for the linear engine out of labelled texts: a line of a file is label TAB text. Prints what it "
    "chose\n"
    "and how good it is. The same files and options give the same bytes. docs/training.md tells all of it.\n"
    "\n"
    "what it is\n"
    "  -o FILE              the pack, not signed yet (`earshot pack sign`)\n"
    "  --question NAME      what it answers: topic (default) tag language sentiment human_requested incomplete_info\n"
    "                       repetition_loop low_confidence\n"
    "  --name NAME          where devices keep it, [a-z0-9_], at most 23; default: the file's name\n"
    "  --version TEXT       default 1.0.0\n"
    "  --counter N          devices take none with a lower one than they had; default 1\n"
    "  --about TEXT, --source NAME=LICENCE, --languages en,de   for people, in the manifest\n"
    "\n"
    "which rows\n"
    "  --map FROM=TO        take label FROM for TO; '*=TO': every label that no other --map or --drop names\n"
    "  --drop LABEL         leave its rows out\n"
    "  --yes LABEL          of yes-or-no questions: the label that means yes; all others mean no\n"
    "  --reject LABEL       it means none of the others: no verdict is given\n"
    "  --weight FILE=N      rows of this file count N times, 1..20\n"
    "  --windows N          learn also N short pieces of each text: for languages\n"
    "  --dev FILE.tsv       measured, not learnt; may be given several times. Without: cross-validation\n"
    "\n"
    "how it is made; what is not given is chosen by trying\n"
    "  --size KB            of the signed file, 1..1024; default 64\n"
    "  --features LIST      of word negated pair mark gram2 gram3 gram4 script, with commas\n"
    "  --embed, --direct    vectors and a matrix, or (of 2 or 3 labels) weights themselves\n"
    "  --dims N --bits 1|4  of vectors; default 32 of 1 bit\n"
    "  --c C                LIBLINEAR's\n"
    "  --group              each file has a bias of its own, which is left out of the pack (direct)\n"
    "  --lexicon FILE:SCALE words TAB valence; says what words mean that are rare in the rows (direct)\n"
    "  --precision P        give a label only where P (0.5..1) of such verdicts were right in cross-validation\n"
    "  --never-no           of yes-or-no questions: say yes or nothing, so that others are asked too\n"
    "  --seed N             of what is drawn at random; default 1\n"
    "  --json               figures for programs\n"
    "\n"
    "  earshot pack train mine.tsv -o topics.pack\n"
    "  earshot pack train train.tsv --dev dev.tsv --reject other --size 16 -o topics.pack";

enum {
    OPT_QUESTION = 256,
    OPT_NAME,
    OPT_VERSION,
    OPT_COUNTER,
    OPT_ABOUT,
    OPT_SOURCE,
    OPT_LANGUAGES,
    OPT_MAP,
    OPT_DROP,
    OPT_YES,
    OPT_REJECT,
    OPT_WEIGHT,
    OPT_WINDOWS,
    OPT_DEV,
    OPT_SIZE,
    OPT_FEATURES,
    OPT_EMBED,
    OPT_DIRECT,
    OPT_DIMS,
    OPT_BITS,
    OPT_C,
    OPT_GROUP,
    OPT_LEXICON,
    OPT_PRECISION,
    OPT_NEVER_NO,
    OPT_SEED,
    OPT_JSON,
    OPT_HELP
};

static const struct option options[] = {{"question", required_argument, NULL, OPT_QUESTION},
                                        {"name", required_argument, NULL, OPT_NAME},
                                        {"version", required_argument, NULL, OPT_VERSION},
                                        {"counter", required_argument, NULL, OPT_COUNTER},
                                        {"about", required_argument, NULL, OPT_ABOUT},
                                        {"source", required_argument, NULL, OPT_SOURCE},
                                        {"languages", required_argument, NULL, OPT_LANGUAGES},
                                        {"map", required_argument, NULL, OPT_MAP},
                                        {"drop", required_argument, NULL, OPT_DROP},
                                        {"yes", required_argument, NULL, OPT_YES},
                                        {"reject", required_argument, NULL, OPT_REJECT},
                                        {"weight", required_argument, NULL, OPT_WEIGHT},
                                        {"windows", required_argument, NULL, OPT_WINDOWS},
                                        {"dev", required_argument, NULL, OPT_DEV},
                                        {"size", required_argument, NULL, OPT_SIZE},
                                        {"features", required_argument, NULL, OPT_FEATURES},
                                        {"embed", no_argument, NULL, OPT_EMBED},
                                        {"direct", no_argument, NULL, OPT_DIRECT},
                                        {"dims", required_argument, NULL, OPT_DIMS},
                                        {"bits", required_argument, NULL, OPT_BITS},
                                        {"c", required_argument, NULL, OPT_C},
                                        {"group", no_argument, NULL, OPT_GROUP},
                                        {"lexicon", required_argument, NULL, OPT_LEXICON},
                                        {"precision", required_argument, NULL, OPT_PRECISION},
                                        {"never-no", no_argument, NULL, OPT_NEVER_NO},
                                        {"seed", required_argument, NULL, OPT_SEED},
                                        {"json", no_argument, NULL, OPT_JSON},
                                        {"help", no_argument, NULL, OPT_HELP},
                                        {NULL, 0, NULL, 0}};

static const char *const families[EAR_FAMILY_COUNT] = {"word",  "negated", "pair",  "mark",
                                                       "gram2", "gram3",   "gram4", "script"};

const char *train_family_names(unsigned bits)
{
    static char names[80];

    names[0] = '\0';
    for (unsigned i = 0; i < EAR_FAMILY_COUNT; i++) {
        if ((bits & EAR_FAMILY_BIT(i)) != 0) {
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] != '\0' ? " " : "",
                     families[i]);
        }
    }
    return names;
}

static unsigned family_of(const char *name, size_t length)
{
    for (unsigned i = 0; i < EAR_FAMILY_COUNT; i++) {
        if (strlen(families[i]) == length && strncmp(families[i], name, length) == 0) {
            return EAR_FAMILY_BIT(i);
        }
    }
    die_usage("--features %.*s: word negated pair mark gram2 gram3 gram4 script are meant", (int)length, name);
}

static void set_features(struct train_wish *wish, const char *list)
{
    wish->families = 0;
    if (strcmp(list, "auto") == 0) {
        return;
    }
    for (const char *at = list; *at != '\0';) {
        const size_t length = strcspn(at, ", ");
        wish->families |= family_of(at, length);
        at += length + (at[length] != '\0');
    }
}

static void add_map(struct train_wish *wish, const char *value, bool drop)
{
    const char *sign = strchr(value, '=');

    if (wish->map_count == sizeof wish->maps / sizeof wish->maps[0]) {
        die_usage("--map, --drop: more than %zu of them", sizeof wish->maps / sizeof wish->maps[0]);
    }
    if (!drop && (sign == NULL || sign == value || sign[1] == '\0')) {
        die_usage("--map %s: FROM=TO is meant, two labels", value);
    }
    wish->maps[wish->map_count++] =
        drop ? (struct train_map){value, NULL} : (struct train_map){keep(value, (size_t)(sign - value)), sign + 1};
}

static void add_source(struct train_wish *wish, const char *value)
{
    const char *sign = strrchr(value, '=');

    if (sign == NULL || sign == value || sign[1] == '\0') {
        die_usage("--source %s: NAME=LICENCE is meant", value);
    }
    if (wish->source_count == sizeof wish->sources / sizeof wish->sources[0]) {
        die_usage("--source: more than %zu of them", sizeof wish->sources / sizeof wish->sources[0]);
    }
    wish->sources[wish->source_count++] = (struct pack_source){keep(value, (size_t)(sign - value)), sign + 1};
}

static void set_languages(struct train_wish *wish, const char *list)
{
    for (const char *at = list; *at != '\0';) {
        const size_t length = strcspn(at, ", ");
        if (length != 2 || wish->language_count == sizeof wish->languages / sizeof wish->languages[0]) {
            die_usage("--languages %s: up to 64 times two letters of ISO 639-1 are meant, with commas", list);
        }
        wish->languages[wish->language_count++] = keep(at, length);
        at += length + (at[length] != '\0');
    }
}

static void add_lexicon(struct train_wish *wish, const char *value)
{
    const char *colon = strrchr(value, ':');

    if (colon == NULL || wish->lexicon_count == sizeof wish->lexicons / sizeof wish->lexicons[0]) {
        die_usage("--lexicon %s: FILE:SCALE is meant, at most 4 times", value);
    }
    wish->lexicons[wish->lexicon_count++] = (struct train_lexicon){keep(value, (size_t)(colon - value)),
                                                                   parse_decimal("--lexicon", colon + 1, 0.001, 1000)};
}

static unsigned question_of(const char *name)
{
    const int question = pack_question_of(name);

    if (question < 0 || question == EAR_ASK_REDACTION) {
        die_usage("--question %s: topic tag language sentiment human_requested incomplete_info repetition_loop "
                  "low_confidence are meant",
                  name);
    }
    return (unsigned)question;
}

/* Of what is known only when all is read. */
static const char *weights[TRAIN_FILES_MAX];
static unsigned weight_count;

static bool set_meaning(struct train_wish *wish, int option)
{
    switch (option) {
    case 'o':
        wish->out = optarg;
        return true;
    case OPT_QUESTION:
        wish->question = question_of(optarg);
        return true;
    case OPT_NAME:
        wish->name = optarg;
        return true;
    case OPT_VERSION:
        wish->version = optarg;
        return true;
    case OPT_COUNTER:
        wish->counter = (uint32_t)parse_number("--counter", optarg, 0, UINT32_MAX);
        return true;
    case OPT_ABOUT:
        wish->about = optarg;
        return true;
    case OPT_SOURCE:
        add_source(wish, optarg);
        return true;
    case OPT_LANGUAGES:
        set_languages(wish, optarg);
        return true;
    case OPT_MAP:
        add_map(wish, optarg, false);
        return true;
    case OPT_DROP:
        add_map(wish, optarg, true);
        return true;
    case OPT_YES:
        wish->yes = optarg;
        return true;
    case OPT_REJECT:
        wish->reject = optarg;
        return true;
    default:
        return false;
    }
}

static bool set_making(struct train_wish *wish, int option)
{
    switch (option) {
    case OPT_WINDOWS:
        wish->windows = (unsigned)parse_number("--windows", optarg, 0, 8);
        return true;
    case OPT_SIZE:
        wish->size_kb = parse_decimal("--size", optarg, 1, 1024);
        return true;
    case OPT_FEATURES:
        set_features(wish, optarg);
        return true;
    case OPT_EMBED:
        wish->kind = TRAIN_EMBED;
        return true;
    case OPT_DIRECT:
        wish->kind = TRAIN_DIRECT;
        return true;
    case OPT_DIMS:
        wish->dims = (unsigned)parse_number("--dims", optarg, 2, EAR_LINEAR_DIMS_MAX);
        return true;
    case OPT_BITS:
        wish->bits = parse_number("--bits", optarg, 1, 4) == 1 ? 1 : 4;
        return true;
    case OPT_C:
        wish->c = parse_decimal("--c", optarg, 0.0001, 1000);
        return true;
    case OPT_GROUP:
        wish->group = true;
        return true;
    case OPT_LEXICON:
        add_lexicon(wish, optarg);
        return true;
    case OPT_PRECISION:
        wish->precision = parse_decimal("--precision", optarg, 0.5, 1);
        return true;
    case OPT_NEVER_NO:
        wish->never_no = true;
        return true;
    case OPT_SEED:
        wish->seed = (uint64_t)parse_number("--seed", optarg, 0, UINT32_MAX);
        return true;
    case OPT_JSON:
        wish->json = true;
        return true;
    default:
        return false;
    }
}

static void set_option(struct train_wish *wish, int option)
{
    if (set_meaning(wish, option) || set_making(wish, option)) {
        return;
    }
    if ((option == OPT_WEIGHT && weight_count == TRAIN_FILES_MAX) ||
        (option == OPT_DEV && wish->dev_count == TRAIN_FILES_MAX)) {
        die_usage("more than %u --weight or --dev", TRAIN_FILES_MAX);
    }
    if (option == OPT_WEIGHT) {
        weights[weight_count++] = optarg;
    } else if (option == OPT_DEV) {
        wish->devs[wish->dev_count++] = optarg;
    } else {
        die_usage("no such option, or one without its value"); /* getopt has said which */
    }
}

static void set_weight(struct train_wish *wish, const char *value)
{
    const char *sign = strrchr(value, '=');
    bool found = false;

    sign = sign != NULL ? sign : strrchr(value, ':');
    if (sign == NULL) {
        die_usage("--weight %s: FILE=N is meant", value);
    }
    const size_t length = (size_t)(sign - value);
    for (unsigned i = 0; i < wish->file_count; i++) {
        if (strlen(wish->files[i].path) == length && strncmp(wish->files[i].path, value, length) == 0) {
            wish->files[i].weight = (unsigned)parse_number("--weight", sign + 1, 1, 20);
            found = true;
        }
    }
    if (!found) {
        die_usage("--weight %s: %.*s is not among the files", value, (int)length, value);
    }
}

/* The file's name, as far as a pack's name may be like it. */
static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = keep(slash != NULL ? slash + 1 : path, strlen(slash != NULL ? slash + 1 : path));
    const size_t length = strcspn(name, ".");

    name[length < 23 ? length : 23] = '\0';
    for (char *c = name; *c != '\0'; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
        *c = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ? *c : '_';
    }
    return name;
}

static void check(struct train_wish *wish)
{
    const bool yes_no = pack_question_is_yes_no(wish->question);

    if (wish->file_count == 0) {
        die_usage("which file? A line of it is label TAB text");
    }
    if (wish->out == NULL) {
        die_usage("-o FILE: where does the pack go?");
    }
    if (!yes_no && (wish->yes != NULL || wish->never_no)) {
        die_usage("--yes, --never-no: --question %s is not answered by yes or no", pack_question_name(wish->question));
    }
    if (yes_no && wish->reject != NULL) {
        die_usage("--reject: --question %s is answered by yes or no", pack_question_name(wish->question));
    }
    if (strlen(wish->version) > 15) {
        die_usage("--version %s: at most 15 bytes", wish->version);
    }
    wish->name = wish->name != NULL ? wish->name : name_of(wish->out);
    if (wish->name[0] == '\0' || strlen(wish->name) > 23 ||
        strspn(wish->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(wish->name)) {
        die_usage("--name %s: 1 to 23 of a-z 0-9 _ are allowed", wish->name);
    }
}

bool train_options(struct train_wish *wish, int argc, char **argv)
{
    *wish = (struct train_wish){.version = "1.0.0", .counter = 1, .question = EAR_ASK_TOPIC, .size_kb = 64, .seed = 1};
    for (int option; (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        if (option == 'h' || option == OPT_HELP) {
            puts(help);
            return false;
        }
        set_option(wish, option);
    }
    for (int i = optind; i < argc; i++) {
        if (wish->file_count == TRAIN_FILES_MAX) {
            die_usage("more than %u files", TRAIN_FILES_MAX);
        }
        wish->files[wish->file_count++] = (struct train_file){argv[i], 1};
    }
    for (unsigned i = 0; i < weight_count; i++) {
        set_weight(wish, weights[i]);
    }
    check(wish);
    return true;
}
