/* SPDX-License-Identifier: Apache-2.0 */
/* tests/hostile/load.c - plugins that misbehave before anybody has asked them anything. */
#include "tests/hostile/hostile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define USED __attribute__((unused))
#define CASE_OF(x) load_##x
#define CASE(x) CASE_OF(x)

static volatile char sink;

USED static void load_crashes(void)
{
    *(volatile char *)8 = 1;
}

USED static void load_aborts(void)
{
    abort();
}

USED static void load_loops(void)
{
    while (sink == 0) {
    }
}

USED static void load_exits(void)
{
    _exit(3);
}

USED static void load_reads_passwd(void)
{
    char byte;
    const int fd = open("/etc/passwd", O_RDONLY);
    sink = (char)(read(fd, &byte, 1) == 1 ? byte : 0);
}

USED static void load_opens_socket(void)
{
    sink = (char)socket(AF_INET, SOCK_STREAM, 0);
}

USED static void load_forks(void)
{
    sink = (char)fork();
}

USED static void load_allocates(void)
{
    for (;;) {
        *(volatile char *)malloc(1 << 20) = 1;
    }
}

USED static void load_no_entry(void)
{
}

int nobody_has_this(void);
USED static void load_missing_symbol(void)
{
#ifdef HOSTILE_MISSING_SYMBOL
    sink = (char)nobody_has_this();
#endif
}

__attribute__((constructor)) static void begin(void)
{
    CASE(HOSTILE_CASE)();
}

static int on_turn(const struct ear_plugin_call *call)
{
    (void)call;
    return 0;
}

#ifndef HOSTILE_NO_ENTRY
EAR_PLUGIN(load, HOSTILE_SOUND, .on_turn = on_turn);
#else
extern const struct ear_plugin somewhere_else;
const struct ear_plugin somewhere_else = {EAR_PLUGIN_HEADER, HOSTILE_SOUND, .on_turn = on_turn};
#endif
