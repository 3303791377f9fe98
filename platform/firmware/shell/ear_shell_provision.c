/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/shell/ear_shell_provision.c - the command `provision`. */
#include <string.h>

#include "mbedtls/platform_util.h"
#include "platform/firmware/device/ear_csr.h"
#include "platform/firmware/shell/ear_shell_commands.h"

static const char restart_note[] = "in use from the next start on: `reboot`\n";

static const struct ear_settings *settings_of(const struct ear_shell *shell)
{
    return shell->config.agent->config->settings;
}

static bool has(const struct ear_shell *shell, enum ear_identity_part part)
{
    return shell->config.identity->parts[part].length > 0;
}

/* ---- state ---- */

static void print_dated(struct ear_shell *shell, const char *name, enum ear_identity_part part)
{
    char date[EAR_IDENTITY_DATE_BYTES];
    if (has(shell, part)) {
        ear_shell_say(shell, "%s: valid to %s\n", name, ear_identity_valid_to(shell->config.identity, part, date));
    } else {
        ear_shell_say(shell, "%s: none\n", name);
    }
}

static const char *next_of(const struct ear_shell *shell)
{
    const char *missing = NULL;
    if (shell->config.identity->storage == NULL) {
        return "nothing can be kept: this board has no partition for it";
    }
    if (settings_of(shell)->device_device[0] == '\0') {
        return "give it a name: `set device.device NAME`, and tenant and site";
    }
    if (!shell->config.seed->ready) {
        return "`provision seed HEX` with 64 or more random hex digits";
    }
    return ear_identity_is_complete(shell->config.identity, &missing) ? "nothing; `test` shows whether it works"
                                                                      : missing;
}

static enum ear_shell_turn print_state(struct ear_shell *shell)
{
    switch (shell->step) {
    case 0:
        ear_shell_say(shell, "name: %s\n", settings_of(shell)->device_device);
        ear_shell_say(shell, "randomness: %s%s\n", shell->config.seed->ready ? "ok" : "",
                      shell->config.seed->ready ? "" : shell->config.seed->why_not);
        return EAR_SHELL_MORE;
    case 1:
        ear_shell_say(shell, "key: %s\n", has(shell, EAR_IDENTITY_KEY) ? "its own" : "none");
        print_dated(shell, "certificate", EAR_IDENTITY_CERTIFICATE);
        return EAR_SHELL_MORE;
    case 2:
        print_dated(shell, "ca", EAR_IDENTITY_CA);
        ear_shell_say(shell, "pack key: %s\n", has(shell, EAR_IDENTITY_PACK_KEY) ? "yes" : "none: takes no packs");
        return EAR_SHELL_MORE;
    default:
        ear_shell_say(shell, "next: %s\n", next_of(shell));
        return EAR_SHELL_OK;
    }
}

/* ---- key ---- */

static enum ear_err make_key(struct ear_shell *shell, const struct ear_entropy *entropy)
{
    uint8_t key[EAR_CSR_KEY_BYTES];
    enum ear_err err = ear_csr_make_key(entropy, key);
    if (err == EAR_OK) {
        err = ear_identity_put(shell->config.identity, EAR_IDENTITY_KEY, key, sizeof key);
    }
    mbedtls_platform_zeroize(key, sizeof key);
    return err;
}

static enum ear_shell_turn print_request(struct ear_shell *shell, const struct ear_entropy *entropy)
{
    uint8_t request[EAR_CSR_BYTES];
    uint8_t point[65];
    if (!ear_identity_public_key(shell->config.identity, point)) {
        return ear_shell_error(shell, "its key is not one of P-256: `provision forget`, then again", "");
    }
    const int32_t length = ear_csr_write(&shell->config.identity->parts[EAR_IDENTITY_KEY], point,
                                         settings_of(shell)->device_device, entropy, request);
    if (length < 0) {
        return ear_shell_error(shell, "no memory to sign the request: once more, while no session is open", "");
    }
    ear_csr_print(&shell->out, "CERTIFICATE REQUEST", request, (size_t)length);
    ear_shell_say(shell, "have it signed by your CA, then `provision cert`\n");
    return EAR_SHELL_OK;
}

static enum ear_shell_turn do_key(struct ear_shell *shell)
{
    const struct ear_entropy entropy = ear_seed_port(shell->config.seed);
    if (!EAR_ENABLED(CSR)) {
        return ear_shell_error(shell, "this image makes no keys: give it an identity that was made on a host", "");
    }
    if (settings_of(shell)->device_device[0] == '\0' || !shell->config.seed->ready) {
        return ear_shell_error(shell, next_of(shell), "");
    }
    if (!has(shell, EAR_IDENTITY_KEY)) {
        const enum ear_err err = make_key(shell, &entropy);
        if (err != EAR_OK) {
            return ear_shell_error(shell, "no key was made: ", ear_shell_why(err));
        }
    } else {
        ear_shell_say(shell, "it keeps the key that it has; for a new one `provision forget` first\n");
    }
    return print_request(shell, &entropy);
}

