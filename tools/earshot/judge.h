/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/judge.h - the parts of `earshot judge`: lines in, verdicts out. */
#ifndef EARSHOT_JUDGE_H
#define EARSHOT_JUDGE_H

#include "tools/earshot/jury.h"

struct judge_conversation {
    char *id;
    struct jury_memory memory;
};

struct judge {
    struct jury jury;
    struct pack_file *packs;
    size_t pack_count;
    const char **natives; /* paths */
    size_t native_count;
    bool json, only_given, tokens;
    uint16_t low_confidence_permille;
    const char *path; /* what is being read */
    uint32_t line, faults;
    struct judge_conversation **conversations; /* by hash of their id; as many as come */
    uint32_t count, capacity;                  /* of them; capacity is a power of two */
    struct text out;
};

/** A message to be judged. */
struct judge_message {
    const char *text; /* not terminated */
    size_t length;
    const char *conversation; /* NULL: it stands alone */
    const char *id;           /* as the source names it; NULL: it does not */
    uint32_t index;           /* of its conversation's messages, from 0 */
    struct ear_turn turn;     /* sender and what else is known */
};

/** Judge it with what is remembered of its conversation (memory, or what its conversation's name stands for) and print
 *  what was said. */
void judge_message(struct judge *judge, struct judge_message *message, struct jury_memory *memory);

/** Judge what a line of JSON holds: a message or a conversation. */
void judge_json(struct judge *judge, const char *line, size_t length);

/** Say on stderr what is wrong with this line; the others go on, and the exit status tells. */
void judge_fault(struct judge *judge, const char *what);

/** Print a message and the verdicts on it. */
void judge_show(struct judge *judge, const struct judge_message *message);

#endif
