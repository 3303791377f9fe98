/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_status_decode.c - a status message back into struct ear_status. Pure.
 * Takes definite lengths and any order of keys. Reading stops at the first error, which stays. */
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/tell/ear_status.h"

/* Major types (RFC 8949 section 3.1). */
enum { UINT = 0, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6, SIMPLE = 7 };
enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21 };

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    enum ear_err err;
};

struct item {
    uint8_t major;
    uint64_t value;
};

static void refuse(struct reader *reader, enum ear_err err)
{
    reader->err = reader->err == EAR_OK ? err : reader->err;
    reader->at = reader->end;
}

/* The head of an item: its type and argument. After an error: the number 0. */
static struct item read_item(struct reader *reader)
{
    struct item item = {0};
    if (reader->at == reader->end) {
        refuse(reader, EAR_ERR_SYNTAX);
        return item;
    }
    uint8_t info = *reader->at & 0x1fu;
    item.major = *reader->at++ >> 5;
    item.value = info;
    if (info < 24) {
        return item;
    }
    unsigned size = 1u << (info - 24u);
    if (info > 27 || (size_t)(reader->end - reader->at) < size) {
        refuse(reader, EAR_ERR_SYNTAX);
        return (struct item){0};
    }
    item.value = 0;
    while (size-- > 0) {
        item.value = item.value << 8 | *reader->at++;
    }
    return item;
}

static uint64_t read_of(struct reader *reader, uint8_t major, uint64_t most)
{
    struct item item = read_item(reader);
    if (reader->err == EAR_OK && item.major != major) {
        refuse(reader, EAR_ERR_TYPE);
    }
    if (reader->err == EAR_OK && item.value > most) {
        refuse(reader, EAR_ERR_RANGE);
    }
    return reader->err == EAR_OK ? item.value : 0;
}

static bool read_bool(struct reader *reader)
{
    uint64_t value = read_of(reader, SIMPLE, UINT64_MAX);
    if (reader->err == EAR_OK && value != SIMPLE_FALSE && value != SIMPLE_TRUE) {
        refuse(reader, EAR_ERR_TYPE);
    }
    return value == SIMPLE_TRUE;
}

/* Elements or bytes to come: each takes one byte at least. */
static uint64_t read_count(struct reader *reader, uint8_t major)
{
    uint64_t count = read_of(reader, major, UINT64_MAX);
    if (count > (uint64_t)(reader->end - reader->at)) {
        refuse(reader, EAR_ERR_SYNTAX);
    }
    return reader->err == EAR_OK ? count : 0;
}

static void read_text(struct reader *reader, char *text, size_t most)
{
    size_t length = (size_t)read_count(reader, TEXT);
    if (length > most) {
        refuse(reader, EAR_ERR_TOO_LONG);
    } else if (reader->err == EAR_OK && ear_utf8_validate((const char *)reader->at, length) != length) {
        refuse(reader, EAR_ERR_UTF8);
    } else if (reader->err == EAR_OK) {
        memcpy(text, reader->at, length);
        text[length] = '\0';
        reader->at += length;
    }
}

/* One item, whatever it holds: counts what is still to come, so nesting needs no stack. */
static void skip(struct reader *reader)
{
    for (uint64_t left = 1; left > 0 && reader->err == EAR_OK; left--) {
        struct item item = read_item(reader);
        uint64_t rest = (uint64_t)(reader->end - reader->at);
        bool counted = item.major >= BYTES && item.major <= MAP;
        if (counted && item.value > rest) {
            refuse(reader, EAR_ERR_SYNTAX);
        } else if (item.major == BYTES || item.major == TEXT) {
            reader->at += item.value;
        } else if (counted) {
            left += item.major == MAP ? 2 * item.value : item.value;
        } else if (item.major == TAG) {
            left++;
        }
    }
}

static const struct ear_health_line *find_line(uint64_t key)
{
    for (unsigned i = 0; i < ear_health_count; i++) {
        if (ear_health_table[i].key == key) {
            return &ear_health_table[i];
        }
    }
    return NULL;
}

static void read_health(struct reader *reader, struct ear_health *health)
{
    for (uint64_t left = read_count(reader, MAP); left > 0 && reader->err == EAR_OK; left--) {
        const struct ear_health_line *line = find_line(read_of(reader, UINT, UINT64_MAX));
        if (line == NULL) {
            skip(reader);
            continue;
        }
        uint32_t value = (uint32_t)read_of(reader, UINT, UINT32_MAX);
        memcpy((uint8_t *)health + line->offset, &value, sizeof value);
    }
}

static void read_plugins(struct reader *reader, struct ear_status *status)
{
    uint64_t count = read_count(reader, ARRAY);
    if (count > EAR_PLUGINS) {
        refuse(reader, EAR_ERR_TOO_LONG);
        return;
    }
    status->plugin_count = (uint8_t)count;
    for (unsigned i = 0; i < status->plugin_count && reader->err == EAR_OK; i++) {
        struct ear_status_plugin *plugin = &status->plugins[i];
        uint64_t members = read_count(reader, ARRAY);
        if (members < 3) {
            refuse(reader, EAR_ERR_MISSING);
        }
        read_text(reader, plugin->name, EAR_STATUS_PLUGIN_NAME_BYTES);
        read_text(reader, plugin->version, EAR_STATUS_PLUGIN_VERSION_BYTES);
        plugin->state = (uint8_t)read_of(reader, UINT, UINT8_MAX);
        for (; members > 3 && reader->err == EAR_OK; members--) {
            skip(reader); /* what a later version appended */
        }
    }
}

