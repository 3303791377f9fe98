/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/compile.c - see compile.h. */
#include "tools/pack/compile.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/pack_file.h"

#define FAULTS_SHOWN 50
#define VERSION_BYTES 15

static const char *const answers[] = {"no", "yes"};
static const char *const moods[] = {"neutral", "positive", "negative"};

/* ---- options ---- */

static uint8_t parse_question(const char *value)
{
    int question = pack_question_of(value);
    if (question < 0 || question == EAR_ASK_REDACTION) {
        die_usage("--question %s: one of tag, topic, language, sentiment, human_requested, repetition_loop, "
                  "low_confidence, incomplete_info is meant",
                  value);
    }
    return (uint8_t)question;
}

static uint8_t parse_from(const char *value)
{
    static const char *const names[EAR_FROM_COUNT] = {"user", "bot", "agent"};
    unsigned hears = 0;
    for (const char *p = value; *p != '\0';) {
        size_t length = strcspn(p, ",");
        unsigned from = 0;
        while (from < EAR_FROM_COUNT && (strlen(names[from]) != length || strncmp(p, names[from], length) != 0)) {
            from++;
        }
        if (from == EAR_FROM_COUNT) {
            die_usage("--from %s: user, bot and agent are meant, with commas between", value);
        }
        hears |= EAR_FROM_BIT(from);
        p += length + (p[length] == ',');
    }
    if (hears == 0) {
        die_usage("--from: user, bot or agent is meant");
    }
    return (uint8_t)hears;
}

static const char *parse_word(const char *option, const char *value)
{
    size_t length = strlen(value);
    for (size_t i = 0; i < length; i++) {
        length = value[i] <= ' ' || value[i] > '~' ? 0 : length;
    }
    if (length == 0 || length > VERSION_BYTES) {
        die_usage("%s %s: 1 to 15 printable characters without blanks are meant", option, value);
    }
    return value;
}

static void parse_languages(struct compile *compile, const char *value)
{
    for (const char *p = value; *p != '\0';) {
        size_t length = strcspn(p, ",");
        if (length != 2 || strspn(p, "abcdefghijklmnopqrstuvwxyz") != 2 ||
            compile->manifest.language_count == EAR_COUNT_OF(compile->languages)) {
            die_usage("--language %s: up to 32 codes of two small letters are meant, with commas between", value);
        }
        compile->languages[compile->manifest.language_count++] = keep(p, length);
        p += length + (p[length] == ',');
    }
}

/* The name given, or that of the output without folders and what follows the first point. */
static void set_name(struct compile *compile, const char *name)
{
    if (name == NULL) {
        const char *slash = strrchr(compile->output, '/');
        name = slash != NULL ? slash + 1 : compile->output;
        name = keep(name, strcspn(name, "."));
    }
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (length == 0 || length >= sizeof compile->name || name[length] != '\0') {
        die_usage("--name %s: 1 to 23 of a-z, 0-9 and _ are meant", name);
    }
    memcpy(compile->name, name, length + 1);
}

static void set_defaults(struct compile *compile)
{
    compile->manifest = (struct pack_manifest){.version = "1.0.0",
                                               .counter = 1,
                                               .question = EAR_ASK_TAG,
                                               .hears = EAR_FROM_BIT(EAR_FROM_USER),
                                               .budget_us = 2000,
                                               .labels = compile->labels,
                                               .thresholds = compile->thresholds,
                                               .languages = compile->languages};
    compile->manifest.name = compile->name;
}

static void set_labels(struct compile *compile)
{
    struct pack_manifest *manifest = &compile->manifest;
    if (pack_question_is_yes_no(manifest->question)) {
        memcpy(compile->labels, answers, sizeof answers);
        manifest->label_count = EAR_COUNT_OF(answers);
    } else if (manifest->question == EAR_ASK_SENTIMENT) {
        memcpy(compile->labels, moods, sizeof moods);
        manifest->label_count = EAR_COUNT_OF(moods);
    }
}

static void take_option(struct compile *compile, int option, const char **name)
{
    struct pack_manifest *manifest = &compile->manifest;
    switch (option) {
    case 'o':
        compile->output = optarg;
        break;
    case 'q':
        manifest->question = parse_question(optarg);
        break;
    case 'n':
        *name = optarg;
        break;
    case 'v':
        manifest->version = parse_word("--version", optarg);
        break;
    case 'c':
        manifest->counter = (uint32_t)parse_number("--counter", optarg, 0, UINT32_MAX);
        break;
    case 'f':
        manifest->hears = parse_from(optarg);
        break;
    case 't':
        compile->threshold = (uint16_t)parse_number("--threshold", optarg, 0, 1000);
        break;
    case 'l':
        parse_languages(compile, optarg);
        break;
    case 'a':
        manifest->about = optarg;
        break;
    case 'b':
        manifest->budget_us = (uint32_t)parse_number("--budget-us", optarg, 1, 1000000);
        break;
    default:
        exit(EARSHOT_USAGE); /* getopt has said why */
    }
}

