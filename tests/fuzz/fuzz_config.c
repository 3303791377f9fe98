/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_config.c - any bytes as the daemon's settings file: every fault is told in words, what is right
 * prints as a file that reads as the same, and what differs from it can be applied. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/linux/ear_config_file.h"
#include "tests/fuzz/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];
static int file = -1;

static void note(void *context, const char *text)
{
    check(text[0] != '\0' && strlen(text) < 512);
    ++*(unsigned *)context;
}

static unsigned read_bytes(struct ear_daemon_settings *settings, const void *bytes, size_t size)
{
    unsigned told = 0;
    const struct ear_config_listener listener = {note, &told};
    check(ftruncate(file, 0) == 0 && pwrite(file, bytes, size, 0) == (ssize_t)size);
    const unsigned faults = ear_config_file_read(settings, path, &listener);
    check(faults == told);
    return faults;
}

static char *print(const struct ear_daemon_settings *settings, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    check(out != NULL);
    ear_config_file_print(settings, out);
    check(fclose(out) == 0);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ear_daemon_settings settings, again;
    unsigned told = 0;
    const struct ear_config_listener listener = {note, &told};
    if (file < 0) {
        file = memfd_create("settings", MFD_CLOEXEC);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (read_bytes(&settings, data, size) > 0) {
        return 0;
    }
    size_t printed_size = 0, again_size = 0;
    char *printed = print(&settings, &printed_size);
    check(read_bytes(&again, printed, printed_size) == 0);
    check(ear_config_file_apply(&again, &settings, &listener) == told); /* keys, which are not printed */
    char *reprinted = print(&again, &again_size);
    check(told > 0 || (again_size == printed_size && memcmp(printed, reprinted, again_size) == 0));
    free(printed);
    free(reprinted);
    return 0;
}
