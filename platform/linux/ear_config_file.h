/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_config_file.h - the daemon's INI file: read with every fault named, printed, documented.
 *     [section]
 *     name = value        ; a comment after a value begins with a space and a semicolon
 *     # a comment */
#ifndef EAR_CONFIG_FILE_H
#define EAR_CONFIG_FILE_H

#include "platform/linux/ear_linux_settings.h"

#include <stdio.h>

/** Takes a fault in words: "kiosk.conf:12: [broker] port = 99999: allowed is a whole number from 1 to 65535". */
struct ear_config_listener {
    void (*fault)(void *context, const char *text);
    void *context;
};

/** Read the file over the defaults and check it. The number of faults, all of which the listener was told; 0: *settings
 *  is whole. path NULL: the defaults. */
unsigned ear_config_file_read(struct ear_daemon_settings *settings, const char *path,
                              const struct ear_config_listener *listener);

/** Print settings as a file that could be read again: what is a default is commented out, and so is a key, whose value
 *  is not shown. */
void ear_config_file_print(const struct ear_daemon_settings *settings, FILE *out);

/** Print docs/configuration.md. */
void ear_config_file_print_reference(FILE *out);

/** Tell the listener which settings differ and need a restart; the number of them. The others are copied into *running.
 */
unsigned ear_config_file_apply(struct ear_daemon_settings *running, const struct ear_daemon_settings *fresh,
                               const struct ear_config_listener *listener);

#endif
