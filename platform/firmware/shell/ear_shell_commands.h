/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/shell/ear_shell_commands.h - the commands, for ear_shell.c. Each is called again and again with
 * shell->step counting up from 0, and gives a line or so each time, until it has no more to say. */
#ifndef EAR_SHELL_COMMANDS_H
#define EAR_SHELL_COMMANDS_H

#include "platform/firmware/shell/ear_shell.h"

enum ear_shell_turn {
    EAR_SHELL_MORE,  /* call it again */
    EAR_SHELL_OK,    /* the end: `ok` */
    EAR_SHELL_ERROR, /* the end: "error: ..." was written, by ear_shell_error */
    EAR_SHELL_PASTE, /* what comes next is for shell->pasting */
};

#define EAR_SHELL_COMMAND(name, arguments, help) enum ear_shell_turn ear_shell_do_##name(struct ear_shell *shell);
#include "platform/firmware/shell/ear_shell_commands.def"

/** To whoever typed. */
#define ear_shell_say(shell, ...) ear_text_print(&(shell)->out, __VA_ARGS__)

/** "error: what" and the line's end; for `return`. */
enum ear_shell_turn ear_shell_error(struct ear_shell *shell, const char *what, const char *more);

/** The next word of the arguments, "" behind the last; they are cut there. */
char *ear_shell_word(struct ear_shell *shell);

/** What is said where flash can only be read (Kconfig STORAGE). */
#define EAR_SHELL_READ_ONLY \
    "this board cannot write its flash: make identity and settings on a host, `earshot identity`"

/** Words for an error that storage gave. */
const char *ear_shell_why(enum ear_err err);

/** ear_shell_paste.c: from now on letters are for this part. One of them: true, it was the last. */
void ear_shell_paste_begin(struct ear_shell *shell, enum ear_identity_part part);
bool ear_shell_paste_letter(struct ear_shell *shell, char letter);

/** ear_shell_provision.c: what was pasted is all there. */
enum ear_shell_turn ear_shell_pasted(struct ear_shell *shell);

/** The owner's facts. */
struct ear_shell_facts ear_shell_facts(const struct ear_shell *shell);

#endif
