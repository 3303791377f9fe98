/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/commands.h - choosing among the commands of `earshot`, `earshot pack`, `earshot plugin`. */
#ifndef EARSHOT_COMMANDS_H
#define EARSHOT_COMMANDS_H

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* is given what follows from its name on */
    const char *says;                  /* what it is for, in the list of commands */
};

/** The commands of one program. */
struct commands {
    const char *program; /* "earshot pack" */
    const char *page;    /* the document that tells all, or NULL */
    const struct command *list;
    int count;
};

/** Run the command that argv[1] names, or print the list of them. Its exit status. */
int commands_run(const struct commands *commands, int argc, char **argv);

#endif
