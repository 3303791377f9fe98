/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/merge/merge_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 8, FIRST_INDEX = 32 };

void *merge_grow(void *memory, size_t bytes)
{
    void *grown = realloc(memory, bytes > 0 ? bytes : 1);

    if (grown == NULL) {
        fprintf(stderr, "libearshot-merge: no memory\n");
        abort();
    }
    return grown;
}

void *merge_room(void *memory, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return memory;
    }
    const size_t old = *capacity;
    *capacity = old > 0 ? 2 * old : FIRST_CAPACITY;
    memory = merge_grow(memory, *capacity * size);
    memset((char *)memory + old * size, 0, (*capacity - old) * size);
    return memory;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const void *bytes, size_t length)
{
    const uint8_t *byte = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Where a key is in the index, or the free place where it would be. */
static size_t place_of(const struct merge_keys *keys, uint64_t hash, const void *bytes, size_t length)
{
    size_t at = (size_t)(hash ^ hash >> 32) & (keys->index_size - 1);

    for (; keys->index[at] != 0; at = (at + 1) & (keys->index_size - 1)) {
        const struct merge_key *key = &keys->keys[keys->index[at] - 1];
        if (key->hash == hash && key->length == length && (length == 0 || memcmp(key->bytes, bytes, length) == 0)) {
            break;
        }
    }
    return at;
}

static void grow_index(struct merge_keys *keys)
{
    keys->index_size = keys->index_size > 0 ? 2 * keys->index_size : FIRST_INDEX;
    free(keys->index);
    keys->index = merge_grow(NULL, keys->index_size * sizeof keys->index[0]);
    memset(keys->index, 0, keys->index_size * sizeof keys->index[0]);
    for (size_t i = 0; i < keys->count; i++) {
        const struct merge_key *key = &keys->keys[i];
        keys->index[place_of(keys, key->hash, key->bytes, key->length)] = (uint32_t)(i + 1);
    }
}

size_t merge_keys_find(const struct merge_keys *keys, const void *bytes, size_t length)
{
    if (keys->index_size == 0) {
        return MERGE_NO_KEY;
    }
    const uint32_t found = keys->index[place_of(keys, hash_of(bytes, length), bytes, length)];
    return found > 0 ? found - 1 : MERGE_NO_KEY;
}

size_t merge_keys_put(struct merge_keys *keys, const void *bytes, size_t length)
{
    const uint64_t hash = hash_of(bytes, length);

    if (2 * (keys->count + 1) > keys->index_size) {
        grow_index(keys);
    }
    const size_t at = place_of(keys, hash, bytes, length);
    if (keys->index[at] > 0) {
        return keys->index[at] - 1;
    }
    keys->keys = merge_room(keys->keys, keys->count, &keys->capacity, sizeof keys->keys[0]);
    struct merge_key *key = &keys->keys[keys->count++];
    *key = (struct merge_key){.hash = hash, .bytes = merge_grow(NULL, length + 1), .length = length};
    if (length > 0) {
        memcpy(key->bytes, bytes, length);
    }
    key->bytes[length] = '\0';
    keys->index[at] = (uint32_t)keys->count;
    return keys->count - 1;
}

void merge_keys_free(struct merge_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->keys[i].bytes);
    }
    free(keys->keys);
    free(keys->index);
    *keys = (struct merge_keys){0};
}
