/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/inspect.c - earshot pack inspect: what a pack says of itself. It is read into one JSON object, which is
 * printed as it is, or for people. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "core/judge/ear_text.h"
#include "core/model/ear_cbor.h"
#include "tools/earshot/earshot.h"
#include "tools/earshot/pack_file.h"
#include "tools/pack/pack.h"

enum { KEYS = EAR_PACK_KEY_BODY + 1, DEPTH_MAX = 4 };

struct look {
    struct pack_file file;
    yyjson_mut_doc *doc;
    yyjson_mut_val *root;
    struct ear_cbor values[KEYS]; /* of the manifest, by key; bytes NULL: absent */
    uint32_t bytes[KEYS];         /* with the key */
    uint32_t other_bytes;         /* of keys that this program does not know */
};

static void print_help(void)
{
    puts("usage: earshot pack inspect FILE.pack [--json]\n"
         "\n"
         "Shows what a pack says of itself: name, version, question, languages, labels with their thresholds, sources "
         "of\n"
         "its training data with their licences, its accuracy on its dev sets, its size by part, and who signed it "
         "(not\n"
         "whether the signature is right: `earshot pack verify`).\n"
         "\n"
         "  --json   the same as one object\n"
         "\n"
         "  earshot pack inspect topics.pack\n"
         "  earshot pack inspect topics.pack --json | jq -r '.sources[] | .name + \": \" + .licence'");
}

/* --- the manifest into JSON --- */

/* Where the entries are. That it is a map was found when it was read. */
static void find_entries(struct look *look)
{
    struct ear_cbor in = {look->file.payload, look->file.payload_bytes, 0};
    uint64_t count, key;

    if (!ear_cbor_count(&in, EAR_CBOR_MAP, &count)) {
        die("%s: not a map", look->file.path);
    }
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t at = in.at;
        const bool known = ear_cbor_uint(&in, KEYS - 1, &key);
        const struct ear_cbor value = in;
        if ((!known && !ear_cbor_skip(&in)) || !ear_cbor_skip(&in)) {
            die("%s: byte %u: an item that does not end", look->file.path, at);
        }
        if (known) {
            look->values[key] = value;
            look->bytes[key] = in.at - at;
        } else {
            look->other_bytes += in.at - at;
        }
    }
}

/* An item of numbers, texts and lists; null for anything else. */
static yyjson_mut_val *convert(struct look *look, struct ear_cbor *in, int depth)
{
    const uint8_t *bytes;
    uint32_t length;
    uint64_t number;

    if (ear_cbor_uint(in, UINT64_MAX, &number)) {
        return yyjson_mut_uint(look->doc, number);
    }
    if (ear_cbor_string(in, EAR_CBOR_TEXT, &bytes, &length)) {
        return yyjson_mut_strncpy(look->doc, (const char *)bytes, length);
    }
    if (depth < DEPTH_MAX && ear_cbor_count(in, EAR_CBOR_ARRAY, &number)) {
        yyjson_mut_val *list = yyjson_mut_arr(look->doc);
        for (uint64_t i = 0; i < number && in->at < in->length; i++) {
            yyjson_mut_arr_append(list, convert(look, in, depth + 1));
        }
        return list;
    }
    if (!ear_cbor_skip(in)) {
        in->at = in->length;
    }
    return yyjson_mut_null(look->doc);
}

static void add_key(struct look *look, const char *name, unsigned key)
{
    struct ear_cbor in = look->values[key];

    yyjson_mut_obj_add_val(look->doc, look->root, name,
                           in.bytes != NULL ? convert(look, &in, 0) : yyjson_mut_null(look->doc));
}

static void add_text(struct look *look, yyjson_mut_val *to, const char *name, const char *text)
{
    yyjson_mut_obj_add_strcpy(look->doc, to, name, text);
}

