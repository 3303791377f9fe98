/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_replay.c - a file of events through the daemon, as fast as it goes. */
#include "platform/linux/ear_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REFUSALS_LOGGED 10 /* the rest is only counted */

static void say(const struct ear_daemon *daemon, enum ear_log_level level, const char *message, const char *detail)
{
    daemon->log.line(daemon->log.context, level, message, detail, 0);
}

struct replay {
    struct ear_daemon *daemon;
    const char *path;
    uint32_t accepted;
    uint32_t refused;
    bool unkept; /* storage refused */
};

static void note_fault(struct replay *replay, const struct ear_fault *fault)
{
    char text[256];
    const char *field = ear_event_field_name(fault->key);
    if (replay->refused++ < REFUSALS_LOGGED) {
        snprintf(text, sizeof text, "event %u: %s%s%s; allowed: %s", replay->accepted + replay->refused,
                 ear_err_name(fault->err), field != NULL ? " in " : "", field != NULL ? field : "", fault->allowed);
        say(replay->daemon, EAR_LOG_WARNING, replay->path, text);
    }
}

static bool replay_hear(void *context, const struct ear_event *event, struct ear_heard *heard)
{
    struct replay *replay = context;
    bool taken = ear_daemon_hear(replay->daemon, event, heard);
    if (taken) {
        replay->accepted++;
    } else {
        note_fault(replay, &heard->fault);
    }
    return taken;
}

static void replay_refused(void *context, const struct ear_fault *fault)
{
    struct replay *replay = context;
    ear_agent_refused(&replay->daemon->agent, fault);
    note_fault(replay, fault);
}

/** Buffers of a replay; too large for a stack. */
struct replay_room {
    struct ear_json json;
    char input[EAR_EVENT_BYTES + EAR_SOCKET_READ_BYTES];
    char answers[2 * EAR_STREAM_ASK_BYTES];
};

static void replay_stream(struct replay *replay, int fd, struct replay_room *room)
{
    const struct ear_stream_sink sink = {.hear = replay_hear, .refused = replay_refused, .context = replay};
    struct ear_stream stream = {0};
    size_t length = 0;
    bool at_end = false;
    ear_json_init(&room->json);
    while (!(at_end && length == 0) && !replay->daemon->stopping) {
        ssize_t count = at_end ? 0 : read(fd, room->input + length, sizeof room->input - length);
        at_end = count <= 0;
        length += count > 0 ? (size_t)count : 0;
        size_t taken = 0;
        struct ear_answers answers = {.bytes = room->answers, .capacity = sizeof room->answers};
        do {
            answers.length = 0;
            taken +=
                ear_stream_take(&stream, &sink, &room->json, room->input + taken, length - taken, at_end, &answers);
        } while (!ear_answers_have_room(&answers));
        length -= taken;
        memmove(room->input, room->input + taken, length);
        if (ear_agent_commit(&replay->daemon->agent) != EAR_OK) {
            replay->unkept = true;
        }
        (void)ear_daemon_turn(replay->daemon, 0);
    }
}

bool ear_daemon_replay(struct ear_daemon *daemon, const char *path)
{
    struct replay replay = {.daemon = daemon, .path = path};
    struct replay_room *room = malloc(sizeof *room);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[96];
    if (room == NULL || fd < 0) {
        say(daemon, EAR_LOG_ERROR, path, strerror(errno));
    } else {
        replay_stream(&replay, fd, room);
        snprintf(text, sizeof text, "%u events taken, %u refused%s", replay.accepted, replay.refused,
                 replay.unkept ? "; not all could be made durable meanwhile" : "");
        say(daemon, EAR_LOG_NOTICE, path, text);
    }
    bool opened = fd >= 0;
    if (opened) {
        close(fd);
    }
    if (room != NULL) {
        explicit_bzero(room, sizeof *room);
        free(room);
    }
    return opened;
}
