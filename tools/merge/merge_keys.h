/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/merge_keys.h - byte strings get numbers from 0 on, in the order of first meeting. May use the heap. */
#ifndef MERGE_KEYS_H
#define MERGE_KEYS_H

#include <stddef.h>
#include <stdint.h>

struct merge_key {
    uint64_t hash;
    char *bytes; /* terminated */
    size_t length;
};

/** All zero is empty. */
struct merge_keys {
    struct merge_key *keys;
    size_t count, capacity;
    uint32_t *index; /* key + 1 by hash, linear probing; 0: free */
    size_t index_size;
};

#define MERGE_NO_KEY SIZE_MAX

/** The number of a key; keys->count if it is new, which then is one more. */
size_t merge_keys_put(struct merge_keys *keys, const void *bytes, size_t length);
/** The number of a key that is there, else MERGE_NO_KEY. */
size_t merge_keys_find(const struct merge_keys *keys, const void *bytes, size_t length);
void merge_keys_free(struct merge_keys *keys);

/** realloc that never returns NULL: aborts. */
void *merge_grow(void *memory, size_t bytes);
/** An array of `count` items of `size` bytes has room for one more afterwards; new room is zero. */
void *merge_room(void *memory, size_t count, size_t *capacity, size_t size);

#endif
