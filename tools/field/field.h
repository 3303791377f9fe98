/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/field.h - the commands for people with a board on the desk, one file each; as tools/earshot/earshot.h.
 * docs/field.md is their walk. */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>

int earshot_identity(int argc, char **argv);
int earshot_identity_make(int argc, char **argv);
int earshot_identity_show(int argc, char **argv);
int earshot_flash(int argc, char **argv);
int earshot_provision(int argc, char **argv);
int earshot_deliver(int argc, char **argv);

/** `earshot send --serial PORT`: events from these arguments, from one file that is named, or from standard input. The
 * exit status. */
int field_send(const char *port, char *const *arguments, int count, bool verbose);

#endif
