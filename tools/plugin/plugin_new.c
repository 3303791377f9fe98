/* SPDX-License-Identifier: Apache-2.0 */
/* tools/plugin/plugin_new.c - earshot plugin new: skeleton/ with a name and the place of the headers filled in. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/earshot/earshot.h"
#include "tools/plugin/plugin.h"
#include "tools/plugin/skeleton.h"

#define HEADER "core/judge/ear_plugin_export.h"
#define NAME_BYTES 23 /* as a host allows */

static void print_help(void)
{
    puts("usage: earshot plugin new NAME [--directory DIR] [--headers DIR]\n"
         "\n"
         "Makes the folder NAME with a working plugin that tags messages by their words, a test of it in plain C, a\n"
         "Makefile and a README. NAME is lower-case letters, digits and _, at most 23.\n"
         "\n"
         "  --directory DIR   make the folder in DIR instead of here\n"
         "  --headers DIR     where core/judge/ear_plugin.h is, for the Makefile (found by itself where earshot is\n"
         "                    installed, or run from where it was built)\n"
         "\n"
         "  earshot plugin new returns && cd returns && make test && make && earshot plugin check returns.so");
}

static const struct {
    const char *name; /* @ is the plugin's name */
    const unsigned char *bytes;
} files[] = {
    {"@.c", skeleton_plugin_c},
    {"test_@.c", skeleton_test_c},
    {"Makefile", skeleton_Makefile},
    {"README.md", skeleton_README_md},
};
enum { FILES = sizeof files / sizeof files[0] };

static void check_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const size_t length = strlen(name);
    if (length == 0 || length > NAME_BYTES || strspn(name, allowed) != length || (name[0] >= '0' && name[0] <= '9')) {
        die_usage("a plugin's name is 1 to %d lower-case letters, digits and _, a letter first: not `%s`", NAME_BYTES,
                  name);
    }
}

/* The directory of the headers beside this program, as installed or as built; NULL if it is neither. */
static char *find_headers(void)
{
    static const char *const places[] = {"/../include/earshot", "/../../../.."};
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) {
        return NULL;
    }
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *resolved = realpath(keep_printf("%s%s", self, places[i]), NULL);
        if (resolved != NULL && access(keep_printf("%s/" HEADER, resolved), R_OK) == 0) {
            return resolved;
        }
        free(resolved);
    }
    return NULL;
}

static void replace(struct text *out, const char *from, const char *mark, const char *by)
{
    for (const char *at; (at = strstr(from, mark)) != NULL; from = at + strlen(mark)) {
        text_add(out, from, (size_t)(at - from));
        text_add(out, by, strlen(by));
    }
    text_add(out, from, strlen(from));
}

static void fill_in(const char *folder, size_t index, const char *name, const char *headers)
{
    struct text path = {0};
    struct text named = {0};
    struct text whole = {0};
    replace(&path, keep_printf("%s/%s", folder, files[index].name), "@", name);
    replace(&named, (const char *)files[index].bytes, "@NAME@", name);
    replace(&whole, named.bytes, "@EARSHOT@", headers);
    FILE *file = fopen(path.bytes, "wx");
    if (file == NULL || fwrite(whole.bytes, 1, whole.length, file) != whole.length || fclose(file) != 0) {
        die("%s: %s", path.bytes, strerror(errno));
    }
    printf("  %s\n", path.bytes);
    text_free(&path);
    text_free(&named);
    text_free(&whole);
}

const char *plugin_headers(void)
{
    const char *found = find_headers();
    return found != NULL ? found : "/usr/include/earshot";
}

static int make(const char *name, const char *directory, const char *headers)
{
    char *found = headers == NULL ? find_headers() : NULL;
    char *given = headers != NULL ? realpath(headers, NULL) : NULL;
    const char *use = found != NULL ? found : given != NULL ? given : "/usr/include/earshot";
    const char *folder = keep_printf("%s/%s", directory, name);
    if (headers != NULL && (given == NULL || access(keep_printf("%s/" HEADER, given), R_OK) != 0)) {
        die("%s has no %s", headers, HEADER);
    }
    if (mkdir(folder, 0777) != 0) {
        die("%s: %s", folder, strerror(errno));
    }
    printf("made %s with\n", folder);
    for (size_t i = 0; i < FILES; i++) {
        fill_in(folder, i, name, use);
    }
    printf("next: cd %s && make test && make && earshot plugin check %s.so\n", folder, name);
    free(found);
    free(given);
    return 0;
}

int earshot_plugin_new(int argc, char **argv)
{
    static const struct option options[] = {{"directory", required_argument, NULL, 'd'},
                                            {"headers", required_argument, NULL, 'i'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *directory = ".";
    const char *headers = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case 'd':
            directory = optarg;
            break;
        case 'i':
            headers = optarg;
            break;
        case 'h':
            print_help();
            return 0;
        default:
            return EARSHOT_USAGE;
        }
    }
    if (argc - optind != 1) {
        die_usage("earshot plugin new wants one name");
    }
    check_name(argv[optind]);
    return make(argv[optind], directory, headers);
}
