/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/provision.h"

#include <string.h>
#include <time.h>

#include "platform/firmware/device/ear_identity.h"
#include "platform/linux/system/ear_entropy_system.h"
#include "tools/field/partitions.h"

enum { SEED_BYTES = 32, TEST_MS = 15000, TEST_PAUSE_MS = 1000 };

/* ---- before the device is touched ---- */

void provision_add_setting(struct provision *provision, const char *setting)
{
    if (provision->setting_count == PROVISION_SETTINGS) {
        die_usage("--set %s: at most %d settings", setting, PROVISION_SETTINGS);
    }
    provision->settings[provision->setting_count++] = (char *)(uintptr_t)setting;
}

static void add_named(struct provision *provision, const char *name, const char *value)
{
    if (value != NULL) {
        provision_add_setting(provision, keep_printf("%s=%s", name, value));
    }
}

static void add_broker(struct provision *provision)
{
    const char *broker = provision->broker;
    const char *colon = broker != NULL ? strrchr(broker, ':') : NULL;

    if (broker == NULL) {
        return;
    }
    if (colon == broker || (colon != NULL && colon[1] == '\0')) {
        die_usage("--broker %s: HOST:PORT is meant, such as mqtt.example.com:8883", broker);
    }
    add_named(provision, "broker.host", colon != NULL ? keep(broker, (size_t)(colon - broker)) : broker);
    add_named(provision, "broker.port", colon != NULL ? colon + 1 : "8883");
}

static void check_length(const char *path, const struct der *der)
{
    if (der->length > EAR_IDENTITY_PART_BYTES) {
        die("%s: has %zu bytes (DER); a device keeps at most %u: leave out the chain, or use keys of P-256", path,
            der->length, (unsigned)EAR_IDENTITY_PART_BYTES);
    }
}

void provision_prepare(struct provision *provision)
{
    add_named(provision, "device.tenant", provision->tenant);
    add_named(provision, "device.site", provision->site);
    add_named(provision, "device.device", provision->name);
    add_broker(provision);
    for (size_t i = 0; i < provision->setting_count; i++) {
        partitions_check_setting(provision->settings[i]);
    }
    provision->ca_der = credentials_certificates(provision->ca);
    check_length(provision->ca, &provision->ca_der);
    if (provision->pack_key != NULL) {
        provision->pack_key_der = credentials_public_key(provision->pack_key);
    }
    if (provision->signer.ca != NULL) {
        const struct der signer = credentials_certificates(provision->signer.ca);
        const struct certificate_facts facts = credentials_facts(provision->signer.ca, &signer);
        credentials_check_dates(provision->signer.ca, &facts);
    }
    if (provision->certificate != NULL) {
        provision->certificate_der = credentials_certificates(provision->certificate);
        check_length(provision->certificate, &provision->certificate_der);
        const struct certificate_facts facts = credentials_facts(provision->certificate, &provision->certificate_der);
        credentials_check_dates(provision->certificate, &facts);
        if (strcmp(facts.name, provision->name) != 0) {
            die("%s: is the certificate of `%s`, not of `%s`: the wrong file?", provision->certificate, facts.name,
                provision->name);
        }
    }
}

/* ---- the device ---- */

static void give_seed(struct provision *provision)
{
    uint8_t seed[SEED_BYTES];
    char line[2 * SEED_BYTES + 32] = "provision seed ";
    size_t at = strlen(line);

    if (ear_entropy_system.fill(ear_entropy_system.context, seed, sizeof seed) != 0) {
        die("no randomness for a seed");
    }
    for (size_t i = 0; i < sizeof seed; i++, at += 2) {
        snprintf(line + at, 3, "%02x", seed[i]);
    }
    device_do(&provision->device, "giving it a seed for its randomness", line);
    explicit_bzero(line, sizeof line);
    explicit_bzero(seed, sizeof seed);
}

