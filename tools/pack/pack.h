/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/pack.h - the commands of `earshot pack`, a file each. */
#ifndef PACK_H
#define PACK_H

/** Each takes what main was given from the command's name on, and returns the exit status (tools/earshot/earshot.h). */
int earshot_pack_device(int argc, char **argv); /* install, list, rollback, remove */
int earshot_pack_eval(int argc, char **argv);
int earshot_pack_inspect(int argc, char **argv);
int earshot_pack_keygen(int argc, char **argv);
int earshot_pack_phrases(int argc, char **argv);
int earshot_pack_rules(int argc, char **argv);
int earshot_pack_sign(int argc, char **argv);
int earshot_pack_train(int argc, char **argv);
int earshot_pack_verify(int argc, char **argv);

#endif
