/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "platform/firmware/device/ear_device_settings.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/shell/ear_shell.h"
#include "platform/firmware/shell/ear_shell_commands.h"
#include "tests/support/flash.h"
#include "tests/support/identity_pem.h"
#include "tests/support/kiosk.h"
#include "tests/support/needs.h"

#define SECTOR_BYTES 1024u
#define SECTORS 8u
#define NO_KEY \
    (EAR_ENABLED(CSR) ? "no key of its own: `provision key`\r\n" : "no identity: write one that was made on a host\r\n")
#define NO_KEYS_HERE "error: this image makes no keys: give it an identity that was made on a host"

static struct flash_device device;
static struct flash identity_flash, settings_flash;
static uint32_t rooms[2][FLASH_ROOM(SECTOR_BYTES, SECTORS) / 4 + 1];
static struct ear_identity identity;
static struct ear_seed seed;
static struct ear_device_settings own;
static struct ear_settings_target targets[2];
static struct ear_settings_store store;
static struct ear_log_ring ring;
static struct ear_shell shell;
static struct ear_shell_facts facts_now; /* what the owner tells */
static struct ear_fault_record fault;
static const char *flash_fault;
static unsigned restarts, key_changes;
static int64_t set_to_ms;
static char said[32768];
static size_t said_length;

uint64_t ear_board_monotonic_ms(void)
{
    return 3723000;
}

static void owner_facts(void *context, struct ear_shell_facts *facts)
{
    (void)context;
    *facts = facts_now;
}

static enum ear_err owner_time(void *context, int64_t ms)
{
    (void)context;
    set_to_ms = ms;
    return ms < NOON_MS ? EAR_ERR_TIME : EAR_OK;
}

static void owner_restart(void *context)
{
    (void)context;
    restarts++;
}

static void owner_keys(void *context)
{
    (void)context;
    key_changes++;
}

static const char *owner_flash(void *context)
{
    (void)context;
    return flash_fault;
}

static void write_text(void *context, const char *text, size_t length)
{
    (void)context;
    assert_true(said_length + length < sizeof said);
    memcpy(said + said_length, text, length);
    said_length += length;
    said[said_length] = '\0';
}

static int first_port;
static const struct ear_text_out out = {.write = write_text, .context = &first_port};

static enum ear_err source(uint8_t *bytes, size_t length)
{
    memset(bytes, 0x42, length);
    return EAR_OK;
}

static void open_identity(ear_seed_source *from)
{
    identity_flash.port.mapped = identity_flash.bytes;
    assert_int_equal(ear_identity_open(&identity, &identity_flash.port), EAR_OK);
    (void)!ear_seed_open(&seed, &identity, from);
}

static int start(void **state)
{
    static const struct ear_shell_config shell_config = {.agent = &agent,
                                                         .store = &store,
                                                         .identity = &identity,
                                                         .seed = &seed,
                                                         .log = &ring,
                                                         .owner = {.facts = owner_facts,
                                                                   .set_time = owner_time,
                                                                   .restart = owner_restart,
                                                                   .keys_changed = owner_keys,
                                                                   .test_flash = owner_flash}};
    set_up(state);
    device = (struct flash_device){.random = 1};
    flash_init(&identity_flash, &device, SECTOR_BYTES, SECTORS, rooms[0]);
    flash_init(&settings_flash, &device, SECTOR_BYTES, SECTORS, rooms[1]);
    ear_setting_table_init(&ear_device_settings_table, &own);
    targets[0] = (struct ear_settings_target){&ear_settings_table, &settings};
    targets[1] = (struct ear_settings_target){&ear_device_settings_table, &own};
    assert_int_equal(ear_settings_store_open(&store, &settings_flash.port, targets, 2), EAR_OK);
    open_identity(source);
    ear_log_ring_init(&ring, &own.log_level, ear_board_monotonic_ms);
    facts_now = (struct ear_shell_facts){.board = "host",
                                         .slot = "a",
                                         .start = "power",
                                         .mac = {2, 0, 0, 0, 0x0a, 1},
                                         .address = "192.0.2.7",
                                         .state_is_kept = true,
                                         .flash_bytes = 65536,
                                         .flash_writable = true};
    flash_fault = NULL;
    restarts = key_changes = 0;
    said_length = 0;
    said[0] = '\0';
    ear_shell_init(&shell, &shell_config);
    return 0;
}

