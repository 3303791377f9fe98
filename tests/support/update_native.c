/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/update_native.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define REMEMBERED 64u

static int fill(void *context, uint8_t *bytes, size_t length)
{
    uint64_t *random = context;
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)flash_random(random);
    }
    return 0;
}

struct pack_key *update_key(unsigned which)
{
    static struct pack_key *keys[2];
    if (keys[which] == NULL) {
        uint64_t random = which + 1;
        const struct ear_entropy entropy = {.fill = fill, .context = &random};
        keys[which] = pack_key_make(&entropy);
        assert(keys[which] != NULL);
    }
    return keys[which];
}

static const struct ear_image_key *public_key(void)
{
    static struct ear_image_key key;
    static bool known;
    if (!known) {
        char pem[PACK_PEM_BYTES];
        struct ear_signature_keys keys = {0};
        struct ear_signature_fault fault;
        pack_key_public_pem(update_key(0), pem);
        known = ear_signature_keys_read(&keys, pem, &fault) == EAR_OK && image_key_of(keys.keys[0].point, &key);
        assert(known);
    }
    return &key;
}

static enum ear_err verify(const void *context, const uint8_t key_hash[32], const uint8_t hash[32],
                           const uint8_t signature[64])
{
    static struct {
        uint8_t asked[128];
        enum ear_err answer;
    } memory[REMEMBERED];
    static unsigned count;
    uint8_t asked[128];
    memcpy(asked, key_hash, 32);
    memcpy(asked + 32, hash, 32);
    memcpy(asked + 64, signature, 64);
    for (unsigned i = 0; i < count && i < REMEMBERED; i++) {
        if (memcmp(memory[i].asked, asked, sizeof asked) == 0) {
            return memory[i].answer;
        }
    }
    const struct ear_image_check check = ear_image_p256(context);
    const enum ear_err err = check.verify(check.context, key_hash, hash, signature);
    memcpy(memory[count % REMEMBERED].asked, asked, sizeof asked);
    memory[count++ % REMEMBERED].answer = err;
    return err;
}

struct ear_image_check update_check(void)
{
    return (struct ear_image_check){.verify = verify, .context = public_key()};
}

void update_rig_init(struct update_rig *rig)
{
    memset(&rig->device, 0, sizeof rig->device);
    for (unsigned i = 0; i < EAR_SLOTS; i++) {
        flash_init(&rig->slot[i], &rig->device, UPDATE_SECTOR_BYTES, UPDATE_SECTORS, rig->slot_room[i]);
        rig->slots.slot[i] = (struct ear_slot){&rig->slot[i].port, i == 0 ? UPDATE_A : UPDATE_B};
    }
    flash_init(&rig->boot, &rig->device, UPDATE_SECTOR_BYTES, UPDATE_BOOT_SECTORS, rig->boot_room);
    rig->slots.boot = &rig->boot.port;
    rig->slots.check = update_check();
}

struct text update_image(unsigned slot, uint8_t major, uint32_t counter, uint32_t program_bytes, struct pack_key *key)
{
    const struct image_options options = {
        .version = {.major = major}, .load_address = slot == 0 ? UPDATE_A : UPDATE_B, .counter = counter};
    struct text image = {0};
    uint8_t *program = malloc(program_bytes);
    uint64_t random = major * 1000u + slot;
    assert(program != NULL);
    (void)fill(&random, program, program_bytes);
    image_write(&image, &options, program, program_bytes, key);
    free(program);
    return image;
}

void update_put(struct update_rig *rig, unsigned slot, const struct text *image, bool confirmed)
{
    struct text whole = {0};
    text_add(&whole, image->bytes, image->length);
    image_pad(&whole, UPDATE_SLOT_BYTES, confirmed);
    memcpy(rig->slot[slot].bytes, whole.bytes, UPDATE_SLOT_BYTES);
    memcpy(rig->slot[slot].durable, whole.bytes, UPDATE_SLOT_BYTES);
    text_free(&whole);
}

enum ear_err update_deliver(struct ear_update *update, const char *name, const struct text *image, uint32_t piece,
                            const char **why)
{
    const struct ear_delivery_port port = ear_update_delivery(update);
    const char *coming;
    uint32_t bytes;
    uint32_t at = port.ops->written(port.context, &coming, &bytes);
    enum ear_err err = EAR_OK;
    bool restart = false;
    if (bytes != image->length || strcmp(coming, name) != 0) {
        err = port.ops->begin(port.context, name, (uint32_t)image->length, why);
        at = 0;
    }
    for (; err == EAR_OK && at < image->length; at += piece) {
        const uint32_t left = (uint32_t)image->length - at;
        err = port.ops->write(port.context, at, image->bytes + at, left < piece ? left : piece, why);
    }
    err = err == EAR_OK ? port.ops->finish(port.context, &restart, why) : err;
    assert(err != EAR_OK || restart);
    return err;
}
