/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/device.c - flash that keeps its rules, an image slot that counts, ports that do nothing. */
#include "tests/fuzz/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake_ports.h"
#include "tests/support/make_pack.h"

#define SECTOR_BYTES 512u
#define SECTORS (2u * (2u * EAR_PACKS + 1u))

static uint8_t partition[SECTORS * SECTOR_BYTES];
static struct ear_agent agent;
static struct ear_settings settings;
static struct fake_clock wrist;
static struct fake_transport broker;

static struct {
    char name[EAR_DELIVERY_NAME_BYTES + 1];
    uint32_t written, bytes;
} image;

void check_at(bool holds, const char *file, int line)
{
    if (!holds) {
        fprintf(stderr, "%s:%d\n", file, line);
        abort();
    }
}

/* ---- flash ---- */

static int flash_read(void *context, uint32_t address, void *bytes, uint32_t length)
{
    (void)context;
    check(length <= sizeof partition && address <= sizeof partition - length);
    memcpy(bytes, partition + address, length);
    return 0;
}

static int flash_program(void *context, uint32_t address, const void *bytes, uint32_t length)
{
    (void)context;
    check(address % 4 == 0 && length % 4 == 0 && address < sizeof partition);
    check(length <= SECTOR_BYTES - address % SECTOR_BYTES);
    for (uint32_t i = 0; i < length; i++) {
        partition[address + i] &= ((const uint8_t *)bytes)[i];
    }
    return 0;
}

static int flash_erase(void *context, uint32_t address)
{
    (void)context;
    check(address % SECTOR_BYTES == 0 && address < sizeof partition);
    memset(partition + address, 0xff, SECTOR_BYTES);
    return 0;
}

static int flash_sync(void *context)
{
    (void)context;
    return 0;
}

static const struct ear_storage_ops flash_ops = {flash_read, flash_program, flash_erase, flash_sync};

static enum ear_err verify(void *context, const uint8_t *key_id, uint16_t key_id_bytes, const struct ear_signed *bytes,
                           const uint8_t signature[64])
{
    const enum ear_err err = fake_signature.verify(context, key_id, key_id_bytes, bytes, signature);
    return err == EAR_OK || (signature[63] & 1) == 0 ? EAR_OK : err;
}

/* ---- images ---- */

static enum ear_err image_begin(void *context, const char *name, uint32_t bytes, const char **why)
{
    (void)context;
    check(name[0] != '\0' && strlen(name) <= EAR_DELIVERY_NAME_BYTES && bytes > 0);
    if (bytes > 100000) {
        *why = "a smaller one";
        return EAR_ERR_TOO_LONG;
    }
    memcpy(image.name, name, strlen(name) + 1);
    image.bytes = bytes;
    image.written = 0;
    return EAR_OK;
}

static enum ear_err image_write(void *context, uint32_t offset, const void *bytes, uint32_t length, const char **why)
{
    static uint8_t newest[EAR_DELIVERY_PIECE_BYTES];
    (void)context;
    check(offset == image.written && length > 0 && length <= image.bytes - offset && length <= sizeof newest);
    memcpy(newest, bytes, length); /* they can be read */
    *why = "";
    image.written += length;
    return EAR_OK;
}

static enum ear_err image_finish(void *context, bool *restart, const char **why)
{
    (void)context;
    check(image.written == image.bytes);
    *restart = image.bytes % 2 == 0;
    *why = "another board's";
    const bool good = image.bytes % 3 != 0;
    image.bytes = image.written = 0;
    return good ? EAR_OK : EAR_ERR_CONFIG;
}

static uint32_t image_written(void *context, const char **name, uint32_t *bytes)
{
    (void)context;
    *name = image.name;
    *bytes = image.bytes;
    return image.written;
}

static const struct ear_delivery_ops image_ops = {image_begin, image_write, image_finish, image_written};

struct ear_agent *device_new(void)
{
    static struct ear_agent_config config;
    memset(partition, 0xff, sizeof partition);
    memset(&image, 0, sizeof image);
    memset(&broker, 0, offsetof(struct fake_transport, messages));
    wrist = (struct fake_clock){.monotonic_ms = 5000, .wall_ms = INT64_C(1795176000000), .state = EAR_CLOCK_NETWORK};
    ear_settings_init(&settings);
    memcpy(settings.device_device, "fuzzed", sizeof "fuzzed");
    config = (struct ear_agent_config){
        .settings = &settings,
        .clock = fake_clock_port(&wrist),
        .entropy = fake_entropy_port(),
        .transport = fake_transport_port(&broker),
        .packs = {.ops = &flash_ops, .sector_bytes = SECTOR_BYTES, .sector_count = SECTORS, .mapped = partition},
        .signature = {.verify = verify},
        .image = {.ops = &image_ops},
        .version = "1"};
    check(ear_agent_init(&agent, &config) == EAR_OK);
    return &agent;
}