static void type_bytes(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        ear_shell_type(&shell, (uint8_t)text[i], &out);
    }
    while (ear_shell_step(&shell)) {
    }
}

/* Type a line; what was said after its echo. */
static const char *answer_to(const char *line)
{
    static char typed[4096];
    said_length = 0;
    said[0] = '\0';
    const int length = snprintf(typed, sizeof typed, "%s\r", line);
    type_bytes(typed, (size_t)length);
    const char *after = strstr(said, "\r\n");
    assert_non_null(after);
    return after + 2;
}

static void expect(const char *line, const char *answer)
{
    assert_string_equal(answer_to(line), answer);
}

static void expect_part(const char *line, const char *part)
{
    const char *answer = answer_to(line);
    if (strstr(answer, part) == NULL) {
        fail_msg("%s\nis not in the answer to %s:\n%s", part, line, answer);
    }
}

/* The last line is `ok`, or "error: ...". */
static bool ends_ok(const char *line)
{
    const char *answer = answer_to(line);
    const size_t length = strlen(answer);
    const bool is_ok = length >= 4 && strcmp(answer + length - 4, "ok\r\n") == 0;
    assert_true(is_ok || strstr(answer, "error: ") != NULL);
    return is_ok;
}

/* --- letters --- */

static void test_typing_is_echoed_and_edited(void **state)
{
    (void)state;
    type_bytes("timx\be\r", 7);
    assert_string_equal(said, "timx\b \be\r\n2026-11-20T12:00:00Z\r\nok\r\n");
    said_length = 0;
    type_bytes("\b\b\x7fxx\x15time\n", 11); /* nothing to rub out; ^U rubs out all */
    assert_string_equal(said, "xx\b \b\b \btime\r\n2026-11-20T12:00:00Z\r\nok\r\n");
    said_length = 0;
    type_bytes("wrong\x03time\r", 11); /* ^C forgets the line */
    assert_string_equal(said, "wrong\r\ntime\r\n2026-11-20T12:00:00Z\r\nok\r\n");
    said_length = 0;
    type_bytes("\x01\x1b\x02", 3);
    assert_int_equal(said_length, 0);
}

static void test_line_ends_of_all_kinds(void **state)
{
    (void)state;
    static const char *const ends[] = {"\r", "\n", "\r\n"};
    for (unsigned i = 0; i < EAR_COUNT_OF(ends); i++) {
        start(NULL);
        char line[16];
        const int length = snprintf(line, sizeof line, "time%stime%s", ends[i], ends[i]);
        type_bytes(line, (size_t)length);
        assert_string_equal(said, "time\r\n2026-11-20T12:00:00Z\r\nok\r\ntime\r\n2026-11-20T12:00:00Z\r\nok\r\n");
    }
}

static void test_a_line_too_long_is_said(void **state)
{
    (void)state;
    char line[600];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    expect(line, "error: a line has at most 199 letters\r\n");
    expect("time", "2026-11-20T12:00:00Z\r\nok\r\n");
}

static void test_an_empty_line_says_nothing(void **state)
{
    (void)state;
    expect("", "");
    expect("   ", "");
}

static void test_what_is_no_command(void **state)
{
    (void)state;
    expect("hlep", "error: hlep is no command; `help` lists them\r\n");
    assert_true(ends_ok("help"));
    expect_part("help", "  set [SECTION.NAME [VALUE]]\r\n      settings; alone: all of them\r\n");
}

static void test_another_port_begins_its_own_line(void **state)
{
    (void)state;
    static int other;
    const struct ear_text_out second = {.write = write_text, .context = &other};
    type_bytes("provision for", 13);
    ear_shell_type(&shell, 't', &second);
    ear_shell_type(&shell, 'i', &second);
    said_length = 0;
    ear_shell_type(&shell, 'm', &second);
    ear_shell_type(&shell, 'e', &second);
    ear_shell_type(&shell, '\r', &second);
    while (ear_shell_step(&shell)) {
    }
    assert_string_equal(said, "me\r\n2026-11-20T12:00:00Z\r\nok\r\n");
}

