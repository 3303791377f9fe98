/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_shell.h - what a field engineer types at a serial port, without a manual: `help` lists it all.
 * Each command ends in a line `ok` or `error: what, and what is right`, so that a program can type too. Text is echoed
 * and can be edited with backspace. Commands are the table ear_shell_commands.def. */
#ifndef EAR_SHELL_H
#define EAR_SHELL_H

#include "core/base/ear_base.h"

#define EAR_SHELL_LINE_BYTES 160
#define EAR_SHELL_PASTE_BYTES 1024 /* a certificate as PEM, read until its END line */

struct ear_firmware;

/** Public only so that callers can allocate it. */
struct ear_shell {
    struct ear_firmware *firmware;
    void (*write)(void *context, const char *text, size_t length);
    void *context;
    uint16_t length;
    bool pasting;    /* what comes goes to the command that asked for it, until its last line */
    uint8_t command; /* that asked */
    char line[EAR_SHELL_LINE_BYTES];
    uint16_t pasted;
    char paste[EAR_SHELL_PASTE_BYTES];
};

void ear_shell_init(struct ear_shell *shell, struct ear_firmware *firmware,
                    void (*write)(void *context, const char *text, size_t length), void *context);

/** One byte that was typed. */
void ear_shell_type(struct ear_shell *shell, uint8_t byte);

#endif
