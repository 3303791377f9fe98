/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/shell/ear_shell_test.c - the command `test`: one check a turn, each with what to do where it fails.
 */
#include <string.h>

#include "platform/firmware/shell/ear_shell_commands.h"

/* Each: NULL, or what is wrong and what to do. */

static const char *test_name(struct ear_shell *shell)
{
    return shell->config.agent->config->settings->device_device[0] != '\0' ? NULL : "none: `set device.device NAME`";
}

static const char *test_randomness(struct ear_shell *shell)
{
    return shell->config.seed->ready ? NULL : shell->config.seed->why_not;
}

static const char *test_agent(struct ear_shell *shell)
{
    return ear_shell_facts(shell).agent_why;
}

static const char *test_identity(struct ear_shell *shell)
{
    const char *missing = NULL;
    return ear_identity_is_complete(shell->config.identity, &missing) ? NULL : missing;
}

static const char *test_clock(struct ear_shell *shell)
{
    return shell->config.agent->now_ms >= EAR_TIME_KNOWN_MS
               ? NULL
               : "unknown: no time server has answered (`set network.time_server`); or tell it: `time ...Z`";
}

/** The first letters of what is written. */
struct start {
    char text[EAR_IDENTITY_DATE_BYTES];
    size_t length;
};

static void keep_start(void *context, const char *text, size_t length)
{
    struct start *start = context;
    for (size_t i = 0; i < length && start->length < sizeof start->text - 2; i++) {
        start->text[start->length++] = text[i];
    }
}

static const char *test_dates(struct ear_shell *shell)
{
    struct start today = {0};
    const struct ear_text_out out = {.write = keep_start, .context = &today};
    char date[EAR_IDENTITY_DATE_BYTES];
    if (shell->config.agent->now_ms < EAR_TIME_KNOWN_MS) {
        return NULL; /* that was said */
    }
    ear_text_time(&out, shell->config.agent->now_ms);
    if (ear_identity_valid_to(shell->config.identity, EAR_IDENTITY_CERTIFICATE, date)[0] != '\0' &&
        strcmp(date, today.text) < 0) {
        return "the device's certificate has expired: `provision key` gives a request for a new one";
    }
    if (ear_identity_valid_to(shell->config.identity, EAR_IDENTITY_CA, date)[0] != '\0' &&
        strcmp(date, today.text) < 0) {
        return "the CA's certificate has expired: `provision ca` with the new one";
    }
    return NULL;
}

static const char *test_network(struct ear_shell *shell)
{
    const struct ear_shell_facts facts = ear_shell_facts(shell);
    return facts.network_why == NULL && facts.address != NULL && facts.address[0] == '\0'
               ? "no address: is the cable in? No DHCP server: `set network.dhcp off` and `set network.address`"
               : facts.network_why;
}

static const char *test_broker(struct ear_shell *shell)
{
    const struct ear_uplink *uplink = &shell->config.agent->uplink;
    const struct ear_shell_facts facts = ear_shell_facts(shell);
    if (facts.broker_why != NULL || uplink->state == EAR_UPLINK_UP) {
        return facts.broker_why;
    }
    return uplink->last_error[0] != '\0' ? uplink->last_error : "not connected yet: once more in some seconds";
}

static const char *test_flash(struct ear_shell *shell)
{
    const struct ear_shell_owner *owner = &shell->config.owner;
    return owner->test_flash != NULL ? owner->test_flash(owner->context) : NULL;
}

static const char *test_packs(struct ear_shell *shell)
{
    struct ear_agent_pack_info info;
    for (unsigned i = 0; ear_agent_pack_at(shell->config.agent, i, &info); i++) {
        if (!info.at_work || info.quarantined) {
            return "not all are at work: `pack` says which, and why";
        }
    }
    return NULL;
}

static const struct {
    const char *name;
    const char *(*test)(struct ear_shell *shell);
} tests[] = {
    {"name", test_name},   {"randomness", test_randomness}, {"agent", test_agent},     {"identity", test_identity},
    {"clock", test_clock}, {"dates", test_dates},           {"network", test_network}, {"broker", test_broker},
    {"flash", test_flash}, {"packs", test_packs},
};

enum ear_shell_turn ear_shell_do_test(struct ear_shell *shell)
{
    if (shell->step == EAR_COUNT_OF(tests)) {
        return shell->failed ? ear_shell_error(shell, "not all is well: see above", "") : EAR_SHELL_OK;
    }
    const char *what = tests[shell->step].test(shell);
    shell->failed = shell->failed || what != NULL;
    ear_shell_say(shell, "%s: %s%s\n", tests[shell->step].name, what == NULL ? "ok" : "FAILED: ", what);
    return EAR_SHELL_MORE;
}