/* Rows of a list as objects, by the names of their columns. Permille become shares. */
static void add_rows(struct look *look, const char *name, unsigned key, const char *const *columns, size_t column_count)
{
    struct ear_cbor in = look->values[key];
    yyjson_mut_val *rows = in.bytes != NULL ? convert(look, &in, 0) : NULL, *row;
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(look->doc, look->root, name);
    size_t i, count;

    yyjson_mut_arr_foreach(rows, i, count, row)
    {
        yyjson_mut_val *object = yyjson_mut_arr_add_obj(look->doc, list);
        for (size_t column = 0; column < column_count; column++) {
            yyjson_mut_val *value = yyjson_mut_arr_get(row, column);
            if (column >= 2 && yyjson_mut_is_uint(value)) {
                value = yyjson_mut_real(look->doc, (double)yyjson_mut_get_uint(value) / 1000);
            }
            yyjson_mut_obj_add_val(look->doc, object, columns[column],
                                   value != NULL ? yyjson_mut_val_mut_copy(look->doc, value)
                                                 : yyjson_mut_null(look->doc));
        }
    }
}

static void add_labels(struct look *look)
{
    const struct ear_pack *pack = &look->file.pack;
    yyjson_mut_val *labels = yyjson_mut_obj_add_arr(look->doc, look->root, "labels");

    for (uint16_t i = 0; i < pack->label_count; i++) {
        const uint16_t threshold = ear_pack_threshold(pack, i);
        yyjson_mut_val *label = yyjson_mut_arr_add_obj(look->doc, labels);
        add_text(look, label, "label", ear_pack_label(pack, i));
        if (threshold >= EAR_PACK_NEVER) {
            yyjson_mut_obj_add_null(look->doc, label, "threshold"); /* never said */
        } else {
            yyjson_mut_obj_add_uint(look->doc, label, "threshold", threshold);
        }
        yyjson_mut_obj_add_bool(look->doc, label, "reject", i == pack->reject);
        yyjson_mut_obj_add_bool(look->doc, label, "cut_on_device", strlen(ear_pack_label(pack, i)) > EAR_LABEL_BYTES);
    }
}

static void add_signature(struct look *look)
{
    static const char digits[] = "0123456789abcdef";
    const struct ear_cose *cose = &look->file.cose;
    char id[2 * EAR_COSE_KEY_ID_BYTES + 1];

    if (!look->file.is_signed) {
        yyjson_mut_obj_add_null(look->doc, look->root, "signature");
        return;
    }
    yyjson_mut_val *signature = yyjson_mut_obj_add_obj(look->doc, look->root, "signature");
    for (unsigned i = 0; i < cose->key_id_bytes; i++) {
        id[2 * i] = digits[cose->key_id[i] >> 4];
        id[2 * i + 1] = digits[cose->key_id[i] & 15];
    }
    id[2 * cose->key_id_bytes] = '\0';
    add_text(look, signature, "algorithm", "ES256");
    add_text(look, signature, "key_id", id);
}

static void add_sizes(struct look *look)
{
    const uint32_t labels = look->bytes[EAR_PACK_KEY_LABELS] + look->bytes[EAR_PACK_KEY_LABEL_OFFSETS] +
                            look->bytes[EAR_PACK_KEY_THRESHOLDS];
    const uint32_t body = look->bytes[EAR_PACK_KEY_BODY];
    yyjson_mut_val *bytes = yyjson_mut_obj_add_obj(look->doc, look->root, "bytes");

    yyjson_mut_obj_add_uint(look->doc, bytes, "file", look->file.length);
    yyjson_mut_obj_add_uint(look->doc, bytes, "body", look->file.pack.body_bytes);
    yyjson_mut_obj_add_uint(look->doc, bytes, "labels", labels);
    yyjson_mut_obj_add_uint(look->doc, bytes, "card",
                            look->file.payload_bytes - labels - body + (body - look->file.pack.body_bytes));
    yyjson_mut_obj_add_uint(look->doc, bytes, "envelope", look->file.length - look->file.payload_bytes);
}

