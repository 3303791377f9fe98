/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_floor.c - the floors: programs that do nothing with events but take them off the socket. Host only.
 *   bench_floor SOCKET reads    poll, recv of up to 64 KB into one buffer, the bytes are not looked at; no answer
 *   bench_floor SOCKET answers  and finds the newlines (memchr), answers each line with as many bytes as the daemon
 * does, one send per wake bench_floor SOCKET echoes   and answers each recv once, with as many bytes as a CBOR answer
 * has One connection at a time, until it is killed. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_BYTES 65536u

static char in[READ_BYTES];
static char out[READ_BYTES];

static const char json_answer[] = "{\"n\":100000,\"ok\":true}\n";
static const char cbor_answer[] = "\xa2\x00\x1a\x00\x01\x86\xa0\x01\xf5";

static size_t answer_lines(size_t length)
{
    const size_t answer = sizeof json_answer - 1;
    size_t filled = 0;

    for (const char *at = in, *end; (end = memchr(at, '\n', length - (size_t)(at - in))) != NULL; at = end + 1) {
        memcpy(out + filled, json_answer, answer);
        filled += answer;
    }
    return filled;
}

static void serve(int fd, const char *how)
{
    const int reads = strcmp(how, "reads") == 0;
    const int answers = strcmp(how, "answers") == 0;

    for (;;) {
        struct pollfd wait = {fd, POLLIN, 0};
        if (poll(&wait, 1, -1) < 0) {
            return;
        }
        const ssize_t got = recv(fd, in, sizeof in, MSG_DONTWAIT);
        if (got <= 0) {
            return;
        }
        size_t filled = 0;
        if (answers) {
            filled = answer_lines((size_t)got);
        } else if (!reads) {
            filled = sizeof cbor_answer - 1;
            memcpy(out, cbor_answer, filled);
        }
        if (filled > 0 && send(fd, out, filled, MSG_NOSIGNAL) < 0) {
            return;
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (argc < 3 || strlen(argv[1]) >= sizeof address.sun_path) {
        fputs("usage: bench_floor SOCKET reads|answers|echoes\n", stderr);
        return 2;
    }
    memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
    unlink(argv[1]);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 4) != 0) {
        perror(argv[1]);
        return 1;
    }
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            return 1;
        }
        serve(fd, argv[2]);
        close(fd);
    }
}
