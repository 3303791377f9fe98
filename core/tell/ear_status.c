/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tell/ear_status.h"

#include <assert.h>
#include <cbor.h>
#include <string.h>

/* Keys of the members of struct ear_health, in order. */
static const uint8_t health_keys[] = {
#define EAR_HEALTH(key, ident, name, KIND, unit, says) (key),
#include "core/tell/ear_health.def"
};
static_assert(sizeof(struct ear_health) == EAR_COUNT_OF(health_keys) * sizeof(uint32_t), "all are uint32_t");

/* The encoder counts what finds no room and goes on: one look at the end is enough. */
static void latched(CborError error)
{
    assert(error == CborNoError || error == CborErrorOutOfMemory);
    (void)error;
}

static void encode_uint(CborEncoder *to, uint64_t value)
{
    latched(cbor_encode_uint(to, value));
}

static void encode_bool(CborEncoder *to, bool truth)
{
    latched(cbor_encode_boolean(to, truth));
}

static void encode_pair(CborEncoder *to, uint64_t key, uint64_t value)
{
    encode_uint(to, key);
    encode_uint(to, value);
}

static void encode_text(CborEncoder *to, const char *text, size_t most)
{
    const char *end = memchr(text, '\0', most);
    latched(cbor_encode_text_string(to, text, end == NULL ? most : (size_t)(end - text)));
}

static void begin_list(CborEncoder *to, CborEncoder *list, size_t count)
{
    latched(cbor_encoder_create_array(to, list, count));
}

static void leave(CborEncoder *to, CborEncoder *inner)
{
    latched(cbor_encoder_close_container(to, inner));
}

static uint32_t health_at(const struct ear_health *health, unsigned index)
{
    uint32_t value;
    memcpy(&value, (const uint8_t *)health + index * sizeof value, sizeof value);
    return value;
}

static void encode_health(CborEncoder *to, const struct ear_health *health)
{
    CborEncoder map;
    size_t told = 0;
    for (unsigned i = 0; i < EAR_COUNT_OF(health_keys); i++) {
        told += health_at(health, i) > 0;
    }
    encode_uint(to, EAR_STATUS_KEY_HEALTH);
    latched(cbor_encoder_create_map(to, &map, told));
    for (unsigned i = 0; i < EAR_COUNT_OF(health_keys); i++) { /* keys ascend: test_ear_status looks */
        if (health_at(health, i) > 0) {
            encode_pair(&map, health_keys[i], health_at(health, i));
        }
    }
    leave(to, &map);
}

static void encode_plugins(CborEncoder *to, const struct ear_status *status)
{
    CborEncoder list;
    assert(status->plugin_count <= EAR_PLUGINS);
    encode_uint(to, EAR_STATUS_KEY_PLUGINS);
    begin_list(to, &list, status->plugin_count);
    for (unsigned i = 0; i < status->plugin_count; i++) {
        const struct ear_status_plugin *plugin = &status->plugins[i];
        CborEncoder item;
        begin_list(&list, &item, 3);
        encode_text(&item, plugin->name, EAR_STATUS_PLUGIN_NAME_BYTES);
        encode_text(&item, plugin->version, EAR_STATUS_PLUGIN_VERSION_BYTES);
        encode_uint(&item, plugin->state);
        leave(&list, &item);
    }
    leave(to, &list);
}

static void encode_packs(CborEncoder *to, const struct ear_status *status)
{
    CborEncoder list;
    assert(status->pack_count <= EAR_PACKS);
    encode_uint(to, EAR_STATUS_KEY_PACKS);
    begin_list(to, &list, status->pack_count);
    for (unsigned i = 0; i < status->pack_count; i++) {
        const struct ear_status_pack *pack = &status->packs[i];
        CborEncoder item;
        begin_list(&list, &item, 6);
        encode_text(&item, pack->name, EAR_STATUS_PLUGIN_NAME_BYTES);
        encode_text(&item, pack->version, EAR_STATUS_PLUGIN_VERSION_BYTES);
        encode_uint(&item, pack->counter);
        encode_bool(&item, pack->installed);
        encode_uint(&item, pack->state);
        encode_uint(&item, pack->reason);
        leave(&list, &item);
    }
    leave(to, &list);
}

static void encode_refused(CborEncoder *to, const struct ear_status *status)
{
    CborEncoder item;
    encode_uint(to, EAR_STATUS_KEY_PACK_REFUSED);
    begin_list(to, &item, 3);
    encode_text(&item, status->refused_name, EAR_STATUS_PLUGIN_NAME_BYTES);
    encode_uint(&item, status->refused_reason);
    encode_uint(&item, status->refused_key);
    leave(to, &item);
}

int32_t ear_status_encode(const struct ear_status *status, uint8_t *bytes, size_t capacity)
{
    CborEncoder top, map;
    bool will = !status->online && !status->orderly;
    bool timed = !will && status->clock != EAR_CLOCK_NONE && status->time_s >= 0;
    size_t pairs = will ? 4 : 8;
    pairs += timed ? 1 : 0;
    pairs += status->online || will ? 0 : 1;
    pairs += !will && status->pack_count > 0 ? 1 : 0;
    pairs += !will && status->refused_reason != 0 ? 1 : 0;
    cbor_encoder_init(&top, bytes, capacity, 0);
    latched(cbor_encoder_create_map(&top, &map, pairs));
    encode_pair(&map, EAR_STATUS_KEY_VERSION, EAR_STATUS_VERSION);
    encode_uint(&map, EAR_STATUS_KEY_ONLINE);
    encode_bool(&map, status->online);
    if (!status->online && status->orderly) {
        encode_uint(&map, EAR_STATUS_KEY_ORDERLY);
        encode_bool(&map, true);
    }
    encode_pair(&map, EAR_STATUS_KEY_BOOT, status->boot);
    encode_uint(&map, EAR_STATUS_KEY_FIRMWARE);
    encode_text(&map, status->firmware, EAR_STATUS_FIRMWARE_BYTES);
    if (!will) {
        encode_pair(&map, EAR_STATUS_KEY_UPTIME, status->uptime_s);
        encode_pair(&map, EAR_STATUS_KEY_CLOCK, status->clock);
        if (timed) {
            encode_pair(&map, EAR_STATUS_KEY_TIME, (uint64_t)status->time_s);
        }
        encode_health(&map, &status->health);
        encode_plugins(&map, status);
        if (status->pack_count > 0) {
            encode_packs(&map, status);
        }
        if (status->refused_reason != 0) {
            encode_refused(&map, status);
        }
    }
    leave(&top, &map);
    if (cbor_encoder_get_extra_bytes_needed(&top) > 0) {
        return EAR_ERR_FULL;
    }
    return (int32_t)cbor_encoder_get_buffer_size(&top, bytes);
}
