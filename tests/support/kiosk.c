/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/kiosk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct ear_agent agent;
struct ear_settings settings;
struct fake_clock wrist;
struct fake_transport broker;
struct fake_storage outbox_flash, state_flash;
struct ear_agent_config config;

void power_on(void)
{
    assert_int_equal(ear_agent_init(&agent, &config), EAR_OK);
}

int set_up(void **state)
{
    (void)state;
    memset(&broker, 0, sizeof broker);
    fake_storage_init(&outbox_flash, 4096, 8);
    fake_storage_init(&state_flash, 4096, FAKE_STORAGE_BYTES / 4096);
    wrist = (struct fake_clock){.monotonic_ms = 5000, .wall_ms = NOON_MS, .state = EAR_CLOCK_NETWORK};
    ear_settings_init(&settings);
    strcpy(settings.device_device, "kiosk-1");
    config = (struct ear_agent_config){.settings = &settings,
                                       .clock = fake_clock_port(&wrist),
                                       .entropy = fake_entropy_port(),
                                       .transport = fake_transport_port(&broker),
                                       .outbox = outbox_flash.port,
                                       .state = state_flash.port,
                                       .version = "test"};
    power_on();
    return 0;
}

struct ear_str str(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

struct ear_event event_of(uint8_t kind, const char *conversation, int64_t time_ms)
{
    struct ear_event event = {.kind = kind};

    if (conversation != NULL) {
        event.conversation = str(conversation);
        event.present |= EAR_HAS(conversation);
    }
    if (time_ms != 0) {
        event.time_ms = time_ms;
        event.present |= EAR_HAS(time_ms);
    }
    return event;
}

void hear(const struct ear_event *event)
{
    struct ear_heard heard;

    assert_true(ear_agent_hear(&agent, event, &heard));
}

struct ear_event message_of(const char *conversation, uint8_t from, int64_t time_ms)
{
    struct ear_event event = event_of(EAR_KIND_MESSAGE, conversation, time_ms);

    event.from = from;
    event.present |= EAR_HAS(from);
    return event;
}

void speak(const char *conversation, uint8_t from, int64_t time_ms)
{
    const struct ear_event event = message_of(conversation, from, time_ms);

    hear(&event);
}

struct ear_event closing_of(const char *conversation, uint8_t by, int64_t time_ms)
{
    struct ear_event event = event_of(EAR_KIND_CLOSE, conversation, time_ms);

    event.by = by;
    event.present |= EAR_HAS(by);
    return event;
}

uint32_t total_of(unsigned resolution, unsigned at)
{
    uint32_t total = 0;

    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent.memory.note.cells[i];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution == resolution) {
            total += ear_note_words(&agent.memory.note, i)[at];
        }
    }
    return total;
}

uint32_t total(unsigned at)
{
    const uint32_t hours = total_of(EAR_HOUR, at);

    assert_int_equal(total_of(EAR_DAY, at), hours);
    return hours;
}

void connect_broker(void)
{
    for (int i = 0; i < 400 && !broker.connecting; i++) {
        fake_clock_pass(&wrist, 1000);
        (void)ear_agent_tick(&agent);
    }
    assert_true(broker.connecting);
    broker.connecting = false;
    ear_uplink_on_connected(&agent.uplink, wrist.monotonic_ms);
    (void)ear_agent_tick(&agent);
}

void ack_all(void)
{
    while (broker.unacked > 0) {
        const uint32_t token = broker.tokens[0];
        broker.unacked--;
        memmove(broker.tokens, broker.tokens + 1, broker.unacked * sizeof(broker.tokens[0]));
        ear_uplink_on_acked(&agent.uplink, token, wrist.monotonic_ms);
        (void)ear_agent_tick(&agent);
    }
}

uint32_t told(unsigned at)
{
    static struct ear_summary kept[EAR_HOUR_WINDOWS + 32];
    uint32_t count = 0;
    uint32_t sum = 0;

    for (uint32_t i = 0; i < broker.count; i++) {
        struct ear_summary summary;
        size_t where = 0;
        uint32_t k = 0;
        if (strstr(broker.messages[i].topic, "/summary/hour") == NULL) {
            continue;
        }
        assert_int_equal(ear_summary_decode(&summary, broker.messages[i].bytes, broker.messages[i].length, &where),
                         EAR_OK);
        while (k < count && (kept[k].head.start_s != summary.head.start_s || kept[k].head.life != summary.head.life)) {
            k++;
        }
        assert_true(k < EAR_COUNT_OF(kept));
        if (k == count) {
            kept[count++] = summary;
        } else if (summary.head.revision > kept[k].head.revision) {
            kept[k] = summary;
        }
    }
    for (uint32_t k = 0; k < count; k++) {
        sum += kept[k].words[at];
    }
    return sum;
}

int64_t row_total(unsigned number, const char *label, unsigned column)
{
    const uint16_t id = ear_label_find(&agent.memory.labels, str(label), NULL);
    int64_t sums[EAR_RESOLUTIONS] = {0};

    for (uint16_t i = 0; i < EAR_CELLS; i++) {
        const struct ear_cell *cell = &agent.memory.note.cells[i];
        if ((cell->flags & EAR_CELL_USED) && cell->resolution != EAR_MINUTE) {
            sums[cell->resolution] += ear_note_row_get(ear_note_words(&agent.memory.note, i), number, id, column);
        }
    }
    assert_int_equal(sums[EAR_DAY], sums[EAR_HOUR]);
    return sums[EAR_HOUR];
}
