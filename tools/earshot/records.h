/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/records.h - the parts of earshot records: what was asked for, and two ways to ask. Host only.
 *   records.c       command line, page after page, lines for people
 *   records_ask.c   one question over the device's socket, or over MQTT from anywhere */
#ifndef EARSHOT_RECORDS_H
#define EARSHOT_RECORDS_H

#include "tools/earshot/broker.h"

struct records {
    const char *socket;   /* of the daemon on this machine */
    struct broker broker; /* of its mqtt host NULL: over the socket */
    struct text filter;   /* members of the question, each with a comma before it */
    bool json;
    uint64_t limit; /* records to show; 0: all */
};

/** Ask, and wait for the answer: one JSON object, kept until the program ends. cursor 0: from the newest record on.
 * Exits where none comes. */
const char *records_ask(const struct records *records, uint64_t cursor);

#endif
