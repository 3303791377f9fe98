/* SPDX-License-Identifier: Apache-2.0 */
/* tools/plugin/plugin_build.c - earshot plugin build: a native plugin for a board, from its source to what is
 * delivered. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/firmware/sandbox/ear_sandbox_image.h"
#include "tools/earshot/earshot.h"
#include "tools/pack/pack_sign.h"
#include "tools/plugin/plugin.h"
#include "tools/plugin/plugin_image.h"
#include "tools/plugin/skeleton.h"

enum { TARGET = 256, KEY, COUNTER, NAME, HEADERS, CC, ELF, WITHDRAW, ARGUMENTS = 64, NOT_FOUND = 127 };

struct build {
    const char *key, *out, *name, *headers, *compiler, *withdrawn, *elf;
    uint32_t counter;
    char **sources; /* and what else is for the compiler */
    int source_count;
};

static void print_help(void)
{
    puts("usage: earshot plugin build FILE.c... --key KEY.pem [-o OUT.plugin] [OPTION...] [-- COMPILER-ARGUMENT...]\n"
         "\n"
         "Compiles a native plugin for a board with a Cortex-M4 and signs it; `earshot deliver plugin` gives it to a\n"
         "device. The same source is a shared object on Linux. Needs arm-none-eabi-gcc with newlib.\n"
         "\n"
         "  --target cortex-m4      the only one there is\n"
         "  --key FILE              private key, PEM, as `earshot pack keygen` makes it\n"
         "  --counter N             security counter (1): a device takes no lower one, nor another plugin with the "
         "same\n"
         "  -o FILE                 instead of NAME.plugin\n"
         "  --name NAME             instead of the name in its descriptor\n"
         "  --elf FILE              keep the linked program, for arm-none-eabi-addr2line\n"
         "  --headers DIR           where core/judge/ear_plugin.h is, if that is not found by itself\n"
         "  --cc GCC                instead of arm-none-eabi-gcc\n"
         "  --withdraw NAME         no source: makes what takes the plugin of this name back\n"
         "\n"
         "  earshot plugin build returns.c --key ~/keys/shop.key.pem --counter 3\n"
         "  earshot deliver plugin returns.plugin --serial /dev/ttyUSB0");
}

/* --- compiling --- */

/* execvp takes pointers to what it will not change. */
#define WORD(text) ((char *)(uintptr_t)(text))

struct arguments {
    char *words[ARGUMENTS];
    int count;
};

static void add(struct arguments *arguments, const char *word)
{
    if (arguments->count == ARGUMENTS - 1) {
        die_usage("so many arguments are not for this compiler");
    }
    arguments->words[arguments->count++] = WORD(word);
}

static void run(char *const *words)
{
    int status = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        execvp(words[0], words);
        _exit(NOT_FOUND);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        die("%s: %s", words[0], strerror(errno));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND) {
        die("%s is not there: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi", words[0]);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        die("%s could not build it; the reasons are above. A plugin has libc and libm, without files and memory of the "
            "heap",
            words[0]);
    }
}

static void compile(const struct build *build, const char *script, const char *elf)
{
    static const char *const fixed[] = {"-mcpu=cortex-m4",
                                        "-mthumb",
                                        "-mfloat-abi=soft",
                                        "-std=c11",
                                        "-Os",
                                        "-g",
                                        "-Wall",
                                        "-Wextra",
                                        "-fpie",
                                        "-fvisibility=hidden",
                                        "-fno-common",
                                        "-fno-data-sections",
                                        "-ffunction-sections",
                                        "--specs=nano.specs",
                                        "-nostartfiles",
                                        "-Wl,-pie",
                                        "-Wl,--no-dynamic-linker",
                                        "-Wl,--gc-sections",
                                        "-Wl,-u,ear_plugin_entry",
                                        "-Wl,--build-id=none",
                                        "-Wl,--no-warn-rwx-segments",
                                        "-DEAR_PLUGIN_LOADABLE"};
    struct arguments arguments = {.count = 0};
    add(&arguments, build->compiler);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        add(&arguments, fixed[i]);
    }
    add(&arguments, keep_printf("-I%s", build->headers));
    add(&arguments, keep_printf("-Wl,-T,%s", script));
    for (int i = 0; i < build->source_count; i++) {
        add(&arguments, build->sources[i]);
    }
    add(&arguments, "-lm");
    add(&arguments, "-o");
    add(&arguments, elf);
    run(arguments.words);
}