/* --- status, test --- */

static void test_status(void **state)
{
    (void)state;
    speak("c", EAR_FROM_USER, NOON_MS);
    expect_part("status", "device: default/default/kiosk-1\r\nboard: host\r\n");
    expect_part("status", ", slot a\r\nmac: 02:00:00:00:0a:01\r\nuptime: 1 h 2 min 3 s\r\nstarted by: power\r\nclock: "
                          "2026-11-20T12:00:00Z");
    expect_part("status", "network: 192.0.2.7\r\n");
    expect_part("status", "events: 1 counted, 0 came again, 0 refused");
    assert_non_null(strstr(said, "identity: no "));
    assert_non_null(strstr(said, NO_KEY));
    expect_part("status", "flash: 64 KB, can be written; what is counted outlasts a restart\r\n");
    assert_true(ends_ok("status"));
    assert_null(strstr(said, "last fault"));
}

static void test_status_where_little_is_well(void **state)
{
    (void)state;
    fault = (struct ear_fault_record){.kind = EAR_FAULT_HARD, .pc = 0x1234, .uptime_ms = 9000, .count = 3};
    facts_now.fault = &fault;
    facts_now.network_why = "no cable";
    facts_now.broker_why = "no broker is set: `set broker.host`";
    facts_now.agent_why = "no randomness";
    facts_now.flash_writable = facts_now.state_is_kept = false;
    wrist.state = EAR_CLOCK_NONE;
    memset(&agent, 0, sizeof agent); /* as one that could not begin */
    agent.config = &config;
    expect_part("status", "last fault: processor fault at 0x1234");
    expect_part("status", "after 9 s; 3 since power came\r\n");
    expect_part("status", "agent: hears nothing: no randomness\r\n");
    expect_part("status",
                "clock: unknown; waits for a time server, or `time`\r\nnetwork: none: no cable\r\nbroker: not "
                "tried: no broker is set: `set broker.host`\r\n");
    expect_part("status", "can only be read; what is counted is in RAM only");
    assert_true(ends_ok("status"));
    assert_false(ends_ok("test"));
    assert_true(ends_ok("pack"));
    expect("time", "unknown\r\nok\r\n");
}

static void make_whole(void);

static void test_test(void **state)
{
    (void)state;
    needs(STORAGE);
    assert_false(ends_ok("test"));
    expect_part("test", "identity: FAILED: no ");
    assert_non_null(strstr(said, NO_KEY));
    expect_part("test", "broker: FAILED: not connected yet: once more in some seconds\r\n");
    expect_part("test", "error: not all is well: see above\r\n");
    make_whole();
    connect_broker();
    expect("test", "name: ok\r\nrandomness: ok\r\nagent: ok\r\nidentity: ok\r\nclock: ok\r\ndates: ok\r\nnetwork: "
                   "ok\r\nbroker: ok\r\nflash: ok\r\npacks: ok\r\nok\r\n");
    flash_fault = "the flash refuses to be written";
    facts_now.address = "";
    expect_part("test", "network: FAILED: no address: is the cable in?");
    expect_part("test", "flash: FAILED: the flash refuses to be written\r\n");
    assert_false(ends_ok("test"));
    agent.now_ms = INT64_C(2573000000000); /* 2051-07-14 */
    expect_part("test", "dates: FAILED: the device's certificate has expired");
    agent.now_ms = INT64_C(2572700000000); /* 2051-07-11 */
    expect_part("test", "dates: ok");
}

/* --- provision --- */

static const char seed_line[] = "provision seed 00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

static void make_whole(void)
{
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, identity_key, sizeof identity_key), EAR_OK);
    answer_to("provision cert");
    type_bytes(identity_certificate, sizeof identity_certificate - 1);
    assert_non_null(strstr(said, "in use from the next start on: `reboot`\r\nok\r\n"));
    answer_to("provision ca");
    type_bytes(identity_ca, sizeof identity_ca - 1);
    assert_non_null(strstr(said, "ok\r\n"));
}

