/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/earshot.h - the sub-commands of `earshot`, one file each. */
#ifndef EARSHOT_H
#define EARSHOT_H

/** Each takes what main was given from the sub-command's name on, and returns the exit status. */
int earshot_send(int argc, char **argv);
int earshot_sim(int argc, char **argv);
int earshot_tap(int argc, char **argv);
int earshot_records(int argc, char **argv);
int earshot_status(int argc, char **argv);
int earshot_merge(int argc, char **argv);
int earshot_report(int argc, char **argv);
int earshot_plugin(int argc, char **argv);
int earshot_catalogue(int argc, char **argv);
int earshot_wear(int argc, char **argv);
int earshot_judge(int argc, char **argv);
int earshot_image(int argc, char **argv); /* tools/image/image.c */
int earshot_pack(int argc, char **argv);  /* tools/pack/pack.c */

/** Exit statuses beside 0. */
enum earshot_exit {
    EARSHOT_FAILED = 1, /* it ran, and something was refused, missing or different */
    EARSHOT_USAGE = 2,  /* the command line makes no sense */
};

#define EARSHOT_SOCKET "/run/earshot/events.sock" /* where earshotd listens unless configured otherwise */

#endif