static char folder[] = "/tmp/earshot-plugin-XXXXXX"; /* for what the compiler reads and writes */

static void remove_folder(void)
{
    unlink(keep_printf("%s/plugin.ld", folder));
    unlink(keep_printf("%s/plugin.elf", folder));
    rmdir(folder);
}

static void make_image(const struct build *build, struct pack_bytes *image)
{
    if (mkdtemp(folder) == NULL) {
        die("%s: %s", folder, strerror(errno));
    }
    atexit(remove_folder); /* also where it cannot be built */
    const char *script = keep_printf("%s/plugin.ld", folder);
    const char *elf = build->elf != NULL ? build->elf : keep_printf("%s/plugin.elf", folder);
    write_file(script, skeleton_plugin_ld, strlen((const char *)skeleton_plugin_ld));
    compile(build, script, elf);
    plugin_image_from_elf(image, elf, build->name, build->counter);
}

/* --- signing --- */

static void sign(const struct build *build, const struct pack_bytes *image, struct pack_bytes *out)
{
    struct pack_key *key = pack_key_read_file(build->key);
    const struct pack_signer signer = pack_key_signer(key);
    if (!pack_write_envelope(out, image->bytes, image->length, &signer)) {
        die("%s: signing failed", build->key);
    }
    pack_key_free(key);
}

static void make(const struct build *build)
{
    struct pack_bytes image = {0}, out = {0};
    struct ear_sandbox_image about;
    if (build->withdrawn != NULL) {
        plugin_image_withdrawn(&image, build->withdrawn, build->counter);
    } else {
        make_image(build, &image);
    }
    sign(build, &image, &out);
    if (ear_sandbox_image_read(image.bytes, (uint32_t)image.length, &about) != NULL) {
        die("it came out damaged");
    }
    const char *path = build->out != NULL ? build->out : keep_printf("%s.plugin", about.name);
    write_file(path, out.bytes, out.length);
    printf("%s: %s, counter %u, %zu bytes to deliver; in memory %u of code and constants, %u of data\n", path,
           about.name, about.counter, out.length, about.code_bytes, about.data_bytes + about.zeroed_bytes);
    pack_bytes_free(&image);
    pack_bytes_free(&out);
}

/* --- the command line --- */

static void set_option(struct build *build, int option, const char *value)
{
    switch (option) {
    case TARGET:
        if (strcmp(value, "cortex-m4") != 0) {
            die_usage("--target %s: cortex-m4 is the only one; for Linux see `make` in what `earshot plugin new` makes",
                      value);
        }
        break;
    case KEY:
        build->key = value;
        break;
    case COUNTER:
        build->counter = (uint32_t)parse_number("--counter", value, 0, UINT32_MAX);
        break;
    case NAME:
        build->name = value;
        break;
    case HEADERS:
        build->headers = value;
        break;
    case CC:
        build->compiler = value;
        break;
    case ELF:
        build->elf = value;
        break;
    case WITHDRAW:
        build->withdrawn = value;
        break;
    default:
        build->out = value;
        break;
    }
}

int earshot_plugin_build(int argc, char **argv)
{
    static const struct option options[] = {{"target", required_argument, NULL, TARGET},
                                            {"key", required_argument, NULL, KEY},
                                            {"counter", required_argument, NULL, COUNTER},
                                            {"name", required_argument, NULL, NAME},
                                            {"headers", required_argument, NULL, HEADERS},
                                            {"cc", required_argument, NULL, CC},
                                            {"elf", required_argument, NULL, ELF},
                                            {"withdraw", required_argument, NULL, WITHDRAW},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct build build = {.counter = 1, .compiler = "arm-none-eabi-gcc"};
    for (int option; (option = getopt_long(argc, argv, "ho:", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option == '?') {
            return EARSHOT_USAGE;
        }
        set_option(&build, option, optarg);
    }
    build.sources = argv + optind;
    build.source_count = argc - optind;
    if (build.key == NULL || (build.withdrawn != NULL) == (build.source_count > 0)) {
        die_usage("earshot plugin build wants --key, and sources or --withdraw NAME");
    }
    build.headers = build.headers != NULL ? build.headers : plugin_headers();
    make(&build);
    return 0;
}
