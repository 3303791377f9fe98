/* SPDX-License-Identifier: Apache-2.0 */
/* tests/bench/bench_load.c - sends events to a Unix-domain socket and reads the answers. Host only.
 *   bench_load SOCKET COUNT text|silent|kiosk|full json|cbor batch|one|each [quiet]
 * batch: writes of up to 64 KB. one: one write per event, the next after its answer has come, so that every event wakes
 * the reader. each: one write per event, without waiting. quiet: the other side does not answer.
 * Exits 1 unless every event was answered as taken. Prints "events bytes". */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/bench/bench_events.h"

#define WRITE_BYTES 65536u

struct load {
    int fd;
    bool cbor;
    bool quiet;
    uint64_t count;    /* events to send */
    uint64_t sent;     /* whole events written */
    uint64_t bytes;    /* written */
    uint64_t answered; /* and taken */
    char *block;
    uint32_t at[BENCH_BLOCK + 1];
    uint32_t next;    /* event of the block being written */
    uint32_t written; /* bytes of the block */
    char in[65536 + 64];
    size_t in_length;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_load: %s: %s\n", what, errno != 0 ? strerror(errno) : "not as expected");
    exit(1);
}

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof address.sun_path) {
        fail(path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        fail(path);
    }
    return fd;
}

/* Length of the answer at the front, 0 if it is not all there. Anything but "taken" ends the program. */
static size_t answer_length(const struct load *load, const char *bytes, size_t length)
{
    static const char tail[] = ",\"ok\":true}";

    if (load->cbor) { /* {0: n, 1: true} */
        const size_t more[4] = {1, 2, 4, 8};
        const size_t n = length < 3 ? 0 : (uint8_t)bytes[2] < 24 ? 1 : 1 + more[((uint8_t)bytes[2] - 24) & 3];
        if (n == 0 || length < 4 + n) {
            return 0;
        }
        errno = 0;
        if ((uint8_t)bytes[0] != 0xa2 || bytes[1] != 0 || bytes[2 + n] != 1 || (uint8_t)bytes[3 + n] != 0xf5) {
            fail("an event was not taken");
        }
        return 4 + n;
    }
    const char *end = memchr(bytes, '\n', length);
    if (end == NULL) {
        return 0;
    }
    const size_t line = (size_t)(end - bytes);
    if (line < sizeof tail || memcmp(end - (sizeof tail - 1), tail, sizeof tail - 1) != 0) {
        errno = 0;
        fprintf(stderr, "%.*s\n", (int)line, bytes);
        fail("an event was not taken");
    }
    return line + 1;
}

static void read_answers(struct load *load, bool wait)
{
    struct pollfd fd = {load->fd, POLLIN, 0};

    if (wait && poll(&fd, 1, 20000) == 0) {
        fail("no answer for 20 s");
    }
    const ssize_t got = recv(load->fd, load->in + load->in_length, sizeof load->in - load->in_length, MSG_DONTWAIT);
    if (got == 0) {
        errno = 0;
        fail("the connection was closed");
    }
    if (got < 0) {
        return;
    }
    load->in_length += (size_t)got;
    size_t used = 0;
    for (size_t length; (length = answer_length(load, load->in + used, load->in_length - used)) != 0; used += length) {
        load->answered++;
    }
    memmove(load->in, load->in + used, load->in_length - used);
    load->in_length -= used;
}

/* Bytes that the next write may take: whole events at least in what is counted, not in where a write ends. */
static size_t next_write(const struct load *load, bool batch)
{
    uint64_t last = load->next + 1;

    if (batch) {
        last = load->next + (load->count - load->sent);
        last = last < BENCH_BLOCK ? last : BENCH_BLOCK;
    }
    const size_t length = load->at[last] - load->written;
    return length < WRITE_BYTES ? length : WRITE_BYTES;
}

static void write_some(struct load *load, bool batch)
{
    const ssize_t put =
        send(load->fd, load->block + load->written, next_write(load, batch), MSG_DONTWAIT | MSG_NOSIGNAL);

    if (put < 0) {
        struct pollfd fd = {load->fd, POLLOUT | POLLIN, 0};
        if (errno != EAGAIN) {
            fail("send");
        }
        if (poll(&fd, 1, 20000) == 0) {
            fail("no room for 20 s");
        }
        return;
    }
    load->bytes += (uint64_t)put;
    load->written += (uint32_t)put;
    while (load->next < BENCH_BLOCK && load->at[load->next + 1] <= load->written) {
        load->next++;
        load->sent++;
    }
    if (load->next == BENCH_BLOCK) {
        load->next = 0;
        load->written = 0;
    }
}

int main(int argc, char **argv)
{
    static struct load load;

    if (argc < 6) {
        fputs("usage: bench_load SOCKET COUNT text|silent|kiosk|full json|cbor batch|one|each [quiet]\n", stderr);
        return 2;
    }
    const bool batch = strcmp(argv[5], "batch") == 0;
    const bool turns = strcmp(argv[5], "one") == 0;
    load.count = strtoull(argv[2], NULL, 10);
    load.cbor = strcmp(argv[4], "cbor") == 0;
    load.quiet = argc > 6;
    load.block = bench_block(bench_mix_of(argv[3]), load.cbor, load.at);
    load.fd = dial(argv[1]);
    while (load.sent < load.count) {
        write_some(&load, batch);
        do {
            read_answers(&load, turns);
        } while (turns && load.answered < load.sent);
    }
    while (!load.quiet && load.answered < load.sent) {
        read_answers(&load, true);
    }
    if (load.quiet) { /* the other side says that it has read all by closing */
        char byte;
        shutdown(load.fd, SHUT_WR);
        while (recv(load.fd, &byte, 1, 0) > 0) {
        }
    }
    printf("%llu %llu\n", (unsigned long long)load.sent, (unsigned long long)load.bytes);
    free(load.block);
    return 0;
}
