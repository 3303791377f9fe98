/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/compile.h - what the compilers of packs share: options, a file line by line, labels, the pack. Host only.
 */
#ifndef PACK_COMPILE_H
#define PACK_COMPILE_H

#include "tools/pack/pack_write.h"

/** A pack that is being compiled. Zeroed, then compile_options. */
struct compile {
    const char *input;
    const char *output;
    char name[24];
    uint16_t threshold; /* of each label that is said at all */
    unsigned faults;
    struct pack_manifest manifest;
    const char *labels[EAR_PACK_LABELS_MAX];
    uint32_t used[EAR_PACK_LABELS_MAX]; /* line in which a label was first used; 0: it was not */
    uint16_t thresholds[EAR_PACK_LABELS_MAX];
    const char *languages[32];
};

/** What both compilers' help says of their options. */
#define COMPILE_OPTIONS_HELP                                                                                           \
    "  -o FILE          where the pack goes, unsigned; `earshot pack sign` signs it\n"                                 \
    "  --question Q     what the labels answer: tag, topic, language, sentiment (neutral, positive, negative), or a\n" \
    "                   yes-or-no question (yes, no): human_requested, repetition_loop, low_confidence,\n"             \
    "                   incomplete_info (tag)\n"                                                                       \
    "  --name N         the pack's, 1 to 23 of a-z 0-9 _ (that of FILE)\n"                                             \
    "  --version V      1 to 15 characters (1.0.0)\n"                                                                  \
    "  --counter N      security counter, 0 to 4294967295 (1)\n"                                                       \
    "  --from WHO,...   whose messages are judged: user, bot, agent (user)\n"                                          \
    "  --threshold N    least score that is said, 0 to 1000 (0)\n"                                                     \
    "  --language L,... languages of the texts that it understands, ISO 639-1\n"                                       \
    "  --about TEXT     a sentence for people\n"                                                                       \
    "  --budget-us N    longest time a message may take on the slowest device, 1 to 1000000 (2000)\n"

/** Read the options. Exits where they make no sense, and after --help. */
void compile_options(struct compile *compile, int argc, char **argv, void (*print_help)(void));

/** Hand every line of the input that is neither empty nor a comment (#) to take, numbered from 1, terminated and
 * trimmed. What is no text is a fault. */
void compile_lines(struct compile *compile, void (*take)(void *context, uint32_t line, char *text), void *context);

/** "FILE:LINE: what is wrong", on standard error; nothing is then written. */
void compile_fault(struct compile *compile, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The number of a label, new or not. -1: the question has no such label, which was noted as a fault. */
int32_t compile_label(struct compile *compile, uint32_t line, const char *text);

/** Write the pack if there were no faults, read it back and say what it is: the exit status. */
int compile_write(struct compile *compile, enum ear_engine_id engine, uint16_t engine_version,
                  const struct pack_bytes *body, const char *what);

#endif