void compile_options(struct compile *compile, int argc, char **argv, void (*print_help)(void))
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"question", required_argument, NULL, 'q'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"version", required_argument, NULL, 'v'},
                                            {"counter", required_argument, NULL, 'c'},
                                            {"from", required_argument, NULL, 'f'},
                                            {"threshold", required_argument, NULL, 't'},
                                            {"language", required_argument, NULL, 'l'},
                                            {"about", required_argument, NULL, 'a'},
                                            {"budget-us", required_argument, NULL, 'b'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *name = NULL;
    set_defaults(compile);
    for (int option; (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            exit(0);
        }
        take_option(compile, option, &name);
    }
    if (optind + 1 != argc || compile->output == NULL) {
        die_usage("one file to compile, and -o FILE for the pack, are meant");
    }
    compile->input = argv[optind];
    set_name(compile, name);
    set_labels(compile);
}

/* ---- lines ---- */

void compile_fault(struct compile *compile, uint32_t line, const char *format, ...)
{
    va_list arguments;
    if (++compile->faults > FAULTS_SHOWN) {
        return;
    }
    fprintf(stderr, "%s:", compile->input);
    if (line != 0) {
        fprintf(stderr, "%u:", line);
    }
    fputc(' ', stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static char *trim(char *text, size_t length)
{
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL) {
        length--;
    }
    text[length] = '\0';
    return text + strspn(text, " \t");
}

void compile_lines(struct compile *compile, void (*take)(void *context, uint32_t line, char *text), void *context)
{
    size_t length = 0;
    char *text = read_file(compile->input, &length);
    char *end = text + length;
    uint32_t line = 0;
    char *p = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text; /* a mark that it is UTF-8 */
    while (p < end) {
        char *newline = memchr(p, '\n', (size_t)(end - p));
        char *stop = newline != NULL ? newline : end;
        size_t bytes = (size_t)(stop - p);
        size_t valid = ear_utf8_validate(p, bytes);
        line++;
        if (valid != bytes || memchr(p, '\0', bytes) != NULL) {
            compile_fault(compile, line, "byte %zu is not UTF-8; the file is plain text in UTF-8",
                          (valid != bytes ? valid : (size_t)((char *)memchr(p, '\0', bytes) - p)) + 1);
        } else {
            char *trimmed = trim(p, bytes);
            if (*trimmed != '\0' && *trimmed != '#') {
                take(context, line, trimmed);
            }
        }
        p = stop + 1;
    }
}

int32_t compile_label(struct compile *compile, uint32_t line, const char *text)
{
    struct pack_manifest *manifest = &compile->manifest;
    bool fixed = manifest->question < EAR_ASK_TOPIC;
    for (uint16_t i = 0; i < manifest->label_count; i++) {
        if (strcmp(text, compile->labels[i]) == 0) {
            compile->used[i] = compile->used[i] != 0 ? compile->used[i] : line;
            return i;
        }
    }
    size_t length = strlen(text);
    if (fixed) {
        compile_fault(compile, line, "there is no label `%s`; %s has %s", text, pack_question_name(manifest->question),
                      manifest->question == EAR_ASK_SENTIMENT ? "neutral, positive and negative" : "yes and no");
    } else if (manifest->question == EAR_ASK_LANGUAGE &&
               (length != 2 || strspn(text, "abcdefghijklmnopqrstuvwxyz") != 2)) {
        compile_fault(compile, line, "a language is two small letters of ISO 639-1, not `%s`", text);
    } else if (length == 0 || length > EAR_PLUGIN_LABEL_BYTES) {
        compile_fault(compile, line, "a label has 1 to %d bytes, this one has %zu", EAR_PLUGIN_LABEL_BYTES, length);
    } else if (manifest->label_count == EAR_PACK_LABELS_MAX) {
        compile_fault(compile, line, "more than %u labels", EAR_PACK_LABELS_MAX);
    } else {
        compile->labels[manifest->label_count] = keep(text, length);
        compile->used[manifest->label_count] = line;
        return manifest->label_count++;
    }
    return -1;
}

/* ---- the pack ---- */

int compile_write(struct compile *compile, enum ear_engine_id engine, uint16_t engine_version,
                  const struct pack_bytes *body, const char *what)
{
    struct pack_manifest *manifest = &compile->manifest;
    struct pack_bytes out = {0};
    struct ear_model model;
    struct ear_pack_fault fault;
    if (compile->faults > 0) {
        fprintf(stderr, "earshot: %u fault%s in %s; nothing is written\n", compile->faults,
                compile->faults == 1 ? "" : "s", compile->input);
        return EARSHOT_FAILED;
    }
    for (uint16_t i = 0; i < manifest->label_count; i++) {
        compile->thresholds[i] = compile->used[i] != 0 ? compile->threshold : EAR_PACK_NEVER;
    }
    manifest->engine = (uint16_t)engine;
    manifest->engine_version = engine_version;
    manifest->body = body->bytes;
    manifest->body_bytes = body->length;
    pack_write_manifest(&out, manifest);
    if (!ear_model_open(&model, out.bytes, (uint32_t)out.length, NULL, &fault)) {
        die("%s: what was made of it is no pack: %s", compile->input, pack_fault_says(&fault));
    }
    write_file(compile->output, out.bytes, out.length);
    fprintf(stderr, "%s: %s %s answers %s: %s, %u label%s, %zu bytes\n", compile->output, manifest->name,
            manifest->version, pack_question_name(manifest->question), what, manifest->label_count,
            manifest->label_count == 1 ? "" : "s", out.length);
    pack_bytes_free(&out);
    return 0;
}