static void add_runs(struct look *look)
{
    struct ear_model_turn turn = {0};
    struct ear_model model;
    struct ear_pack_fault fault = {0};

    const bool runs = ear_model_open(&model, look->file.payload, look->file.payload_bytes, &turn, &fault);
    yyjson_mut_obj_add_bool(look->doc, look->root, "runs_here", runs);
    if (runs) {
        yyjson_mut_obj_add_null(look->doc, look->root, "fault");
    } else {
        add_text(look, look->root, "fault", pack_fault_says(&fault));
    }
}

static void add_senders(struct look *look)
{
    static const char *const senders[] = {"user", "bot", "agent"};
    yyjson_mut_val *hears = yyjson_mut_obj_add_arr(look->doc, look->root, "hears");

    for (unsigned i = 0; i < EAR_FROM_COUNT; i++) {
        if ((look->file.pack.hears & EAR_FROM_BIT(i)) != 0) {
            yyjson_mut_arr_add_str(look->doc, hears, senders[i]);
        }
    }
}

static void look_into(struct look *look)
{
    static const char *const source[] = {"name", "licence"};
    static const char *const accuracy[] = {"set", "messages", "accuracy", "macro_f1"};
    const struct ear_pack *pack = &look->file.pack;

    find_entries(look);
    add_text(look, look->root, "file", look->file.path);
    add_text(look, look->root, "name", pack->name);
    add_text(look, look->root, "version", pack->version);
    yyjson_mut_obj_add_uint(look->doc, look->root, "counter", pack->counter);
    add_text(look, look->root, "question", pack_question_name(pack->question));
    add_text(look, look->root, "engine", pack_engine_name(pack->engine));
    yyjson_mut_obj_add_uint(look->doc, look->root, "engine_version", pack->engine_version);
    yyjson_mut_obj_add_uint(look->doc, look->root, "text_version", pack->text_version);
    add_senders(look);
    yyjson_mut_obj_add_uint(look->doc, look->root, "budget_us", pack->budget_us);
    add_key(look, "languages", EAR_PACK_KEY_LANGUAGES);
    add_key(look, "about", EAR_PACK_KEY_ABOUT);
    add_rows(look, "sources", EAR_PACK_KEY_SOURCES, source, EAR_COUNT_OF(source));
    add_rows(look, "accuracy", EAR_PACK_KEY_ACCURACY, accuracy, EAR_COUNT_OF(accuracy));
    add_signature(look);
    add_sizes(look);
    add_runs(look);
    add_labels(look);
}

/* --- for people --- */

static const char *text_at(yyjson_mut_val *object, const char *name)
{
    const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(object, name));

    return text != NULL ? text : "";
}

static uint64_t number_at(yyjson_mut_val *object, const char *name)
{
    return yyjson_mut_get_uint(yyjson_mut_obj_get(object, name));
}

static void print_list(const char *says, yyjson_mut_val *list)
{
    yyjson_mut_val *item;
    size_t i, count;

    yyjson_mut_arr_foreach(list, i, count, item)
    {
        printf("%s%s", i == 0 ? says : " ", yyjson_mut_get_str(item));
    }
    if (yyjson_mut_arr_size(list) > 0) {
        puts("");
    }
}

static void print_card(yyjson_mut_val *root)
{
    yyjson_mut_val *row;
    size_t i, count;

    yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "sources"), i, count, row)
    {
        printf("%-12s%s, %s\n", i == 0 ? "trained on" : "", text_at(row, "name"), text_at(row, "licence"));
    }
    yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "accuracy"), i, count, row)
    {
        printf("%-12s%s: %.1f %%, macro F1 %.1f %% of %llu messages\n", i == 0 ? "measured" : "", text_at(row, "set"),
               100 * yyjson_mut_get_num(yyjson_mut_obj_get(row, "accuracy")),
               100 * yyjson_mut_get_num(yyjson_mut_obj_get(row, "macro_f1")),
               (unsigned long long)number_at(row, "messages"));
    }
}