static void give_time(struct provision *provision)
{
    char now[TIME_TEXT_BYTES];

    device_do(&provision->device, "telling it the time (is this machine's clock right?)",
              keep_printf("time %s", time_text(wall_ms(), now)));
}

/* What it said at the first `status`. */
static void must_be_writable(const struct provision *provision)
{
    const char *flash = device_value(&provision->device, "flash");

    if (flash != NULL && strstr(flash, "can only be read") != NULL) {
        die("%s: this device's flash can only be read: its identity is written by a programmer. `earshot identity "
            "make`, "
            "then `earshot flash` (docs/field.md, \"A board that cannot write its own flash\")",
            provision->port);
    }
}

void provision_set_up(struct provision *provision)
{
    must_be_writable(provision);
    if (provision->new_key) {
        device_do(&provision->device, "letting it forget its key", "provision forget");
    }
    if (provision->certificate == NULL) { /* else that was done, and its key made */
        give_seed(provision);
    }
    give_time(provision);
    for (size_t i = 0; i < provision->setting_count; i++) {
        const char *section, *name, *value;
        partitions_split_setting(provision->settings[i], &section, &name, &value);
        device_do(&provision->device, "setting it up", keep_printf("set %s.%s %s", section, name, value));
    }
    printf("it has its settings (%zu)\n", provision->setting_count);
}

const char *provision_request(struct provision *provision)
{
    device_do(&provision->device, "letting it make its key", "provision key");
    const char *request = device_block(&provision->device, "CERTIFICATE REQUEST");
    if (request == NULL) {
        die("%s: letting it make its key: the device gave no certificate request; it said: %s", provision->port,
            provision->device.said.bytes);
    }
    sign_check_request(request, provision->name);
    puts("it has made its key, which never leaves it");
    return request;
}

void provision_give(struct provision *provision)
{
    device_paste(&provision->device, "giving it its certificate", "provision cert",
                 credentials_pem("CERTIFICATE", &provision->certificate_der));
    device_paste(&provision->device, "giving it the broker's CA", "provision ca",
                 credentials_pem("CERTIFICATE", &provision->ca_der));
    if (provision->pack_key_der.length > 0) {
        device_paste(&provision->device, "giving it the key of packs", "provision pack-key",
                     credentials_pem("PUBLIC KEY", &provision->pack_key_der));
    }
    puts("it has its certificate and the broker's CA");
}

bool provision_test(struct provision *provision, int64_t wait_s)
{
    const struct timespec pause = {.tv_nsec = TEST_PAUSE_MS % 1000 * 1000000L, .tv_sec = TEST_PAUSE_MS / 1000};
    const int64_t until_ms = monotonic_ms() + wait_s * 1000;

    for (;;) {
        const enum serial_answer answer = device_ask(&provision->device, "test", TEST_MS);
        if (answer == SERIAL_OK) {
            return true;
        }
        if (answer == SERIAL_GONE) {
            die("%s: the line is gone while the device tests itself: was the cable pulled?", provision->port);
        }
        if (monotonic_ms() > until_ms) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
}

/* ---- the label ---- */

static void print_line(const char *name, const char *value)
{
    printf("  %-12s %s\n", name, value != NULL && value[0] != '\0' ? value : "?");
}

void provision_print_label(struct provision *provision)
{
    const struct certificate_facts facts = credentials_facts("certificate", &provision->certificate_der);
    char until[TIME_TEXT_BYTES], now[TIME_TEXT_BYTES];

    device_do(&provision->device, "asking how it is", "status");
    puts("\nFor the box:\n");
    print_line("device", provision->name);
    print_line("site", provision->site);
    print_line("tenant", provision->tenant);
    print_line("MAC", device_value(&provision->device, "mac"));
    print_line("firmware", device_value(&provision->device, "firmware"));
    print_line("certificate", keep_printf("SHA-256 %.47s", facts.fingerprint));
    print_line("", keep_printf("        %s", facts.fingerprint + 48));
    print_line("valid until", time_text(facts.until_ms, until));
    print_line("provisioned", time_text(wall_ms(), now));
}
