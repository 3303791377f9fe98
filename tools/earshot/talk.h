/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/talk.h - conversations to play: scripts (.talk) and dialogue collections (.ndjson). Host only.
 *
 * A script, as in tests/data/scripts:
 *
 *   == kettle-leaks en                        a conversation: its name and language
 *   user: The kettle I bought drips.          a message
 *   bot confidence=0.31 fallback=true: Sorry? a message with fields of docs/events.md
 *   * wait 10m                                nothing happens for a while
 *   * handoff reason=low_confidence           any other event: its kind and fields
 *   * end                                     played as written; nothing is added
 *   # a remark
 *
 * A conversation with a handoff, close or end is played as it is written. To any other the simulator gives an ending.
 *
 * A collection has one JSON object a line: {"id":..., "lang":"en", "turns":[{"speaker":"user","text":"..."}]}. */
#ifndef EARSHOT_TALK_H
#define EARSHOT_TALK_H

#include "core/hear/ear_event.h"
#include "tools/earshot/util.h"

/** One thing that happens. event holds what the script says about it: no times, no ids. */
struct talk_turn {
    struct ear_event event;
    int64_t wait_ms; /* pause before it that the script asks for; 0: a natural one */
};

struct talk {
    const char *name;
    char language[3]; /* "" if it is not known */
    bool as_written;
    size_t turn_count;
    struct talk_turn *turns;
};

struct talks {
    struct talk *items;
    size_t count;
};

/** Add the conversations of a .talk or .ndjson file, or of all such files of a directory in the order of their names.
 *  Exits with file and line where one cannot be understood. Nothing is ever freed. */
void talks_read(struct talks *talks, const char *path);

#endif
