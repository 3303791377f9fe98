/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/events.h - events as bytes: JSON in and out, CBOR out. Host only. */
#ifndef EARSHOT_EVENTS_H
#define EARSHOT_EVENTS_H

#include "core/hear/ear_event.h"
#include "tools/earshot/util.h"

/** Decode one JSON object. Strings of *event live until the next call. False: *why says what is wrong, for people. */
bool events_from_json(struct ear_event *event, const char *bytes, size_t length, struct text *why);

/** Append one event: a JSON line with its end, or a CBOR map. Exits if it does not fit into EAR_EVENT_BYTES. */
void events_add(struct text *out, const struct ear_event *event, bool binary);

#endif
