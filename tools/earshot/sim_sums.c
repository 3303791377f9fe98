/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/sim_sums.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 256, FIRST_SIZE = 256 };

/* FNV-1a (Fowler, Noll, Vo). */
static size_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    }
    return hash;
}

/* The place in the index of this name, or the free one where it would be. */
static size_t find(const struct sim_sums *sums, const char *name)
{
    size_t at = hash_of(name) & (sums->index_size - 1);

    while (sums->index[at] != 0 && strcmp(sums->items[sums->index[at] - 1].name, name) != 0) {
        at = (at + 1) & (sums->index_size - 1);
    }
    return at;
}

/* At most half of the index is in use. */
static void make_room(struct sim_sums *sums)
{
    if (2 * (sums->count + 1) <= sums->index_size) {
        return;
    }
    sums->index_size = sums->index_size > 0 ? 2 * sums->index_size : FIRST_SIZE;
    sums->index = grow(sums->index, sums->index_size * sizeof sums->index[0]);
    sums->items = grow(sums->items, sums->index_size * sizeof sums->items[0]);
    memset(sums->index, 0, sums->index_size * sizeof sums->index[0]);
    for (size_t i = 0; i < sums->count; i++) {
        sums->index[find(sums, sums->items[i].name)] = (uint32_t)i + 1;
    }
}

size_t sim_sums_add(struct sim_sums *sums, uint64_t value, const char *format, ...)
{
    char name[NAME_BYTES];
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof name) {
        die("%s...: the name of a number is too long", name);
    }
    make_room(sums);
    const size_t at = find(sums, name);
    if (sums->index[at] == 0) {
        sums->items[sums->count] = (struct sim_sum){.name = keep(name, (size_t)length)};
        sums->index[at] = (uint32_t)++sums->count;
    }
    sums->items[sums->index[at] - 1].value += value;
    return sums->index[at] - 1;
}

uint64_t sim_sums_get(const struct sim_sums *sums, const char *name)
{
    const uint32_t at = sums->index_size > 0 ? sums->index[find(sums, name)] : 0;

    return at > 0 ? sums->items[at - 1].value : 0;
}

void sim_sums_free(struct sim_sums *sums)
{
    free(sums->items);
    free(sums->index);
    *sums = (struct sim_sums){0};
}
