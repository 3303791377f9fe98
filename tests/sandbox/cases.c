/* SPDX-License-Identifier: Apache-2.0 */
/* tests/sandbox/cases.c - a program for a board: the agent hears the same story with one hostile plugin after the
 * other, each beside a neighbour that behaves, and each delivered as in the field. Every one must come to the state and
 * reason that cases.def says, the neighbour must answer every turn, and what the agent counts must be what it counts
 * without.
 *
 * tests/sandbox/run builds the plugins, puts them into the partition `packs` (nobody else uses it here), starts QEMU
 * and takes the exit code. */
#include "core/base/ear_le.h"
#include "core/ear_agent.h"
#include "core/store/ear_crc32.h"
#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/cpu/ear_semihost.h"
#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/sandbox/ear_sandbox.h"
#include "platform/lwip/ear_tls_board.h"
#include "platform/tls/ear_signature_mbedtls.h"
#include "tests/sandbox/random.h"
#include "tests/support/fake_ports.h"

#include <string.h>

#define NOON_MS INT64_C(1795176000000) /* 2026-11-20T12:00Z */
#define TURNS 6u
#define PIECE 500u
#define RANDOM_ROUNDS 20000u
#define MAGIC 0x45534143u
#define TICK_INSTRUCTIONS 5u /* at QEMU's -icount shift=3: 8 ns each, 25 MHz */

/* An entry of what tests/sandbox/run puts there. */
struct entry {
    char name[24];
    char state[16];
    char reason[64];
    uint32_t bytes; /* of the envelope that follows, padded to a word */
};

static struct ear_agent agent;
static struct ear_settings settings;
static struct fake_clock wrist;
static struct ear_signature_keys keys;
static struct ear_clock_board clock;
static unsigned failed, done;

extern const struct ear_plugin ear_plugin_linked; /* the neighbour as a part of the program */

/* --- telling --- */

static void say(const char *text)
{
    ear_board_serial_write(0, (const uint8_t *)text, strlen(text));
}

static void say_number(uint32_t number)
{
    char digits[11];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number > 0);
    say(&digits[at]);
}

static void expect(bool good, const char *what, const char *name)
{
    if (!good) {
        failed++;
        say("FAILED ");
        say(name);
        say(": ");
        say(what);
        say("\n");
    }
}

static void no_line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    (void)level;
    (void)message;
    (void)detail;
    (void)number;
}

/* --- signatures: really checked, but each only once --- */

static struct {
    uint32_t crc;
    uint32_t bytes;
} known[8];

static enum ear_err verify(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64])
{
    static unsigned next;
    const struct ear_signature real = ear_signature_mbedtls(&keys);
    const uint32_t crc = ear_crc32(ear_crc32(0, bytes->payload, bytes->payload_bytes), signature, 64);
    (void)context;
    for (unsigned i = 0; i < EAR_COUNT_OF(known); i++) {
        if (known[i].bytes == bytes->payload_bytes && known[i].crc == crc) {
            return EAR_OK;
        }
    }
    const enum ear_err err = real.verify(real.context, key_id, key_id_bytes, bytes, signature);
    if (err == EAR_OK) {
        known[next++ % EAR_COUNT_OF(known)].crc = crc;
        known[(next - 1) % EAR_COUNT_OF(known)].bytes = bytes->payload_bytes;
    }
    return err;
}

/* --- the device --- */

static void switch_on(void)
{
    const struct ear_sandbox_config config = {
        .storage = ear_partition_get("plugins"), .signature = {.verify = verify}, .log = {.line = no_line}};
    ear_sandbox_open(&config);
}

/** Deliver an envelope in pieces, as it comes from a server. */
static bool deliver(const struct entry *entry, const uint8_t *envelope)
{
    const struct ear_delivery_port port = ear_sandbox_delivery();
    const char *why = "";
    bool restart = false;
    enum ear_err err = port.ops->begin(port.context, entry->name, entry->bytes, &why);
    for (uint32_t at = 0; err == EAR_OK && at < entry->bytes; at += PIECE) {
        const uint32_t left = entry->bytes - at;
        err = port.ops->write(port.context, at, envelope + at, left < PIECE ? left : PIECE, &why);
    }
    err = err == EAR_OK ? port.ops->finish(port.context, &restart, &why) : err;
    expect(err == EAR_OK && restart, why, entry->name);
    return err == EAR_OK;
}