static void test_the_way_to_an_identity(void **state)
{
    (void)state;
    needs(STORAGE);
    static const uint8_t secret[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};
    settings.device_device[0] = '\0';
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_SEED, NULL, 0), EAR_OK);
    open_identity(NULL); /* a board without a source of randomness */
    expect_part("provision", "next: give it a name: `set device.device NAME`");
    assert_true(ends_ok("set device.device kiosk-7"));
    expect_part("provision", "randomness: no randomness: the board has no source of it");
    expect_part("provision key", EAR_ENABLED(CSR) ? "error: `provision seed HEX`" : NO_KEYS_HERE);
    expect("provision seed 0011", "error: 64 to 128 random hex digits are wanted, as of `openssl rand -hex 32`\r\n");
    expect("provision seed", "error: 64 to 128 random hex digits are wanted, as of `openssl rand -hex 32`\r\n");
    expect(seed_line, "ok\r\n");
    assert_null(memchr(shell.line, '9', sizeof shell.line)); /* nor is it in memory */
    assert_false(flash_holds(&identity_flash, secret, sizeof secret));
    expect_part("provision", "randomness: ok\r\nkey: none\r\ncertificate: none\r\nca: none\r\npack key: none: takes no "
                             "packs\r\nnext: no ");
    assert_non_null(strstr(said, NO_KEY));
}

static void test_a_key_is_made_once(void **state)
{
    (void)state;
    uint8_t key[200];
    needs(CSR);
    needs(STORAGE);
    expect_part("provision key", "-----BEGIN CERTIFICATE REQUEST-----\r\n");
    assert_non_null(strstr(said, "-----END CERTIFICATE REQUEST-----\r\n"));
    const size_t length = identity.parts[EAR_IDENTITY_KEY].length;
    assert_int_equal(length, 121);
    memcpy(key, identity.parts[EAR_IDENTITY_KEY].bytes, length);
    expect_part("provision key", "it keeps the key that it has");
    assert_non_null(strstr(said, "-----BEGIN CERTIFICATE REQUEST-----\r\n"));
    assert_memory_equal(key, identity.parts[EAR_IDENTITY_KEY].bytes, length);
    assert_true(ends_ok("provision forget"));
    assert_false(flash_holds(&identity_flash, key + 7, 16));
    assert_true(ends_ok("provision key"));
    assert_memory_not_equal(key, identity.parts[EAR_IDENTITY_KEY].bytes, length);
}

static void test_certificates_are_pasted(void **state)
{
    (void)state;
    needs(STORAGE);
    char unix_lines[2048] = "";
    make_whole();
    expect_part("provision", "key: its own\r\ncertificate: valid to 2051-07-12\r\nca: valid to 2100-10-23\r\n");
    expect_part("provision", "next: nothing; `test` shows whether it works\r\n");
    for (const char *at = identity_ca; *at != '\0'; at++) { /* as a terminal on Windows sends it */
        const size_t length = strlen(unix_lines);
        snprintf(unix_lines + length, sizeof unix_lines - length, "%s", *at == '\n' ? "\r\n" : (char[]){*at, '\0'});
    }
    answer_to("provision ca");
    type_bytes(unix_lines, strlen(unix_lines));
    assert_non_null(strstr(said, "ok\r\n"));
    answer_to("provision pack-key");
    type_bytes(identity_public_key, sizeof identity_public_key - 1);
    assert_non_null(strstr(said, "ok\r\n"));
    assert_int_equal(key_changes, 1);
}

static void test_base64_alone_ends_with_an_empty_line(void **state)
{
    (void)state;
    needs(STORAGE);
    char letters[2048] = "\r\n "; /* empty lines before it, and spaces, are nothing */
    size_t count = strlen(letters);
    for (const char *at = strchr(identity_ca, '\n') + 1; *at != '-'; at++) {
        if (*at != '\n') {
            letters[count++] = *at; /* in one line, longer than a command can be */
        }
    }
    memcpy(letters + count, "\r\n\r\n", 5);
    answer_to("provision ca");
    type_bytes(letters, strlen(letters));
    assert_non_null(strstr(said, "ok\r\n"));
    assert_int_equal(identity.parts[EAR_IDENTITY_CA].length, 382);
}

