/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/device.h - a device at the other end of a serial line, by its shell: asked, set, restarted. Host only;
 * exits with what, where and what to do. */
#ifndef FIELD_DEVICE_H
#define FIELD_DEVICE_H

#include "tools/field/serial.h"

struct device {
    struct serial serial;
    struct text said; /* by the last command */
};

/** Open the port and wait until a device answers there. */
void device_open(struct device *device, const char *port);
void device_close(struct device *device);

/** Type a command that has to succeed; `doing` is what for: "setting the name". What it said is in device->said. */
void device_do(struct device *device, const char *doing, const char *line);
/** The same with lines that it asks for. */
void device_paste(struct device *device, const char *doing, const char *line, const char *pasted);

/** Type a command and see. */
enum serial_answer device_ask(struct device *device, const char *line, int timeout_ms);

/** Restart it, and wait until it answers again. */
void device_restart(struct device *device);

/** The value in a line "name: value" or "name   value" of what was said last; NULL: there is none. Lives until the
 * program ends. */
const char *device_value(const struct device *device, const char *name);

/** The block "-----BEGIN name-----" to its end of what was said last, or NULL. Likewise. */
const char *device_block(const struct device *device, const char *name);

#endif