static void print_labels(yyjson_mut_val *root)
{
    yyjson_mut_val *row, *labels = yyjson_mut_obj_get(root, "labels");
    size_t i, count, cut = 0;

    printf("\n%zu labels, each with the least score at which it is said\n", yyjson_mut_arr_size(labels));
    yyjson_mut_arr_foreach(labels, i, count, row)
    {
        yyjson_mut_val *threshold = yyjson_mut_obj_get(row, "threshold");
        if (yyjson_mut_is_uint(threshold)) {
            printf("  %5u  ", (unsigned)yyjson_mut_get_uint(threshold));
        } else {
            printf("  never  ");
        }
        const bool is_cut = yyjson_mut_get_bool(yyjson_mut_obj_get(row, "cut_on_device"));
        printf("%s%s%s\n", text_at(row, "label"),
               yyjson_mut_get_bool(yyjson_mut_obj_get(row, "reject")) ? "  (none of the others: no verdict)" : "",
               is_cut ? "  (too long)" : "");
        cut += is_cut;
    }
    if (cut > 0) {
        fprintf(stderr,
                "earshot: %s: %zu label%s longer than the %d bytes that a device of this configuration keeps: cut\n",
                text_at(root, "file"), cut, cut == 1 ? " is" : "s are", EAR_LABEL_BYTES);
    }
}

static void print_all(yyjson_mut_val *root)
{
    yyjson_mut_val *bytes = yyjson_mut_obj_get(root, "bytes"), *signature = yyjson_mut_obj_get(root, "signature");

    printf("%s %s, security counter %llu\n", text_at(root, "name"), text_at(root, "version"),
           (unsigned long long)number_at(root, "counter"));
    if (yyjson_mut_is_str(yyjson_mut_obj_get(root, "about"))) {
        puts(text_at(root, "about"));
    }
    printf("\nanswers     %s\nengine      %s, format %llu, tokens %llu\n", text_at(root, "question"),
           text_at(root, "engine"), (unsigned long long)number_at(root, "engine_version"),
           (unsigned long long)number_at(root, "text_version"));
    print_list("hears       ", yyjson_mut_obj_get(root, "hears"));
    print_list("languages   ", yyjson_mut_obj_get(root, "languages"));
    printf("bytes       %llu: body %llu, labels %llu, card %llu, envelope %llu\n",
           (unsigned long long)number_at(bytes, "file"), (unsigned long long)number_at(bytes, "body"),
           (unsigned long long)number_at(bytes, "labels"), (unsigned long long)number_at(bytes, "card"),
           (unsigned long long)number_at(bytes, "envelope"));
    if (signature != NULL && yyjson_mut_is_obj(signature)) {
        printf("signed      %s by key %s\n", text_at(signature, "algorithm"), text_at(signature, "key_id"));
    } else {
        puts("signed      no; `earshot pack sign` does that");
    }
    print_card(root);
    if (!yyjson_mut_get_bool(yyjson_mut_obj_get(root, "runs_here"))) {
        printf("does not run in this build: %s\n", text_at(root, "fault"));
    }
    print_labels(root);
}

static void print_json(const struct look *look)
{
    size_t length;
    char *json = yyjson_mut_write(look->doc, 0, &length);

    if (json == NULL) {
        die("%s: its texts cannot be written as JSON", look->file.path);
    }
    puts(json);
    free(json);
}

int earshot_pack_inspect(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    static struct look look;
    bool json = false;

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option != 'j') {
            return EARSHOT_USAGE;
        }
        json = true;
    }
    if (optind + 1 != argc) {
        die_usage("one pack is needed");
    }
    pack_file_read(&look.file, argv[optind]);
    look.doc = yyjson_mut_doc_new(NULL);
    look.root = yyjson_mut_obj(look.doc);
    yyjson_mut_doc_set_root(look.doc, look.root);
    look_into(&look);
    if (json) {
        print_json(&look);
    } else {
        print_all(look.root);
    }
    yyjson_mut_doc_free(look.doc);
    return 0;
}