static void read_pack(struct reader *reader, struct ear_status_pack *pack)
{
    uint64_t members = read_count(reader, ARRAY);
    if (members < 6) {
        refuse(reader, EAR_ERR_MISSING);
    }
    read_text(reader, pack->name, EAR_STATUS_PLUGIN_NAME_BYTES);
    read_text(reader, pack->version, EAR_STATUS_PLUGIN_VERSION_BYTES);
    pack->counter = (uint32_t)read_of(reader, UINT, UINT32_MAX);
    pack->installed = read_bool(reader);
    pack->state = (uint8_t)read_of(reader, UINT, UINT8_MAX);
    pack->reason = (uint8_t)read_of(reader, UINT, UINT8_MAX);
    for (; members > 6 && reader->err == EAR_OK; members--) {
        skip(reader);
    }
}

static void read_packs(struct reader *reader, struct ear_status *status)
{
    uint64_t count = read_count(reader, ARRAY);
    if (count > EAR_PACKS) {
        refuse(reader, EAR_ERR_TOO_LONG);
        return;
    }
    status->pack_count = (uint8_t)count;
    for (unsigned i = 0; i < status->pack_count && reader->err == EAR_OK; i++) {
        read_pack(reader, &status->packs[i]);
    }
}

static void read_refused(struct reader *reader, struct ear_status *status)
{
    uint64_t members = read_count(reader, ARRAY);
    if (members < 3) {
        refuse(reader, EAR_ERR_MISSING);
    }
    read_text(reader, status->refused_name, EAR_STATUS_PLUGIN_NAME_BYTES);
    status->refused_reason = (uint8_t)read_of(reader, UINT, UINT8_MAX);
    status->refused_key = (uint8_t)read_of(reader, UINT, UINT8_MAX);
    for (; members > 3 && reader->err == EAR_OK; members--) {
        skip(reader);
    }
}

static void read_value(struct reader *reader, uint64_t key, struct ear_status *status)
{
    switch (key) {
    case EAR_STATUS_KEY_VERSION:
        if (read_of(reader, UINT, UINT64_MAX) != EAR_STATUS_VERSION) {
            refuse(reader, EAR_ERR_VERSION);
        }
        break;
    case EAR_STATUS_KEY_ONLINE:
        status->online = read_bool(reader);
        break;
    case EAR_STATUS_KEY_ORDERLY:
        status->orderly = read_bool(reader);
        break;
    case EAR_STATUS_KEY_BOOT:
        status->boot = (uint32_t)read_of(reader, UINT, UINT32_MAX);
        break;
    case EAR_STATUS_KEY_FIRMWARE:
        read_text(reader, status->firmware, EAR_STATUS_FIRMWARE_BYTES);
        break;
    case EAR_STATUS_KEY_UPTIME:
        status->uptime_s = (uint32_t)read_of(reader, UINT, UINT32_MAX);
        break;
    case EAR_STATUS_KEY_CLOCK:
        status->clock = (uint8_t)read_of(reader, UINT, EAR_CLOCK_NETWORK);
        break;
    case EAR_STATUS_KEY_TIME:
        status->time_s = (int64_t)read_of(reader, UINT, INT64_MAX);
        break;
    case EAR_STATUS_KEY_HEALTH:
        read_health(reader, &status->health);
        break;
    case EAR_STATUS_KEY_PLUGINS:
        read_plugins(reader, status);
        break;
    case EAR_STATUS_KEY_PACKS:
        read_packs(reader, status);
        break;
    case EAR_STATUS_KEY_PACK_REFUSED:
        read_refused(reader, status);
        break;
    default:
        skip(reader);
        break;
    }
}

int ear_status_decode(struct ear_status *status, const uint8_t *bytes, size_t length)
{
    struct reader reader = {.at = bytes, .end = bytes + length, .err = EAR_OK};
    unsigned seen = 0;
    const unsigned needed = 1u << EAR_STATUS_KEY_VERSION | 1u << EAR_STATUS_KEY_ONLINE;
    memset(status, 0, sizeof *status);
    for (uint64_t left = read_count(&reader, MAP); left > 0 && reader.err == EAR_OK; left--) {
        uint64_t key = read_of(&reader, UINT, UINT64_MAX);
        if (reader.err == EAR_OK && key < 32 && (seen & 1u << key) != 0) {
            refuse(&reader, EAR_ERR_DUPLICATE);
        }
        seen |= key < 32 ? 1u << key : 0u;
        read_value(&reader, key, status);
    }
    if (reader.err == EAR_OK && reader.at != reader.end) {
        return EAR_ERR_SYNTAX; /* something behind the message */
    }
    if (reader.err == EAR_OK && (seen & needed) != needed) {
        return EAR_ERR_MISSING;
    }
    return reader.err;
}
