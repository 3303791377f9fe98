/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/device.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HELLO_MS = 1500, HELLOS = 4, COMMAND_MS = 10000, BACK_MS = 60000, PAUSE_MS = 250, CLEAR_S = 3 };

/* What somebody else had begun to type is given up first (Ctrl-C). */
static bool says_hello(struct device *device)
{
    for (int i = 0; i < HELLOS && device->serial.fd >= 0; i++) {
        if (serial_send(&device->serial, "\3", 1)) {
            serial_settle(&device->serial);
        }
        if (device_ask(device, "status", HELLO_MS) == SERIAL_OK) {
            return true;
        }
    }
    return false;
}

void device_open(struct device *device, const char *port)
{
    *device = (struct device){0};
    serial_open(&device->serial, port);
    if (says_hello(device)) {
        return;
    }
    if (device->serial.fd < 0) {
        die("%s: the line was closed while asking: is another program using it, or was the cable pulled?", port);
    }
    if (device->serial.heard == 0) {
        die("%s: nothing answers. Is this the right port (a board may have several; the first is meant)? Is the device "
            "powered, the cable plugged in at both ends, RX to TX and TX to RX?",
            port);
    }
    die("%s: something answers (%llu bytes), but not Earshot's shell at 115200 baud. Is this the right port? Does the "
        "device run an image of Earshot?",
        port, (unsigned long long)device->serial.heard);
}

void device_close(struct device *device)
{
    serial_close(&device->serial);
    text_free(&device->said);
}

enum serial_answer device_ask(struct device *device, const char *line, int timeout_ms)
{
    return serial_command(&device->serial, line, &device->said, timeout_ms);
}

/* A secret is not repeated. */
static const char *shown(const char *line)
{
    return strncmp(line, "provision seed", 14) == 0 ? "provision seed ..." : line;
}

static void must_be_ok(const struct device *device, enum serial_answer answer, const char *doing, const char *line)
{
    switch (answer) {
    case SERIAL_OK:
        return;
    case SERIAL_ERROR:
        die("%s: %s: the device says to `%s`: error: %s", device->serial.name, doing, shown(line),
            device->serial.error.bytes);
    case SERIAL_SILENT:
        die("%s: %s: no answer to `%s` within %d s%s%s", device->serial.name, doing, shown(line), COMMAND_MS / 1000,
            device->said.length > 0 ? "; it said: " : "", device->said.length > 0 ? device->said.bytes : "");
    case SERIAL_GONE:
    default:
        die("%s: %s: the line is gone: was the cable pulled?", device->serial.name, doing);
    }
}

void device_do(struct device *device, const char *doing, const char *line)
{
    must_be_ok(device, device_ask(device, line, COMMAND_MS), doing, line);
}

void device_paste(struct device *device, const char *doing, const char *line, const char *pasted)
{
    must_be_ok(device, serial_paste(&device->serial, line, pasted, &device->said, COMMAND_MS), doing, line);
}

static void pause_ms(int ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&time, NULL);
}

/* "uptime: 1 h 2 min 3 s" of the last `status`, in seconds; -1: it was not said. */
static int64_t uptime_s(const struct device *device)
{
    static const struct {
        const char *unit;
        int64_t s;
    } parts[] = {{" h ", 3600}, {" min ", 60}, {" s", 1}};
    const char *text = device_value(device, "uptime");
    int64_t sum_s = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *end = NULL;
        const long long part = text != NULL ? strtoll(text, &end, 10) : 0;
        if (end == NULL || end == text || strncmp(end, parts[i].unit, strlen(parts[i].unit)) != 0) {
            return -1;
        }
        sum_s += part * parts[i].s;
        text = end + strlen(parts[i].unit);
    }
    return sum_s;
}

/* Ask until it runs long enough that a restart can be told by it. Seconds. */
static int64_t settled_uptime_s(struct device *device)
{
    for (;;) {
        device_do(device, "asking how long it runs", "status");
        if (uptime_s(device) < 0) {
            die("%s: its `status` does not say how long it runs; it says:\n%s", device->serial.name,
                device->said.bytes);
        }
        if (uptime_s(device) >= CLEAR_S) {
            return uptime_s(device);
        }
        pause_ms(PAUSE_MS);
    }
}

/* It tells what is untold before it restarts, and answers meanwhile: it has restarted once it runs for less long than
 * it would without. */
void device_restart(struct device *device)
{
    const char *port = device->serial.name;
    const int64_t before_s = settled_uptime_s(device), begun_ms = monotonic_ms();

    device_do(device, "restarting it", "reboot");
    while (monotonic_ms() - begun_ms < BACK_MS) {
        pause_ms(PAUSE_MS);
        if (device->serial.fd < 0 && serial_try(&device->serial, port) != NULL) {
            continue; /* some adapters go away with the device */
        }
        const int64_t went_by_s = (monotonic_ms() - begun_ms) / 1000;
        if (says_hello(device) && uptime_s(device) < before_s + went_by_s - 1) {
            return;
        }
    }
    die("%s: the device does not come back after its restart: within %d s nothing answered. Its power and its cable "
        "first; then what it says from the start: open the port with a terminal program and press its reset button",
        port, BACK_MS / 1000);
}

const char *device_value(const struct device *device, const char *name)
{
    const size_t length = strlen(name);

    for (const char *line = device->said.bytes; line != NULL && *line != '\0';) {
        const char *end = line + strcspn(line, "\n");
        const char *at = line + strspn(line, " \t");
        if (strncmp(at, name, length) == 0 && (at[length] == ':' || at[length] == ' ')) {
            at += length + strspn(at + length, ": \t");
            while (end > at && isspace((unsigned char)end[-1])) {
                end--;
            }
            return keep(at, end > at ? (size_t)(end - at) : 0);
        }
        line = *end == '\n' ? end + 1 : end;
    }
    return NULL;
}

const char *device_block(const struct device *device, const char *name)
{
    const char *begin = keep_printf("-----BEGIN %s-----", name);
    const char *finish = keep_printf("-----END %s-----", name);
    const char *from = device->said.bytes != NULL ? strstr(device->said.bytes, begin) : NULL;
    const char *to = from != NULL ? strstr(from, finish) : NULL;

    return to != NULL ? keep_printf("%.*s\n", (int)(to - from + (ptrdiff_t)strlen(finish)), from) : NULL;
}