static void test_what_must_not_be_pasted(void **state)
{
    (void)state;
    needs(STORAGE);
    static const char private_key[] = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n"
                                      "-----END PRIVATE KEY-----\n";
    static const char letters[] = "-----BEGIN CERTIFICATE-----\nwhat is this?\n-----END CERTIFICATE-----\n";
    static char large[2048];
    assert_int_equal(ear_identity_put(&identity, EAR_IDENTITY_KEY, identity_key, sizeof identity_key), EAR_OK);
    answer_to("provision cert");
    type_bytes(identity_other_certificate, sizeof identity_other_certificate - 1);
    assert_non_null(strstr(said, "error: the certificate is for another key than this device's"));
    answer_to("provision cert");
    type_bytes(private_key, sizeof private_key - 1);
    assert_non_null(strstr(said, "error: not base64, or a private key"));
    answer_to("provision cert");
    type_bytes(letters, sizeof letters - 1);
    assert_non_null(strstr(said, "error: not base64"));
    memset(large, 'A', 1600);
    memcpy(large + 1600, "\n\n", 3);
    answer_to("provision ca");
    type_bytes(large, strlen(large));
    assert_non_null(strstr(said, "error: longer than the 1024 bytes"));
    answer_to("provision ca");
    type_bytes("AAAA\x03", 5);
    assert_non_null(strstr(said, "error: given up, nothing is changed"));
    assert_int_equal(identity.parts[EAR_IDENTITY_CERTIFICATE].length, 0);
    assert_int_equal(identity.parts[EAR_IDENTITY_CA].length, 0);
    expect("time", "2026-11-20T12:00:00Z\r\nok\r\n");
}

static void test_flash_that_cannot_be_written_is_said(void **state)
{
    (void)state;
    needs(STORAGE);
    memset(identity_flash.bad, FLASH_FAILS, SECTORS);
    memset(settings_flash.bad, FLASH_FAILS, SECTORS);
    expect_part("provision key",
                EAR_ENABLED(CSR) ? "error: no key was made: the flash could not be written\r\n" : NO_KEYS_HERE);
    answer_to("provision ca");
    type_bytes(identity_ca, sizeof identity_ca - 1);
    assert_non_null(strstr(said, "error: not kept: the flash could not be written\r\n"));
    expect("set device.site far", "error: not changed: the flash could not be written\r\n");
    expect_part("provision nonsense", "error: provision, or provision key,");
}

/* An image without what keeps: only a seed for this start is taken. */
static void test_an_image_that_writes_no_flash_says_so(void **state)
{
    (void)state;
    static const char *const changes[] = {"provision key",        "provision cert",         "provision ca",
                                          "provision pack-key",   "provision forget",       "set broker.port 1883",
                                          "set device.site \"\"", "pack roll_back refunds", "pack remove refunds"};
    if (EAR_ENABLED(STORAGE)) {
        skip();
    }
    for (size_t i = 0; i < EAR_COUNT_OF(changes); i++) {
        expect(changes[i], "error: " EAR_SHELL_READ_ONLY "\r\n");
        expect("time", "2026-11-20T12:00:00Z\r\nok\r\n"); /* nothing is waited for */
    }
    assert_int_equal(own.broker_port, 8883);
    expect("pack", "none\r\nok\r\n");
    open_identity(NULL); /* a board without a source of randomness */
    expect_part("provision", "randomness: no randomness: the board has no source of it");
    expect(seed_line, "ok\r\n");
    assert_null(memchr(shell.line, '9', sizeof shell.line)); /* nor is it in memory */
    expect_part("provision", "randomness: ok\r\n");
    assert_int_equal(identity.parts[EAR_IDENTITY_SEED].length, 0);
}

/* --- set, pack, time, log, reboot --- */

