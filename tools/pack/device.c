/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/device.c - earshot pack install, list, rollback, remove: the packs of the earshotd on this machine, over
 * its control socket (platform/linux/socket/ear_control.h). */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <yyjson.h>

#include "tools/earshot/earshot.h"
#include "tools/earshot/pack_file.h"
#include "tools/earshot/util.h"
#include "tools/pack/pack.h"

#define CONTROL "/run/earshot/control.sock"

enum { PIECE_BYTES = 24576, READ_BYTES = 16384, TIMEOUT_S = 30, NAME_WIDTH = 24 };

struct device {
    const char *path;
    int fd;
    struct text in;
    bool json, resume;
};

static void print_help(void)
{
    puts("usage: earshot pack install FILE [--resume] [--control PATH]\n"
         "       earshot pack list [--json] [--control PATH]\n"
         "       earshot pack rollback NAME [--control PATH]\n"
         "       earshot pack remove NAME [--control PATH]\n"
         "\n"
         "The packs of the earshotd on this machine, which goes on meanwhile. For root and the daemon's own user.\n"
         "\n"
         "  install   give it a signed pack, which takes the place of the one of its name; that stays as the last good "
         "one\n"
         "  list      the packs it has, and why the latest one was refused\n"
         "  rollback  return to the last good one; the one given up comes back only with a higher counter\n"
         "  remove    give up all that was installed under this name; a pack of the program itself is at work again\n"
         "\n"
         "  --control PATH  the daemon's [control] path ($EARSHOT_CONTROL, else " CONTROL ")\n"
         "  --resume        go on where an install of the same file was interrupted\n"
         "  --json          the answer as it came, one line\n"
         "\n"
         "  sudo earshot pack install tags.signed.pack\n"
         "\n"
         "docs/packs.md says what each refusal means and what to do.");
}

/* --- asking --- */

static const char *hint(int error)
{
    switch (error) {
    case ENOENT:
        return " - is earshotd running, and is this its [control] path?";
    case ECONNREFUSED:
        return " - the file is there, but nobody listens: is earshotd running?";
    case EACCES:
        return " - only root and the daemon's own user may: try sudo";
    default:
        return "";
    }
}

