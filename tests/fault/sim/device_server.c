/* SPDX-License-Identifier: Apache-2.0 */
/* The server of tests/fault/sim/device.h. */
#include <stdio.h>
#include <string.h>

#include "tests/fault/sim/device.h"

static uint64_t checksum(uint64_t sum, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        sum = (sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(1099511628211);
    }
    return sum;
}

static uint64_t slice_of(const struct ear_summary_head *head)
{
    uint64_t sum = head->other ? 1 : 2;

    for (unsigned i = 0; i < EAR_COUNT_OF(head->slice.parts); i++) {
        sum = checksum(sum, head->slice.parts[i].bytes, head->slice.parts[i].length);
        sum = checksum(sum, "", 1);
    }
    return sum;
}

static struct device_told *find_key(struct device_server *server, const struct device_told *like)
{
    struct device_told *keys = server->keys;

    for (uint32_t i = 0; i < server->key_count; i++) {
        if (keys[i].start_s == like->start_s && keys[i].resolution == like->resolution &&
            keys[i].slice == like->slice && keys[i].life == like->life) {
            return &keys[i];
        }
    }
    return NULL;
}

void device_serve(const uint8_t *bytes, size_t length)
{
    struct ear_summary summary;
    size_t at = 0;

    if (ear_summary_decode(&summary, bytes, length, &at) != EAR_OK) {
        device.server.broken = true;
        return;
    }
    const size_t used = summary.numbers_length;
    struct device_told told = {.start_s = summary.head.start_s,
                               .revision = summary.head.revision,
                               .slice = slice_of(&summary.head),
                               .numbers = checksum(0, summary.numbers, used),
                               .life = summary.head.life,
                               .length = (uint16_t)used,
                               .resolution = summary.head.resolution};
    memcpy(told.kept, summary.numbers, used < sizeof told.kept ? used : sizeof told.kept);
    struct device_told *held = find_key(&device.server, &told);
    if (held == NULL && device.server.key_count == DEVICE_KEYS) {
        device.server.full = true;
    } else if (held == NULL) {
        device.server.keys[device.server.key_count++] = told;
    } else if (told.revision > held->revision) {
        *held = told;
    }
}

uint64_t device_server_sum(const struct device_server *of, uint8_t resolution, unsigned number)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < of->key_count; i++) {
        const struct device_told *told = &of->keys[i];
        struct ear_summary summary = {.numbers = told->kept, .numbers_length = told->length};
        struct ear_summary_cursor cursor;
        struct ear_summary_item item;
        if (told->resolution != resolution || told->length > sizeof told->kept) {
            continue;
        }
        ear_summary_begin(&cursor, &summary);
        while (ear_summary_next(&cursor, &item)) {
            sum += item.number == &ear_catalogue[number] ? item.value : 0;
        }
    }
    return sum;
}

void device_note_waiting(void)
{
    const struct ear_note *note = &device.agent.memory.note;

    memset(device.server.waiting, 0, sizeof device.server.waiting);
    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &note->cells[i];
        const bool waits =
            (cell->flags & EAR_CELL_USED) && cell->resolution == EAR_HOUR && cell->start_ms < EAR_TIME_KNOWN_MS;
        for (unsigned number = 0; waits && number < EAR_NUMBERS; number++) {
            const struct ear_number *line = &ear_catalogue[number];
            const bool plain = line->shape == EAR_SHAPE_COUNT || line->shape == EAR_SHAPE_GROUP;
            for (unsigned word = 0; plain && word < line->size; word++) {
                device.server.waiting[number] += ear_note_words(&device.agent.memory.note, i)[line->at + word];
            }
        }
    }
}

/* The first number in which two states of a key differ. */
static void tell_difference(const struct device_told *here, const struct device_told *there, char *says,
                            size_t capacity)
{
    static const struct device_told nothing;
    const struct device_told *both[2] = {here == NULL ? &nothing : here, there == NULL ? &nothing : there};
    struct ear_summary_cursor cursors[2];
    struct ear_summary_item items[2];
    bool more[2] = {true, true};

    for (unsigned i = 0; i < 2; i++) {
        struct ear_summary summary = {.numbers = both[i]->kept, .numbers_length = both[i]->length};
        more[i] = both[i]->length > 0 && both[i]->length <= sizeof both[i]->kept;
        ear_summary_begin(&cursors[i], &summary);
    }
    do {
        for (unsigned i = 0; i < 2; i++) {
            more[i] = more[i] && ear_summary_next(&cursors[i], &items[i]);
        }
    } while (more[0] && more[1] && items[0].number == items[1].number && items[0].index == items[1].index &&
             items[0].value == items[1].value && items[0].label.length == items[1].label.length &&
             items[0].sketch_length == items[1].sketch_length);
    (void)snprintf(
        says, capacity, "resolution %u, start %lld: %s is %s %.*s[%u] = %llu, should be %s %.*s[%u] = %llu",
        (here == NULL ? there : here)->resolution, (long long)(here == NULL ? there : here)->start_s,
        here == NULL ? "(no such window)" : "it", more[0] ? ear_number_text(items[0].number)->name : "nothing",
        more[0] ? (int)items[0].label.length : 0, more[0] ? items[0].label.bytes : "", more[0] ? items[0].index : 0,
        more[0] ? (unsigned long long)items[0].value : 0, more[1] ? ear_number_text(items[1].number)->name : "nothing",
        more[1] ? (int)items[1].label.length : 0, more[1] ? items[1].label.bytes : "", more[1] ? items[1].index : 0,
        more[1] ? (unsigned long long)items[1].value : 0);
}

static bool holds_all_of(struct device_server *one, const struct device_server *other, bool reversed, char *says,
                         size_t capacity)
{
    for (uint32_t i = 0; i < other->key_count; i++) {
        const struct device_told *there = &other->keys[i];
        const struct device_told *here = find_key(one, there);
        if (here == NULL || here->numbers != there->numbers || here->length != there->length) {
            tell_difference(reversed ? there : here, reversed ? here : there, says, capacity);
            return false;
        }
    }
    return true;
}

/* The life of all windows, which is 1 unless the first starts were cut off; 0: there are several. */
static uint32_t life_of(const struct device_server *server)
{
    const uint32_t life = server->key_count > 0 ? server->keys[0].life : 1;

    for (uint32_t i = 0; i < server->key_count; i++) {
        if (server->keys[i].life != life) {
            return 0;
        }
    }
    return life;
}

bool device_server_is(const struct device_server *other, char *says, size_t capacity)
{
    static struct device_server copy; /* find_key gives what may be written */

    copy = *other;
    if (life_of(&device.server) == 0) {
        (void)snprintf(says, capacity, "the counters began anew");
        return false;
    }
    for (uint32_t i = 0; i < copy.key_count; i++) {
        copy.keys[i].life = life_of(&device.server);
    }
    return holds_all_of(&device.server, &copy, false, says, capacity) &&
           holds_all_of(&copy, &device.server, true, says, capacity);
}