static void test_settings(void **state)
{
    (void)state;
    needs(STORAGE);
    expect_part("set", "device.device: kiosk-1\r\n");
    expect_part("set", "broker.port: 8883  (default)\r\n");
    expect_part("set", "uplink.backoff_min_ms: ");
    expect("set broker.port 1883", "from the next start on: `reboot`\r\nok\r\n");
    assert_int_equal(own.broker_port, 1883);
    expect("set log.level debug", "ok\r\n");
    expect_part("set log.level", "log.level: debug\r\nallowed: error or warning or notice or info or debug\r\n");
    expect("set log.level loud", "error: not changed; allowed is error or warning or notice or info or debug\r\n");
    expect("set broker.port 0", "error: not changed; allowed is a whole number from 1 to 65535\r\n");
    expect("set broker.colour red", "error: there is no such setting; `set` lists all, as SECTION.NAME\r\n");
    expect("set broker", "error: there is no such setting; `set` lists all, as SECTION.NAME\r\n");
    expect("set  funnels.view1   order: cart > pay ", "from the next start on: `reboot`\r\nok\r\n");
    assert_string_equal(settings.funnels_view1, "order: cart > pay");
    expect("set funnels.view1 \"\"", "from the next start on: `reboot`\r\nok\r\n");
    assert_string_equal(settings.funnels_view1, "");
}

static void test_packs(void **state)
{
    (void)state;
    needs(STORAGE);
    expect("pack", "none\r\nok\r\n");
    expect("pack roll_back refunds", "error: no pack of this name was installed; `pack` lists them\r\n");
    expect_part("pack remove", "error: pack, pack roll_back NAME, or pack remove NAME\r\n");
    assert_false(ends_ok("pack remove refunds"));
}

static void test_time(void **state)
{
    (void)state;
    expect("time 2027-05-01T12:00:00Z", "ok\r\n");
    assert_int_equal(set_to_ms, INT64_C(1809172800000));
    expect("time noon", "error: a time in UTC, such as 2027-05-01T12:00:00Z\r\n");
    expect_part("time 2001-05-01T12:00:00Z", "error: it cannot be so early");
}

static void test_the_log_comes_whole(void **state)
{
    (void)state;
    const struct ear_log port = ear_log_ring_port(&ring);
    for (int i = 0; i < 40; i++) {
        port.line(port.context, EAR_LOG_NOTICE, "something happened, and it was of this kind", "detail", i);
    }
    const char *answer = answer_to("log");
    unsigned lines = 0;
    for (const char *at = answer; (at = strstr(at, "something happened, and it was of this kind")) != NULL; at++) {
        lines++;
    }
    assert_true(lines == 40 || ring.dropped == 40 - lines);
    const size_t length = strlen(answer);
    assert_string_equal(answer + length - 6, "\r\nok\r\n");
}

static void test_reboot(void **state)
{
    (void)state;
    assert_true(ends_ok("reboot"));
    assert_int_equal(restarts, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_typing_is_echoed_and_edited, start),
        cmocka_unit_test_setup(test_line_ends_of_all_kinds, start),
        cmocka_unit_test_setup(test_a_line_too_long_is_said, start),
        cmocka_unit_test_setup(test_an_empty_line_says_nothing, start),
        cmocka_unit_test_setup(test_what_is_no_command, start),
        cmocka_unit_test_setup(test_another_port_begins_its_own_line, start),
        cmocka_unit_test_setup(test_status, start),
        cmocka_unit_test_setup(test_status_where_little_is_well, start),
        cmocka_unit_test_setup(test_test, start),
        cmocka_unit_test_setup(test_the_way_to_an_identity, start),
        cmocka_unit_test_setup(test_a_key_is_made_once, start),
        cmocka_unit_test_setup(test_certificates_are_pasted, start),
        cmocka_unit_test_setup(test_base64_alone_ends_with_an_empty_line, start),
        cmocka_unit_test_setup(test_what_must_not_be_pasted, start),
        cmocka_unit_test_setup(test_flash_that_cannot_be_written_is_said, start),
        cmocka_unit_test_setup(test_an_image_that_writes_no_flash_says_so, start),
        cmocka_unit_test_setup(test_settings, start),
        cmocka_unit_test_setup(test_packs, start),
        cmocka_unit_test_setup(test_time, start),
        cmocka_unit_test_setup(test_the_log_comes_whole, start),
        cmocka_unit_test_setup(test_reboot, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