/** What is in all slots but the first, where the neighbour is. */
static void clean(uint32_t from)
{
    const struct ear_storage *storage = ear_partition_get("plugins");
    for (uint32_t sector = from; sector < storage->sector_count; sector++) {
        (void)storage->ops->erase(storage->context, sector * storage->sector_bytes);
    }
}

static struct ear_str str(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

static void hear(const struct ear_event *event, const char *name)
{
    struct ear_heard heard;
    wrist.monotonic_ms += 1000;
    wrist.wall_ms += 1000;
    (void)ear_agent_tick(&agent);
    expect(ear_agent_hear(&agent, event, &heard), "an event was refused", name);
}

/** A conversation, from a start without memory; a number that sums up all that was counted. */
static uint32_t play(const char *name)
{
    static const char *const texts[TURNS] = {"Where is my parcel? I ordered it a week ago and have no news.",
                                             "Hello",
                                             "I want to speak to a human being, please!",
                                             "No, not that one.",
                                             "no no no",
                                             ""};
    static struct ear_agent_config config;
    static struct fake_transport nobody;
    struct ear_event close = {.kind = EAR_KIND_CLOSE, .by = EAR_BY_USER, .conversation = str("c1")};
    close.present = EAR_HAS(by) | EAR_HAS(conversation);
    wrist = (struct fake_clock){.monotonic_ms = 5000, .wall_ms = NOON_MS, .state = EAR_CLOCK_NETWORK};
    ear_settings_init(&settings);
    memcpy(settings.device_device, "kiosk-1", sizeof "kiosk-1");
    config = (struct ear_agent_config){.settings = &settings,
                                       .clock = fake_clock_port(&wrist),
                                       .entropy = fake_entropy_port(),
                                       .transport = fake_transport_port(&nobody),
                                       .log = {.line = no_line},
                                       .add_plugins = ear_sandbox_add,
                                       .version = "test"};
    memset(&agent, 0, sizeof agent);
    expect(ear_agent_init(&agent, &config) == EAR_OK, "the agent does not start", name);
    for (unsigned i = 0; i < TURNS; i++) {
        struct ear_event message = {.kind = EAR_KIND_MESSAGE, .from = EAR_FROM_USER, .conversation = str("c1")};
        message.text = str(texts[i]);
        message.present = EAR_HAS(from) | EAR_HAS(conversation) | EAR_HAS(text);
        hear(&message, name);
    }
    hear(&close, name);
    const uint32_t note = ear_crc32(0, &agent.memory.note, sizeof agent.memory.note);
    return ear_crc32(note, &agent.memory.labels, sizeof agent.memory.labels) + agent.counts.accepted;
}

/* --- one case --- */

static const struct ear_host_plugin *record_of(const char *name)
{
    const int32_t at = ear_host_find(&agent.host, name);
    return at >= 0 ? &agent.host.plugins[at] : NULL;
}

static void check_neighbour(const char *name)
{
    const struct ear_host_plugin *neighbour = record_of("neighbour");
    expect(neighbour != NULL && !neighbour->quarantined && neighbour->meter.calls == TURNS &&
               neighbour->meter.faults == 0 && neighbour->meter.overruns == 0,
           "the neighbour suffered", name);
}

static bool check_about(const struct entry *entry)
{
    for (size_t i = 0; i < ear_sandbox_count(); i++) {
        const struct ear_sandbox_about about = ear_sandbox_about(i);
        if (strcmp(about.name, entry->name) == 0) {
            const bool good = strcmp(about.state, entry->state) == 0 &&
                              strncmp(about.reason, entry->reason, strlen(entry->reason)) == 0 &&
                              (entry->reason[0] != '\0' || about.reason[0] == '\0');
            say(good ? "ok " : "not as it should be: ");
            say(entry->name);
            say(" ");
            say(about.state);
            say(" ");
            say(about.reason);
            say("\n");
            return good;
        }
    }
    return false;
}

static void run(const struct entry *entry, const uint8_t *envelope, uint32_t counted)
{
    const unsigned before = failed;
    if (deliver(entry, envelope)) {
        switch_on();
        const uint32_t with = play(entry->name);
        expect(check_about(entry), "it has come to another state or reason", entry->name);
        expect(with == counted, "the agent has counted something else than without it", entry->name);
        check_neighbour(entry->name);
    }
    done += failed == before;
}

static uint32_t slot_sectors(void)
{
    return ear_partition_get("plugins")->sector_count / (2 * EAR_SANDBOX_PLUGINS);
}

/* --- what a call costs --- */

static void measure(const char *name, const struct ear_plugin *plugin)
{
    static uint64_t state[EAR_PLUGIN_STATE_BYTES / 8 + 1];
    static const char text[] = "Where is my parcel? I ordered it a week ago and have no news.";
    struct ear_verdict items[EAR_VERDICTS];
    struct ear_verdicts verdicts = {.items = items, .capacity = EAR_VERDICTS};
    struct ear_tokens tokens;
    ear_text_tokens(text, sizeof text - 1, &tokens);
    const struct ear_turn turn = {.struct_size = sizeof turn,
                                  .text = text,
                                  .text_length = sizeof text - 1,
                                  .tokens = tokens.items,
                                  .token_count = tokens.count};
    const struct ear_plugin_call call = {
        .struct_size = sizeof call, .data = plugin->data, .state = state, .turn = &turn, .verdicts = &verdicts};
    enum { CALLS = 1000 };
    const uint32_t from = ear_board_ticks();
    for (unsigned i = 0; i < CALLS; i++) {
        verdicts.count = 0;
        expect(plugin->on_turn(&call) == 0 && verdicts.count == 1, "it did not answer", name);
    }
    say("instructions per call, ");
    say(name);
    say(": ");
    say_number((ear_board_ticks() - from) * TICK_INSTRUCTIONS / CALLS);
    say("\n");
}

/* --- anything at all --- */

static void run_random(void)
{
    uint32_t ends[SANDBOX_RANDOM_ENDS] = {0};
    const unsigned before = failed;
    unsigned kinds = 0;
    expect(sandbox_random(RANDOM_ROUNDS, &agent, sizeof agent, ends) == 0, "the host is not as it was", "random code");
    for (unsigned i = 0; i < SANDBOX_RANDOM_ENDS; i++) {
        say(i == 0 ? "random code ended so often in each way: " : " ");
        say_number(ends[i]);
        kinds += ends[i] > 0;
    }
    say("\n");
    expect(kinds >= 6, "hardly anything happened", "random code");
    done += failed == before;
}

/* --- all of it --- */

static const struct entry *next(const struct entry *entry)
{
    return (const struct entry *)(const void *)((const uint8_t *)(entry + 1) + (entry->bytes + 3u) / 4u * 4u);
}

static void run_all(const uint8_t *archive)
{
    const uint32_t count = ear_le32_get(archive + 4);
    const uint32_t key_bytes = ear_le32_get(archive + 8);
    const struct entry *entry = (const struct entry *)(const void *)(archive + 12 + (key_bytes + 3u) / 4u * 4u);
    if (ear_le32_get(archive) != MAGIC || ear_signature_key_read(archive + 12, key_bytes, &keys.keys[0]) != NULL) {
        expect(false, "tests/sandbox/run starts this", "archive");
        return;
    }
    keys.count = 1;
    clean(0);
    switch_on();
    const uint32_t from = ear_board_ticks();
    (void)deliver(entry, (const uint8_t *)(entry + 1)); /* the neighbour */
    say("instructions to take one: ");
    say_number((ear_board_ticks() - from) * TICK_INSTRUCTIONS);
    say("\n");
    switch_on();
    const uint32_t counted = play("neighbour");
    check_neighbour("neighbour");
    measure("linked in", &ear_plugin_linked);
    measure("native", &record_of("neighbour")->plugin);
    run_random();
    for (uint32_t i = 1; i < count; i++) {
        entry = next(entry);
        run(entry, (const uint8_t *)(entry + 1), counted);
        clean(slot_sectors());
        switch_on();
    }
}

int main(void)
{
    struct ear_fault_record fault;
    ear_board_init();
    if (ear_board_start_cause() != EAR_BOARD_START_POWER) {
        (void)ear_fault_take(&fault);
        say(ear_fault_name(fault.kind));
        say(" at ");
        say_number(fault.pc);
        say(" status ");
        say_number(fault.status);
        say(" address ");
        say_number(fault.address);
        say(": a plugin has brought the board down\n");
        ear_semihost_exit(1);
    }
    ear_partitions_open();
    ear_clock_board_init(&clock, 0);
    ear_tls_board_open(&clock);
    run_all(ear_partition_get("packs")->mapped);
    say_number(done);
    say(" passed, ");
    say_number(failed);
    say(" failed\n");
    ear_semihost_exit(failed == 0 && done > 0 ? 0 : 1);
    for (;;) {
    }
}
