/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_control.h - the way in for those who run this machine: packs come and go while the daemon
 * runs. One task.
 *
 * A Unix stream socket, mode 0600; only root and the daemon's own user are heard (SO_PEERCRED). One JSON object a line,
 * one answer each, in order:
 *   {"do":"list"}
 *   {"do":"begin","name":"refunds","bytes":1234}
 *   {"do":"write","at":0,"piece":"<base64>"}           pieces of any size, in order; a line is at most 64 KiB
 *   {"do":"where"}                                      how far the one that is coming has come, to go on after a break
 *   {"do":"finish"}
 *   {"do":"roll_back","name":"refunds"}  {"do":"remove","name":"refunds"}
 * {"n":1,"ok":true,...}, or, as for events,
 * {"n":1,"ok":false,"error":"counter","field":"counter","at":17,"allowed":"..."}.
 */
#ifndef EAR_CONTROL_H
#define EAR_CONTROL_H

#include "core/ear_agent.h"
#include "platform/json/ear_json_out.h"
#include "platform/linux/ear_loop.h"

#define EAR_CONTROL_LINE_BYTES 65536u
#define EAR_CONTROL_ANSWER_BYTES 16384u
#define EAR_CONTROL_CLIENTS 4

struct ear_control;

/** Listen at path. NULL: reason. */
struct ear_control *ear_control_open(const char *path, struct ear_agent *agent, struct ear_loop *loop, char *reason,
                                     size_t capacity);
void ear_control_close(struct ear_control *control);

/** Do what one line asks for and write the answer, with its '\n'. n: its number on the connection. Bytes. */
size_t ear_control_answer(struct ear_agent *agent, uint32_t n, const char *line, size_t length,
                          char out[EAR_CONTROL_ANSWER_BYTES]);

/** The packs that the agent has, as members of an object that is open: "packs":[...] and, if one was refused,
 * "pack_refused":{...}. For the status too. */
void ear_control_put_packs(struct ear_json_out *out, const struct ear_agent *agent);

#endif