/* ---- what is given to it ---- */

static enum ear_shell_turn begin_paste(struct ear_shell *shell, enum ear_identity_part part)
{
    ear_shell_paste_begin(shell, part);
    ear_shell_say(shell, "paste the PEM, to its line END; or base64 and an empty line. Ctrl-C gives up\n");
    return EAR_SHELL_PASTE;
}

enum ear_shell_turn ear_shell_pasted(struct ear_shell *shell)
{
    const struct ear_shell_paste *paste = &shell->paste;
    const enum ear_identity_part part = (enum ear_identity_part)shell->pasting;
    if (paste->faulty) {
        return ear_shell_error(shell, "not base64, or a private key; a certificate or public key is wanted", "");
    }
    if (paste->too_long) {
        return ear_shell_error(shell, "longer than the 1024 bytes that a part may have", "");
    }
    const char *what = ear_identity_fault(shell->config.identity, part, paste->bytes, paste->length);
    if (what != NULL) {
        return ear_shell_error(shell, what, "");
    }
    const enum ear_err err = ear_identity_put(shell->config.identity, part, paste->bytes, paste->length);
    if (err != EAR_OK) {
        return ear_shell_error(shell, "not kept: ", ear_shell_why(err));
    }
    if (part == EAR_IDENTITY_PACK_KEY && shell->config.owner.keys_changed != NULL) {
        shell->config.owner.keys_changed(shell->config.owner.context);
    } else {
        ear_shell_say(shell, restart_note);
    }
    return EAR_SHELL_OK;
}

static int digit_of(char letter)
{
    return letter >= '0' && letter <= '9'   ? letter - '0'
           : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
           : letter >= 'A' && letter <= 'F' ? letter - 'A' + 10
                                            : -1;
}

static enum ear_shell_turn do_seed(struct ear_shell *shell, const char *hex)
{
    uint8_t bytes[64];
    size_t count = 0;
    for (; count < sizeof bytes && digit_of(hex[0]) >= 0 && digit_of(hex[1]) >= 0; hex += 2) {
        bytes[count++] = (uint8_t)(digit_of(hex[0]) << 4 | digit_of(hex[1]));
    }
    if (*hex != '\0' || count < EAR_SEED_BYTES) {
        return ear_shell_error(shell, "64 to 128 random hex digits are wanted, as of `openssl rand -hex 32`", "");
    }
    const enum ear_err err = EAR_ENABLED(STORAGE) ? ear_seed_add(shell->config.seed, bytes, count)
                                                  : ear_seed_add_for_now(shell->config.seed, bytes, count);
    mbedtls_platform_zeroize(bytes, sizeof bytes);
    return err == EAR_OK ? EAR_SHELL_OK : ear_shell_error(shell, "not kept: ", ear_shell_why(err));
}

static enum ear_shell_turn do_forget(struct ear_shell *shell)
{
    for (unsigned part = EAR_IDENTITY_KEY; part <= EAR_IDENTITY_PACK_KEY; part++) {
        const enum ear_err err = ear_identity_put(shell->config.identity, (enum ear_identity_part)part, NULL, 0);
        if (err != EAR_OK) {
            return ear_shell_error(shell, "not all is forgotten: ", ear_shell_why(err));
        }
    }
    ear_shell_say(shell, "key, certificate, CA and pack key are gone from the flash; ");
    ear_shell_say(shell, "the session ends with the next start: `reboot`\n");
    return EAR_SHELL_OK;
}

enum ear_shell_turn ear_shell_do_provision(struct ear_shell *shell)
{
    if (shell->step > 0) {
        return print_state(shell);
    }
    const char *verb = ear_shell_word(shell);
    if (*verb == '\0') {
        return print_state(shell);
    }
    if (strcmp(verb, "seed") == 0) {
        return do_seed(shell, ear_shell_word(shell));
    }
    if (!EAR_ENABLED(STORAGE)) {
        return ear_shell_error(shell, EAR_SHELL_READ_ONLY, "");
    }
    if (strcmp(verb, "key") == 0) {
        return do_key(shell);
    }
    if (strcmp(verb, "cert") == 0) {
        return begin_paste(shell, EAR_IDENTITY_CERTIFICATE);
    }
    if (strcmp(verb, "ca") == 0) {
        return begin_paste(shell, EAR_IDENTITY_CA);
    }
    if (strcmp(verb, "pack-key") == 0) {
        return begin_paste(shell, EAR_IDENTITY_PACK_KEY);
    }
    if (strcmp(verb, "forget") == 0) {
        return do_forget(shell);
    }
    return ear_shell_error(shell, "provision, or provision key, cert, ca, pack-key, seed HEX or forget", "");
}
