/* SPDX-License-Identifier: Apache-2.0 */
/* tools/docs/events_page.c - a filter that makes the made parts of docs/events.md anew, from the vocabulary and from
 * the decoders themselves:
 *
 *   events_page docs/events.jsonl < docs/events.md > new.md
 *
 * A made part stands between `<!-- made: NAME -->` and `<!-- end -->`. Exit code 1 where an example is refused, a kind
 * has none, or a part is not known. Host only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hear/ear_event_field.h"
#include "platform/json/ear_answer.h"
#include "platform/json/ear_event_json.h"

#define LINE_BYTES 4096

static struct ear_json json;
static char examples[EAR_KIND_COUNT][LINE_BYTES]; /* one a kind */

static const char *const says[EAR_KIND_COUNT] = {
#define EAR_KIND(code, NAME, name, required, text) [code] = text,
#include "core/hear/ear_event.def"
};

static const char *const type_names[EAR_TYPE_COUNT] = {[EAR_TYPE_UINT] = "number",
                                                       [EAR_TYPE_TIME] = "time",
                                                       [EAR_TYPE_PERMILLE] = "share",
                                                       [EAR_TYPE_BOOL] = "truth",
                                                       [EAR_TYPE_ID] = "id",
                                                       [EAR_TYPE_LABEL] = "label",
                                                       [EAR_TYPE_TEXT] = "text",
                                                       [EAR_TYPE_LANGUAGE] = "language",
                                                       [EAR_TYPE_CURRENCY] = "currency",
                                                       [EAR_TYPE_KIND] = "name",
                                                       [EAR_TYPE_FROM] = "name",
                                                       [EAR_TYPE_REASON] = "name",
                                                       [EAR_TYPE_MODE] = "name",
                                                       [EAR_TYPE_BY] = "name",
                                                       [EAR_TYPE_RECEIPT] = "name",
                                                       [EAR_TYPE_SENTIMENT] = "name"};

static void fail(const char *what, const char *detail)
{
    (void)fprintf(stderr, "events_page: %s: %s\n", what, detail);
    exit(EXIT_FAILURE);
}

static void read_examples(const char *path)
{
    char line[LINE_BYTES];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail("cannot be read", path);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        struct ear_event event;
        struct ear_fault fault;
        line[strcspn(line, "\n")] = '\0';
        if (ear_event_from_json(&json, &event, line, strlen(line), &fault) != EAR_OK) {
            fail(ear_err_name(fault.err), line);
        }
        if (examples[event.kind][0] != '\0') {
            fail("a second example of one kind", line);
        }
        memcpy(examples[event.kind], line, sizeof(line));
    }
    (void)fclose(file);
    for (unsigned kind = 1; kind < EAR_KIND_COUNT; kind++) {
        if (ear_event_kind_name(kind) != NULL && examples[kind][0] == '\0') {
            fail("no example", ear_event_kind_name(kind));
        }
    }
}

static void make_kinds(void)
{
    for (unsigned kind = 1; kind < EAR_KIND_COUNT; kind++) {
        (void)printf("### `%s` (%u)\n\n%s", ear_event_kind_name(kind), kind, says[kind]);
        const char *before = " Needs ";
        for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
            if ((ear_event_required(kind) & (1u << key)) != 0) {
                (void)printf("%s`%s`", before, ear_event_field_name(key));
                before = ", ";
            }
        }
        (void)printf("%s\n\n```json\n%s\n```\n\n", before[0] == ',' ? "." : "", examples[kind]);
    }
}

static void make_fields(void)
{
    (void)printf("| key | field | is a | holds |\n|---|---|---|---|\n");
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        const struct ear_event_field *field = ear_event_field(key);
        const char *holds = key == EAR_EVENT_KEY_kind ? "one of the kinds below" : ear_event_allowed(key);
        (void)printf("| %u | `%s` | %s | %s |\n", key, ear_event_field_name(key), type_names[field->type], holds);
    }
}

static void make_names(void)
{
    (void)printf("| field | names, with their codes in CBOR |\n|---|---|\n");
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        enum ear_event_type type = (enum ear_event_type)ear_event_field(key)->type;
        if (type < EAR_TYPE_FROM) {
            continue;
        }
        (void)printf("| `%s` |", ear_event_field_name(key));
        for (unsigned code = 0; ear_event_name(type, code) != NULL; code++) {
            (void)printf("%s `%s` %u", code > 0 ? "," : "", ear_event_name(type, code), code);
        }
        (void)printf(" |\n");
    }
}

/* Up to ten bytes in a column of 30 characters, and what they are. */
static void print_hex(const uint8_t *bytes, size_t length, const char *what)
{
    char column[64] = "";
    size_t shown = length <= 10 ? length : 9;
    for (size_t i = 0; i < shown; i++) {
        (void)snprintf(column + 3 * i, sizeof(column) - 3 * i, "%02x ", bytes[i]);
    }
    (void)snprintf(column + 3 * shown, sizeof(column) - 3 * shown, "%s", shown < length ? ".." : "");
    (void)printf("%-30s  %s\n", column, what);
}

