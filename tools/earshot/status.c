/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/status.c - earshot status: ask a running earshotd how it is. */
#include "tools/earshot/client.h"
#include "tools/earshot/earshot.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

enum { ANSWER_TIMEOUT_MS = 5000, NAME_WIDTH = 28, MANY = 20 };

static void print_help(void)
{
    puts("usage: earshot status [--socket PATH] [--json]\n"
         "\n"
         "Asks the earshotd that listens at PATH ($EARSHOT_SOCKET, else " EARSHOT_SOCKET ") for its\n"
         "counts, the fill of its tables, its plugins, its broker and the last errors. --json prints the answer as it "
         "came.\n"
         "\n"
         "  earshot status\n"
         "  earshot status --json | jq .broker");
}

static void keep_answer(void *context, struct client *client, const char *answer, size_t length)
{
    (void)client;
    text_add(context, answer, length);
}

static void print_value(yyjson_val *value)
{
    char *json = yyjson_val_write(value, 0, NULL);

    if (yyjson_is_str(value)) {
        printf("%s\n", yyjson_get_str(value));
    } else {
        printf("%s\n", json != NULL ? json : "");
    }
    free(json);
}

static bool is_flat(yyjson_val *value)
{
    return !yyjson_is_obj(value) && !yyjson_is_arr(value);
}

/* A list of plain objects (plugins, tables): a line each. */
static void print_row(yyjson_val *row)
{
    size_t i, count;
    yyjson_val *key, *value;

    printf("  ");
    if (!yyjson_is_obj(row)) {
        print_value(row);
        return;
    }
    yyjson_obj_foreach(row, i, count, key, value)
    {
        char *json = yyjson_is_str(value) ? NULL : yyjson_val_write(value, 0, NULL);
        if (i == 0 && yyjson_is_str(value)) {
            printf("%-*s", NAME_WIDTH - 2, yyjson_get_str(value));
        } else {
            printf("%s%s %s", i > 0 ? "  " : "", yyjson_get_str(key), json != NULL ? json : yyjson_get_str(value));
        }
        free(json);
    }
    printf("\n");
}

/* Members, a line each; of many numbers only those that are not 0. */
static void print_members(yyjson_val *section)
{
    size_t i, count, zeros = 0;
    yyjson_val *key, *value;

    yyjson_obj_foreach(section, i, count, key, value)
    {
        if (count > MANY && yyjson_is_uint(value) && yyjson_get_uint(value) == 0) {
            zeros++;
            continue;
        }
        printf("  %-*s", NAME_WIDTH - 2, yyjson_get_str(key));
        print_value(value);
    }
    if (zeros > 0) {
        printf("  (%zu more are 0)\n", zeros);
    }
}

static void print_section(const char *name, yyjson_val *section)
{
    size_t i, count;
    yyjson_val *row;

    putchar('\n');
    puts(name != NULL ? name : "");
    if (!yyjson_is_arr(section)) {
        print_members(section);
        return;
    }
    yyjson_arr_foreach(section, i, count, row)
    {
        print_row(row);
    }
}

/* Plain members first, then a section for each object or list, in the order of the answer. */
static void print_page(yyjson_val *root)
{
    size_t i, count;
    yyjson_val *key, *value;

    yyjson_obj_foreach(root, i, count, key, value)
    {
        if (is_flat(value)) {
            printf("%-*s", NAME_WIDTH, yyjson_get_str(key));
            print_value(value);
        }
    }
    yyjson_obj_foreach(root, i, count, key, value)
    {
        if (!is_flat(value)) {
            print_section(yyjson_get_str(key), value);
        }
    }
}

int earshot_status(int argc, char **argv)
{
    static const struct option options[] = {{"socket", required_argument, NULL, 's'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static const char question[] = "{\"ask\":\"status\"}\n";
    struct text answer = {0};
    struct client client = {.on_answer = keep_answer, .context = &answer};
    const char *path = environment("EARSHOT_SOCKET", EARSHOT_SOCKET);
    bool json = false;

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            path = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 'h':
            print_help();
            return 0;
        default:
            return EARSHOT_USAGE;
        }
    }
    client_open(&client, path);
    client_queue(&client, question, sizeof question - 1);
    if (!client_finish(&client, 1, ANSWER_TIMEOUT_MS)) {
        die("%s: no answer within %d s", path, ANSWER_TIMEOUT_MS / 1000);
    }
    client_close(&client);
    yyjson_doc *doc = yyjson_read(answer.bytes, answer.length, 0);
    if (!yyjson_is_obj(yyjson_doc_get_root(doc))) {
        die("%s: this is no status: %s", path, answer.bytes);
    }
    if (json) {
        printf("%s\n", answer.bytes);
    } else {
        print_page(yyjson_doc_get_root(doc));
    }
    yyjson_doc_free(doc);
    text_free(&answer);
    return 0;
}
