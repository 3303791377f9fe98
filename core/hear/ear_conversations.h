/* SPDX-License-Identifier: Apache-2.0 */
/* core/hear/ear_conversations.h - the fixed table of conversations. Pure.
 *
 * Every conversation is in one of two lists, open and ended, each sorted by its last event. So the one that has been
 * silent longest is at hand for auto-close, and for eviction when the table is full. Holds no pointers. */
#ifndef EAR_CONVERSATIONS_H
#define EAR_CONVERSATIONS_H

#include "core/hear/ear_conversation.h"

#define EAR_NO_CONVERSATION UINT16_MAX

#define EAR_CONVERSATION_INDEX EAR_POW2(2 * EAR_CONVERSATIONS)

struct ear_conversation_list {
    uint16_t oldest, newest; /* by last_ms */
    uint16_t count;
};

/** Public only so that the agent can hold it; use the functions. */
struct ear_conversations {
    struct ear_conversation items[EAR_CONVERSATIONS];
    uint16_t index[EAR_CONVERSATION_INDEX]; /* by id, linear probing; EAR_NO_CONVERSATION: free */
    struct ear_conversation_list open, ended;
    uint16_t free; /* first of the unused items, linked by `newer` */
};

void ear_conversations_init(struct ear_conversations *table);

/** The conversation with this id, or NULL. O(1). */
struct ear_conversation *ear_conversations_find(struct ear_conversations *table, uint64_t id);

/** A new conversation, open, zeroed, all times at_ms; NULL where the table is full. The id must not be there. */
struct ear_conversation *ear_conversations_add(struct ear_conversations *table, uint64_t id, int64_t at_ms);

/** Whom to forget when the table is full: the longest idle of those that ended, else of those open. NULL if empty. */
struct ear_conversation *ear_conversations_victim(struct ear_conversations *table);

void ear_conversations_remove(struct ear_conversations *table, struct ear_conversation *conversation);

/** Put it where its state and last_ms say, after either has changed. was_ended: the state before. Cost: one step for
 * each conversation of that list that is newer, mostly none. */
void ear_conversations_sort(struct ear_conversations *table, struct ear_conversation *conversation, bool was_ended);

/** Sort both lists anew, after the times of many have changed. O(n) where their order is still right. */
void ear_conversations_resort(struct ear_conversations *table);

/** The open conversation that has been silent longest, or NULL. */
struct ear_conversation *ear_conversations_idlest(struct ear_conversations *table);

static inline bool ear_conversation_ended(const struct ear_conversation *conversation)
{
    return (conversation->flags & EAR_CONVERSATION_ENDED) != 0;
}

#endif