/* The example of a message, field by field: each is encoded alone, and the map's head taken off. */
static void make_cbor(void)
{
    struct ear_event event;
    struct ear_fault fault;
    uint8_t bytes[LINE_BYTES];
    const char *line = examples[EAR_KIND_MESSAGE];
    if (ear_event_from_json(&json, &event, line, strlen(line), &fault) != EAR_OK) {
        fail("not an event", line);
    }
    int32_t length = ear_event_to_cbor(&event, bytes, sizeof(bytes));
    (void)printf("```text\n");
    for (int32_t i = 0; i < length; i++) {
        (void)printf("%02x", bytes[i]);
    }
    (void)printf("\n\n%02x%28s  a map of %u pairs: %d bytes in all\n", bytes[0], "", bytes[0] & 0x1fu, (int)length);
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        struct ear_event one = event;
        one.present = event.present & (1u << key);
        if (one.present == 0) {
            continue;
        }
        length = ear_event_to_cbor(&one, bytes, sizeof(bytes));
        print_hex(bytes + 1, (size_t)length - 1, ear_event_field_name(key));
    }
    (void)printf("```\n");
}

static void make_errors(void)
{
    static const struct {
        int err;
        const char *says;
    } errors[] = {
        {EAR_ERR_SYNTAX, "the bytes are no JSON object or CBOR map, or a text in CBOR comes in pieces"},
        {EAR_ERR_TYPE, "a field's value is of another type"},
        {EAR_ERR_RANGE, "a value is outside what the field may hold"},
        {EAR_ERR_MISSING, "a field that this kind needs is not there"},
        {EAR_ERR_UNKNOWN, "a kind or another name that is not in the vocabulary"},
        {EAR_ERR_TOO_LONG, "the event, an id or a label is longer than its limit"},
        {EAR_ERR_DUPLICATE, "the same field twice"},
        {EAR_ERR_UTF8, "text that is not UTF-8"},
        {EAR_ERR_DEPTH, "maps or lists nested deeper than four in a field that Earshot does not know"},
        {EAR_ERR_VERSION, "`v` is not 1"},
    };
    (void)printf("| error | code in CBOR | when |\n|---|---|---|\n");
    for (size_t i = 0; i < EAR_COUNT_OF(errors); i++) {
        (void)printf("| `%s` | %d | %s |\n", ear_err_name(errors[i].err), errors[i].err, errors[i].says);
    }
}

/* Lines that are wrong, and what the decoder says of them. */
static void make_answers(void)
{
    static const char *const lines[] = {
        "{\"kind\":\"csat\",\"conversation\":\"c-17\",\"score\":7}",
        "{\"kind\":\"message\",\"conversation\":\"c-17\",\"from\":\"customer\",\"text\":\"Hello\"}",
        "{\"kind\":\"message\",\"conversation\":\"c-17\",\"text\":\"Hello\"}",
        "{\"kind\":\"order\",\"user\":\"visitor-4\",\"amount\":24.90,\"currency\":\"EUR\"}",
        "{\"kind\":\"close\",\"conversation\":\"c-17\"}",
        "{\"kind\":\"time\",\"t\":1760028060000",
    };
    (void)printf("```text\n");
    for (uint32_t i = 0; i < EAR_COUNT_OF(lines); i++) {
        char out[EAR_ANSWER_BYTES];
        struct ear_event event;
        struct ear_answer answer = {.n = i + 1};
        if (ear_event_from_json(&json, &event, lines[i], strlen(lines[i]), &answer.fault) == EAR_OK) {
            fail("ought to be refused", lines[i]);
        }
        int32_t length = ear_answer_to_json(&answer, out, sizeof(out));
        (void)printf("> %s\n%.*s", lines[i], (int)length, out);
    }
    (void)printf("```\n");
}

static void make(const char *name)
{
    static const struct {
        const char *name;
        void (*make)(void);
    } parts[] = {{"kinds", make_kinds}, {"fields", make_fields}, {"names", make_names},
                 {"cbor", make_cbor},   {"errors", make_errors}, {"answers", make_answers}};
    for (size_t i = 0; i < EAR_COUNT_OF(parts); i++) {
        if (strcmp(parts[i].name, name) == 0) {
            parts[i].make();
            return;
        }
    }
    fail("no such part", name);
}

/* An example in the page's own text must be an event too. */
static void check_example(const char *line)
{
    struct ear_event event;
    struct ear_fault fault;
    if (ear_event_from_json(&json, &event, line, strlen(line), &fault) != EAR_OK) {
        fail(ear_err_name(fault.err), line);
    }
}

int main(int argc, char **argv)
{
    char line[LINE_BYTES];
    char name[32];
    bool in_made = false;
    bool in_json = false;
    if (argc != 2) {
        fail("usage", "events_page docs/events.jsonl < docs/events.md > new.md");
    }
    ear_json_init(&json);
    read_examples(argv[1]);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (strcmp(line, "<!-- end -->\n") == 0) {
            in_made = false;
        }
        if (in_made) {
            continue;
        }
        if (in_json && line[0] != '`') {
            check_example(line);
        }
        in_json = line[0] == '`' ? strcmp(line, "```json\n") == 0 : in_json;
        (void)fputs(line, stdout);
        if (sscanf(line, "<!-- made: %31[a-z] -->", name) == 1) {
            make(name);
            in_made = true;
        }
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
