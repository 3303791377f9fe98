/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_serial.c - any bytes at a board's serial port, frames and text and what is neither, over flash that
 * fails now and then: nothing is read or written out of bounds, every command ends, and afterwards the shell answers.
 * An input is
 *
 *   0 u8  this call of the flash, of 256, fails; 0: none
 *   1 what comes */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/firmware/cpu/ear_reset.h"
#include "platform/firmware/device/ear_device_settings.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/serial/ear_serial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FLASH_BYTES 8192u
#define SECTOR_BYTES 1024u

static uint8_t flash[2][FLASH_BYTES];
static unsigned calls, failing_call;
static const uint8_t *coming;
static size_t coming_length;
static char said[256]; /* the last of it */
static size_t said_length;
static struct ear_agent agent;
static struct ear_settings settings;
static struct ear_device_settings own;
static struct ear_settings_store store;
static struct ear_identity identity;
static struct ear_seed seed;
static struct ear_shell shell;
static struct ear_serial serial;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- the board ---- */

uint64_t ear_board_monotonic_ms(void)
{
    return 1000;
}

size_t ear_board_serial_read(unsigned port, uint8_t *bytes, size_t capacity)
{
    const size_t count = coming_length < capacity ? coming_length : capacity;
    (void)port;
    memcpy(bytes, coming, count);
    coming += count;
    coming_length -= count;
    return count;
}

void ear_board_serial_write(unsigned port, const uint8_t *bytes, size_t length)
{
    (void)port;
    for (size_t i = 0; i < length; i++) {
        said[said_length++ % sizeof said] = (char)bytes[i];
    }
}

_Noreturn void ear_reset(void)
{
    abort(); /* after a failed assertion, say */
}

/* mbedTLS's PSA asks ear_tls.c for randomness: it has to be linked. */
enum ear_err (*const fuzz_serial_tls)(struct ear_tls *tls, const struct ear_tls_config *config) = ear_tls_init;

static int fails(void)
{
    return ++calls % 256 == failing_call && failing_call != 0 ? EAR_ERR_IO : 0;
}

static int flash_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    check(address < FLASH_BYTES && length <= SECTOR_BYTES - address % SECTOR_BYTES);
    memcpy(bytes, (uint8_t *)context + address, length);
    return fails();
}

static int flash_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    check(address % 4 == 0 && length % 4 == 0);
    check(address < FLASH_BYTES && length <= SECTOR_BYTES - address % SECTOR_BYTES);
    for (uint32_t i = 0; i < length; i++) {
        ((uint8_t *)context)[address + i] &= ((const uint8_t *)bytes)[i];
    }
    return fails();
}

static int flash_erase(void *context, uint32_t address)
{
    check(address % SECTOR_BYTES == 0 && address < FLASH_BYTES);
    memset((uint8_t *)context + address, 0xff, SECTOR_BYTES);
    return fails();
}

static int flash_sync(void *context)
{
    (void)context;
    return fails();
}

static const struct ear_storage_ops ops = {flash_read, flash_program, flash_erase, flash_sync};
static const struct ear_storage partitions[] = {
    {&ops, flash[0], SECTOR_BYTES, FLASH_BYTES / SECTOR_BYTES, flash[0]},
    {&ops, flash[1], SECTOR_BYTES, FLASH_BYTES / SECTOR_BYTES, flash[1]},
};

static enum ear_err source(uint8_t *bytes, size_t length)
{
    memset(bytes, 0x42, length);
    return EAR_OK;
}

static void facts(void *context, struct ear_shell_facts *told)
{
    (void)context;
    told->board = "fuzz";
    told->start = "power";
}

static enum ear_err set_time(void *context, int64_t ms)
{
    (void)context;
    return ms > 0 ? EAR_OK : EAR_ERR_TIME;
}

static void restart(void *context)
{
    (void)context;
}

static void begin(void)
{
    static const struct ear_settings_target targets[] = {{&ear_settings_table, &settings},
                                                         {&ear_device_settings_table, &own}};
    static const struct ear_agent_config config = {.settings = &settings, .version = "1"};
    const struct ear_shell_config shell_config = {.agent = &agent,
                                                  .store = &store,
                                                  .identity = &identity,
                                                  .seed = &seed,
                                                  .owner = {.facts = facts, .set_time = set_time, .restart = restart}};
    memset(flash, 0xff, sizeof flash);
    memset(&agent, 0, sizeof agent);
    agent.config = &config;
    ear_settings_init(&settings);
    ear_setting_table_init(&ear_device_settings_table, &own);
    (void)!ear_settings_store_open(&store, &partitions[0], targets, 2);
    (void)!ear_identity_open(&identity, &partitions[1]);
    (void)!ear_seed_open(&seed, &identity, source);
    ear_shell_init(&shell, &shell_config);
    ear_serial_init(&serial, 0, NULL, &shell);
}

static void poll_all(const uint8_t *bytes, size_t length)
{
    coming = bytes;
    coming_length = length;
    for (unsigned turns = 0; ear_serial_poll(&serial); turns++) {
        check(turns < 100000);
    }
    check(coming_length == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t hello[] = "\3\rtime\r";
    if (size == 0) {
        return 0;
    }
    calls = 0;
    failing_call = 0;
    begin();
    failing_call = data[0];
    poll_all(data + 1, size - 1);
    (void)ear_frame_reader_reset(&serial.reader);
    poll_all(hello, sizeof hello - 1);
    check(said_length >= 4 && said[(said_length - 4) % sizeof said] == 'o' &&
          said[(said_length - 3) % sizeof said] == 'k');
    failing_call = 0;
    struct ear_identity again;
    check(ear_identity_open(&again, &partitions[1]) == EAR_OK);
    return 0;
}
