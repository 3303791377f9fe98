/* SPDX-License-Identifier: Apache-2.0 */
/* tools/plugin/plugin_check.c - earshot plugin check: what a device would say to a native plugin. */
#include <getopt.h>
#include <string.h>

#include "tools/earshot/earshot.h"
#include "tools/plugin/plugin.h"

enum { DEADLINE_MS = 1000, MEMORY_MIB = 32, REST_MS = 1, LABELS_SHOWN = 12 };

static void print_help(void)
{
    puts(
        "usage: earshot plugin check FILE.so...\n"
        "\n"
        "Loads each as a device would: in a process that can open no file and make no connection. Prints what it says\n"
        "of itself, or why it is refused and what that means. Ends with 1 if one is refused.\n"
        "\n"
        "  earshot plugin check returns.so");
}

/* What the first word of a reason means to its author. */
static const struct {
    const char *word;
    const char *means;
} meanings[] = {
    {"abi_major", "it was made for another contract: build it again with this version's headers"},
    {"abi_minor", "it was made for a newer contract than this agent's: update the agent, or use its headers"},
    {"struct_size", "the descriptor is not of the size that its ABI has: begin it with EAR_PLUGIN_HEADER"},
    {"name", "a name is 1 to 23 lower-case letters, digits and _"},
    {"version", "a version is 1 to 15 printable characters without spaces"},
    {"callback", "on_turn is NULL"},
    {"questions", "it answers none, or one that does not exist"},
    {"hears", "it hears nobody, or a sender that does not exist"},
    {"labels", "topics, tags and languages need labels, and nothing else has any: 1 to 63 bytes each, at most 256;\n"
               "  those of languages are two lower-case letters"},
    {"budget", "budget_us is 0"},
    {"duplicate", "another plugin of that name is loaded"},
    {"state_bytes", "its memory does not fit into what a conversation has for all plugins (PLUGIN_STATE_BYTES)"},
    {"full", "no more plugins fit (PLUGINS)"},
    {"no_entry", "the shared object has no descriptor to export"},
    {"unloadable", "the dynamic linker refuses the file; only libc and libm are there for it"},
    {"cannot be read", "look at the path and its permissions"},
    {"not trusted", "chmod go-w, and chown to root or to who runs the agent"},
    {"signal", "it crashed while it was loaded or described: constructors and labels are code too"},
    {"syscall", "it asked the kernel for something while it was loaded; a plugin only computes"},
    {"timeout", "it took more than two seconds to load"},
    {"exit", "it ended its process"},
    {"sandbox", "the kernel lacks seccomp filters, or something keeps this program from using them"},
};

static const char *meaning_of(const char *reason)
{
    for (size_t i = 0; i < EAR_COUNT_OF(meanings); i++) {
        const size_t length = strlen(meanings[i].word);
        if (strncmp(reason, meanings[i].word, length) == 0 && (reason[length] == '\0' || reason[length] == ':')) {
            return meanings[i].means;
        }
    }
    return NULL;
}

static void no_line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    (void)level;
    (void)message;
    (void)detail;
    (void)number;
}

static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static void list_bits(const char *what, uint32_t bits, const char *(*name)(unsigned))
{
    printf("  %-10s", what);
    for (unsigned i = 0; i < 32; i++) {
        if ((bits & 1u << i) != 0) {
            printf(" %s", name(i));
        }
    }
    puts("");
}

static const char *sender_name(unsigned from)
{
    static const char *const names[] = {"user", "bot", "agent"};
    return names[from];
}

static void list_labels(const struct ear_plugin *plugin)
{
    printf("  %-10s", "labels");
    for (unsigned i = 0; i < plugin->label_count && i < LABELS_SHOWN; i++) {
        printf("%s %s", i > 0 ? "," : "", plugin->labels[i]);
    }
    puts(plugin->label_count > LABELS_SHOWN ? ", ..." : "");
}

static void show(const struct ear_plugin *plugin, uint32_t budget_us)
{
    printf("  %-10s %s %s, ABI %u.%u\n", "is", plugin->name, plugin->version, plugin->abi_major, plugin->abi_minor);
    list_bits("answers", plugin->questions, pack_question_name);
    list_bits("hears", plugin->hears, sender_name);
    if (plugin->label_count > 0) {
        list_labels(plugin);
    }
    printf("  %-10s %u bytes of a conversation, of %d for all plugins\n", "remembers", plugin->state_size,
           EAR_PLUGIN_STATE_BYTES);
    printf("  %-10s %u us a message\n", "budget", budget_us);
}

static bool check(const char *path)
{
    const struct ear_native_config config = {
        .file = path, .deadline_ms = DEADLINE_MS, .memory_mib = MEMORY_MIB, .rest_ms = REST_MS};
    const struct ear_log log = {.line = no_line};
    const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};
    static struct ear_host host;
    ear_host_init(&host, NULL, 0, &ticks);
    struct ear_native *native = ear_native_open(&config, &log);
    if (native == NULL || ear_native_count(native) == 0) {
        die("no memory");
    }
    ear_native_add(native, &host);
    const struct ear_native_about about = ear_native_about(native, 0);
    const bool good = strcmp(about.state, "refused") != 0;
    if (good) {
        printf("%s: a device takes it\n", path);
        show(&host.plugins[0].plugin, about.budget_us);
    } else {
        const char *means = meaning_of(about.reason);
        printf("%s: refused\n  %s\n", path, about.reason);
        if (means != NULL) {
            printf("  %s\n", means);
        }
    }
    ear_native_close(native);
    return good;
}

int earshot_plugin_check(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    bool good = true;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option != 'h') {
            return EARSHOT_USAGE;
        }
        print_help();
        return 0;
    }
    if (optind == argc) {
        die_usage("earshot plugin check wants a file");
    }
    for (; optind < argc; optind++) {
        good = check(argv[optind]) && good;
    }
    return good ? 0 : EARSHOT_FAILED;
}
