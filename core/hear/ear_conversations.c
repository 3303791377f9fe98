/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hear/ear_conversations.h"

#include <assert.h>
#include <string.h>

#define MASK (EAR_CONVERSATION_INDEX - 1u)

static_assert(EAR_CONVERSATIONS < EAR_NO_CONVERSATION, "CONVERSATIONS must fit 16 bits");
static_assert((EAR_CONVERSATION_INDEX & MASK) == 0 && EAR_CONVERSATION_INDEX >= 2 * EAR_CONVERSATIONS,
              "the index is a power of two, at most half full");

static uint16_t number_of(const struct ear_conversations *table, const struct ear_conversation *conversation)
{
    return (uint16_t)(conversation - table->items);
}

static uint32_t home_of(uint64_t id)
{
    return (uint32_t)(id ^ (id >> 32)) & MASK;
}

/* --- the list of idleness --- */

static struct ear_conversation_list *list_of(struct ear_conversations *table, bool ended)
{
    return ended ? &table->ended : &table->open;
}

static void unlink_from(struct ear_conversations *table, struct ear_conversation_list *list, uint16_t number)
{
    const struct ear_conversation *item = &table->items[number];

    if (item->older == EAR_NO_CONVERSATION) {
        list->oldest = item->newer;
    } else {
        table->items[item->older].newer = item->newer;
    }
    if (item->newer == EAR_NO_CONVERSATION) {
        list->newest = item->older;
    } else {
        table->items[item->newer].older = item->older;
    }
    list->count--;
}

static void link_into(struct ear_conversations *table, struct ear_conversation_list *list, uint16_t number)
{
    struct ear_conversation *item = &table->items[number];
    uint16_t older = list->newest;
    uint16_t newer = EAR_NO_CONVERSATION;

    while (older != EAR_NO_CONVERSATION && table->items[older].last_ms > item->last_ms) {
        newer = older;
        older = table->items[older].older;
    }
    item->older = older;
    item->newer = newer;
    if (older == EAR_NO_CONVERSATION) {
        list->oldest = number;
    } else {
        table->items[older].newer = number;
    }
    if (newer == EAR_NO_CONVERSATION) {
        list->newest = number;
    } else {
        table->items[newer].older = number;
    }
    list->count++;
}

/* --- the index: linear probing, deletion by moving the rest of the run back (Knuth 6.4, algorithm R) --- */

static uint32_t slot_of(const struct ear_conversations *table, uint64_t id)
{
    uint32_t slot = home_of(id);

    while (table->index[slot] != EAR_NO_CONVERSATION && table->items[table->index[slot]].id != id) {
        slot = (slot + 1) & MASK;
    }
    return slot;
}

static void index_remove(struct ear_conversations *table, uint64_t id)
{
    uint32_t hole = slot_of(table, id);
    uint32_t slot = hole;

    for (;;) {
        slot = (slot + 1) & MASK;
        if (table->index[slot] == EAR_NO_CONVERSATION) {
            break;
        }
        const uint32_t home = home_of(table->items[table->index[slot]].id);
        if (((slot - home) & MASK) >= ((slot - hole) & MASK)) {
            table->index[hole] = table->index[slot];
            hole = slot;
        }
    }
    table->index[hole] = EAR_NO_CONVERSATION;
}

/* --- the table --- */

void ear_conversations_init(struct ear_conversations *table)
{
    const struct ear_conversation_list empty = {EAR_NO_CONVERSATION, EAR_NO_CONVERSATION, 0};

    memset(table, 0, sizeof(*table));
    table->open = empty;
    table->ended = empty;
    for (uint32_t i = 0; i < EAR_CONVERSATION_INDEX; i++) {
        table->index[i] = EAR_NO_CONVERSATION;
    }
    for (uint32_t i = 0; i < EAR_CONVERSATIONS; i++) {
        table->items[i].newer = (uint16_t)(i + 1 < EAR_CONVERSATIONS ? i + 1 : EAR_NO_CONVERSATION);
    }
}

struct ear_conversation *ear_conversations_find(struct ear_conversations *table, uint64_t id)
{
    const uint16_t number = table->index[slot_of(table, id)];

    return number == EAR_NO_CONVERSATION ? NULL : &table->items[number];
}

struct ear_conversation *ear_conversations_add(struct ear_conversations *table, uint64_t id, int64_t at_ms)
{
    const uint16_t number = table->free;

    if (number == EAR_NO_CONVERSATION) {
        return NULL;
    }
    struct ear_conversation *conversation = &table->items[number];
    const uint32_t slot = slot_of(table, id);

    assert(table->index[slot] == EAR_NO_CONVERSATION);
    table->free = conversation->newer;
    memset(conversation, 0, sizeof(*conversation));
    conversation->id = id;
    conversation->first_ms = at_ms;
    conversation->start_ms = at_ms;
    conversation->last_ms = at_ms;
    table->index[slot] = number;
    link_into(table, &table->open, number);
    return conversation;
}

struct ear_conversation *ear_conversations_victim(struct ear_conversations *table)
{
    const struct ear_conversation_list *list = list_of(table, table->ended.count > 0);

    return list->oldest == EAR_NO_CONVERSATION ? NULL : &table->items[list->oldest];
}

void ear_conversations_remove(struct ear_conversations *table, struct ear_conversation *conversation)
{
    const uint16_t number = number_of(table, conversation);

    index_remove(table, conversation->id);
    unlink_from(table, list_of(table, ear_conversation_ended(conversation)), number);
    conversation->newer = table->free;
    table->free = number;
}

void ear_conversations_sort(struct ear_conversations *table, struct ear_conversation *conversation, bool was_ended)
{
    const uint16_t number = number_of(table, conversation);
    const bool ended = ear_conversation_ended(conversation);
    const uint16_t newer = conversation->newer;
    const uint16_t older = conversation->older;
    const bool after = older == EAR_NO_CONVERSATION || table->items[older].last_ms <= conversation->last_ms;
    const bool before = newer == EAR_NO_CONVERSATION || table->items[newer].last_ms >= conversation->last_ms;

    if (ended == was_ended && after && before) {
        return;
    }
    unlink_from(table, list_of(table, was_ended), number);
    link_into(table, list_of(table, ended), number);
}

static void resort(struct ear_conversations *table, struct ear_conversation_list *list)
{
    uint16_t number = list->oldest;

    *list = (struct ear_conversation_list){EAR_NO_CONVERSATION, EAR_NO_CONVERSATION, 0};
    while (number != EAR_NO_CONVERSATION) {
        const uint16_t newer = table->items[number].newer;
        link_into(table, list, number);
        number = newer;
    }
}

void ear_conversations_resort(struct ear_conversations *table)
{
    resort(table, &table->open);
    resort(table, &table->ended);
}

struct ear_conversation *ear_conversations_idlest(struct ear_conversations *table)
{
    return table->open.oldest == EAR_NO_CONVERSATION ? NULL : &table->items[table->open.oldest];
}