static void open_device(struct device *device)
{
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(device->path) >= sizeof address.sun_path) {
        die("%s: a socket's path has at most %zu bytes", device->path, sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, device->path, strlen(device->path) + 1);
    device->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (device->fd < 0 || connect(device->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        die("%s: %s%s", device->path, strerror(errno), hint(errno));
    }
    (void)setsockopt(device->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    (void)setsockopt(device->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

static void send_all(const struct device *device, const char *bytes, size_t length)
{
    while (length > 0) {
        const ssize_t sent = send(device->fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR && errno != EPIPE && errno != ECONNRESET) {
            die("%s: %s", device->path, strerror(errno));
        }
        if (sent < 0 && errno != EINTR) {
            return; /* turned away: the answer says why */
        }
        bytes += sent > 0 ? sent : 0;
        length -= sent > 0 ? (size_t)sent : 0;
    }
}

/* The next line, without its end, in device->in. */
static void receive_line(struct device *device)
{
    char buffer[READ_BYTES];

    device->in.length = 0;
    text_add(&device->in, "", 0);
    while (memchr(device->in.bytes, '\n', device->in.length) == NULL) {
        const ssize_t count = recv(device->fd, buffer, sizeof buffer, 0);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            die("%s: %s", device->path,
                count == 0                                ? "the daemon closed the connection"
                : errno == EAGAIN || errno == EWOULDBLOCK ? "no answer within 30 s"
                                                          : strerror(errno));
        }
        text_add(&device->in, buffer, (size_t)count);
    }
    device->in.bytes[--device->in.length] = '\0';
}

/* Ask, and print why if it was refused: NULL then. Free the answer. */
static yyjson_doc *ask(struct device *device, const struct text *line, const char *what)
{
    send_all(device, line->bytes, line->length);
    receive_line(device);
    yyjson_doc *doc = yyjson_read(device->in.bytes, device->in.length, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (!yyjson_is_obj(root)) {
        die("%s: this is no answer: %s", device->path, device->in.bytes);
    }
    if (yyjson_is_true(yyjson_obj_get(root, "ok"))) {
        return doc;
    }
    const char *error = yyjson_get_str(yyjson_obj_get(root, "error"));
    const char *field = yyjson_get_str(yyjson_obj_get(root, "field"));
    const char *allowed = yyjson_get_str(yyjson_obj_get(root, "allowed"));
    fprintf(stderr, "earshot: %s: refused: %s%s%s", what, error != NULL ? error : "?", field != NULL ? ", field " : "",
            field != NULL ? field : "");
    if (yyjson_is_uint(yyjson_obj_get(root, "at"))) {
        fprintf(stderr, ", byte %llu", (unsigned long long)yyjson_get_uint(yyjson_obj_get(root, "at")));
    }
    fprintf(stderr, " (allowed: %s)\n", allowed != NULL ? allowed : "?");
    yyjson_doc_free(doc);
    return NULL;
}

static bool asked(struct device *device, struct text *line, const char *what)
{
    yyjson_doc *doc = ask(device, line, what);
    const bool ok = doc != NULL;

    yyjson_doc_free(doc);
    line->length = 0;
    return ok;
}

/* --- install --- */

static void add_base64(struct text *line, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < length; i += 3) {
        const size_t left = length - i;
        const uint32_t word = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                              (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        const char four[4] = {digits[word >> 18], digits[word >> 12 & 63], left > 1 ? digits[word >> 6 & 63] : '=',
                              left > 2 ? digits[word & 63] : '='};
        text_add(line, four, sizeof four);
    }
}

/* Where an interrupted install of this pack stands; 0: it is to begin anew. */
static size_t where(struct device *device, const struct pack_file *file)
{
    struct text line = {0};
    size_t at = 0;

    text_printf(&line, "{\"do\":\"where\"}\n");
    yyjson_doc *doc = ask(device, &line, file->path);
    yyjson_val *root = yyjson_doc_get_root(doc);
    const char *name = yyjson_get_str(yyjson_obj_get(root, "name"));
    if (name != NULL && strcmp(name, file->pack.name) == 0 &&
        yyjson_get_uint(yyjson_obj_get(root, "bytes")) == file->length) {
        at = (size_t)yyjson_get_uint(yyjson_obj_get(root, "at"));
    }
    yyjson_doc_free(doc);
    text_free(&line);
    return at;
}

static int install(struct device *device, const char *path)
{
    struct pack_file file;
    struct text line = {0};

    pack_file_read(&file, path);
    size_t at = device->resume ? where(device, &file) : 0;
    text_printf(&line, "{\"do\":\"begin\",\"name\":\"%s\",\"bytes\":%u}\n", file.pack.name, file.length);
    if (at == 0 && !asked(device, &line, path)) {
        return EARSHOT_FAILED;
    }
    for (size_t step; at < file.length; at += step) {
        step = file.length - at < PIECE_BYTES ? file.length - at : PIECE_BYTES;
        line.length = 0;
        text_printf(&line, "{\"do\":\"write\",\"at\":%zu,\"piece\":\"", at);
        add_base64(&line, file.bytes + at, step);
        text_printf(&line, "\"}\n");
        if (!asked(device, &line, path)) {
            return EARSHOT_FAILED;
        }
    }
    line.length = 0;
    text_printf(&line, "{\"do\":\"finish\"}\n");
    if (!asked(device, &line, path)) {
        return EARSHOT_FAILED;
    }
    printf("%s %s is in use, counter %u\n", file.pack.name, file.pack.version, file.pack.counter);
    text_free(&line);
    return 0;
}

/* --- list, rollback, remove --- */

static void print_pack(yyjson_val *pack)
{
    size_t i, count;
    yyjson_val *key, *value;

    yyjson_obj_foreach(pack, i, count, key, value)
    {
        char *json = yyjson_is_str(value) ? NULL : yyjson_val_write(value, 0, NULL);
        const char *text = json != NULL ? json : yyjson_get_str(value);
        if (i == 0) {
            printf("%-*s", NAME_WIDTH, text);
        } else if (i <= 2) { /* version, state */
            printf("  %-11s", text);
        } else {
            printf("  %s %s", yyjson_get_str(key), text);
        }
        free(json);
    }
    putchar('\n');
}

static int list(struct device *device)
{
    size_t i, count;
    yyjson_val *pack;
    struct text line = {0};

    text_printf(&line, "{\"do\":\"list\"}\n");
    yyjson_doc *doc = ask(device, &line, "list");
    text_free(&line);
    if (doc == NULL) {
        return EARSHOT_FAILED;
    }
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *refused = yyjson_obj_get(root, "pack_refused");
    if (device->json) {
        puts(device->in.bytes);
    } else {
        yyjson_arr_foreach(yyjson_obj_get(root, "packs"), i, count, pack)
        {
            print_pack(pack);
        }
        if (yyjson_arr_size(yyjson_obj_get(root, "packs")) == 0) {
            puts("no packs");
        }
        if (refused != NULL) {
            printf("refused since the start: %llu, the latest: %s: %s\n",
                   (unsigned long long)yyjson_get_uint(yyjson_obj_get(refused, "count")),
                   yyjson_get_str(yyjson_obj_get(refused, "name")), yyjson_get_str(yyjson_obj_get(refused, "reason")));
        }
    }
    yyjson_doc_free(doc);
    return 0;
}

/* After a rollback or a removal. */
static int say_what_is_left(struct device *device, const char *name)
{
    size_t i, count;
    yyjson_val *pack, *left = NULL;
    struct text line = {0};

    text_printf(&line, "{\"do\":\"list\"}\n");
    yyjson_doc *doc = ask(device, &line, "list");
    text_free(&line);
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "packs"), i, count, pack)
    {
        const char *found = yyjson_get_str(yyjson_obj_get(pack, "name"));
        left = found != NULL && strcmp(found, name) == 0 ? pack : left;
    }
    if (left != NULL) {
        printf("%s %s is in use, counter %llu\n", name, yyjson_get_str(yyjson_obj_get(left, "version")),
               (unsigned long long)yyjson_get_uint(yyjson_obj_get(left, "counter")));
    } else {
        printf("no pack named %s is in use\n", name);
    }
    yyjson_doc_free(doc);
    return 0;
}

static int go_back(struct device *device, const char *verb, const char *name)
{
    struct text line = {0};

    text_printf(&line, "{\"do\":\"%s\",\"name\":", verb);
    text_add_json_string(&line, name, strlen(name));
    text_printf(&line, "}\n");
    const bool gone = asked(device, &line, name);
    text_free(&line);
    return gone ? say_what_is_left(device, name) : EARSHOT_FAILED;
}

static int run(struct device *device, const char *command, const char *operand)
{
    const bool needs = strcmp(command, "list") != 0;

    if (needs != (operand != NULL)) {
        die_usage("pack %s %s", command,
                  !needs                            ? "takes nothing but options"
                  : strcmp(command, "install") == 0 ? "needs one FILE"
                                                    : "needs one NAME");
    }
    open_device(device);
    if (!needs) {
        return list(device);
    }
    if (strcmp(command, "install") == 0) {
        return install(device, operand);
    }
    return go_back(device, strcmp(command, "rollback") == 0 ? "roll_back" : "remove", operand);
}

int earshot_pack_device(int argc, char **argv)
{
    static const struct option options[] = {{"control", required_argument, NULL, 'c'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"resume", no_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct device device = {.path = environment("EARSHOT_CONTROL", CONTROL), .fd = -1};

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            device.path = optarg;
            break;
        case 'j':
            device.json = true;
            break;
        case 'r':
            device.resume = true;
            break;
        case 'h':
            print_help();
            return 0;
        default:
            return EARSHOT_USAGE;
        }
    }
    if (argc - optind > 1) {
        die_usage("pack %s: what is `%s`?", argv[0], argv[optind + 1]);
    }
    const int status = run(&device, argv[0], optind < argc ? argv[optind] : NULL);
    close(device.fd);
    text_free(&device.in);
    return status;
}
