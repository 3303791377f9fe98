/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/shell/ear_shell_set.c - the command `set`. */
#include <string.h>

#include "platform/firmware/shell/ear_shell_commands.h"

static void print_setting(struct ear_shell *shell, const struct ear_setting *setting, const void *settings)
{
    char value[EAR_SETTINGS_STORE_BYTES];
    (void)!ear_setting_print(setting, settings, value, sizeof value);
    if (setting->type == EAR_SETTING_KEY && value[0] != '\0') {
        memcpy(value, "(secret)", 9);
    }
    ear_shell_say(shell, "%s.%s: %s", setting->section, setting->name, value);
    if (setting->type == EAR_SETTING_NUMBER && setting->unit[0] != '\0') {
        ear_shell_say(shell, " %s", setting->unit);
    }
    ear_shell_say(shell, strcmp(value, setting->initial) == 0 ? "  (default)\n" : "\n");
}

/* The n-th of all tables. */
static enum ear_shell_turn print_nth(struct ear_shell *shell, unsigned n)
{
    const struct ear_settings_store *store = shell->config.store;
    for (size_t i = 0; i < store->target_count; i++) {
        const struct ear_setting_table *table = store->targets[i].table;
        if (n < table->count) {
            print_setting(shell, &table->items[n], store->targets[i].settings);
            return EAR_SHELL_MORE;
        }
        n -= table->count;
    }
    return EAR_SHELL_OK;
}

static enum ear_shell_turn explain(struct ear_shell *shell, const struct ear_setting *setting,
                                   const struct ear_settings_target *target)
{
    char allowed[160];
    print_setting(shell, setting, target->settings);
    ear_setting_allowed(setting, allowed, sizeof allowed);
    ear_shell_say(shell, "allowed: %s\n%s%s", allowed, setting->help, setting->help[0] != '\0' ? "\n" : "");
    return EAR_SHELL_OK;
}

static enum ear_shell_turn change(struct ear_shell *shell, const struct ear_setting *setting, const char *value)
{
    struct ear_setting_fault fault;
    const size_t length = strlen(value);
    const bool is_quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"'; /* "" is nothing */
    char *text = shell->arguments;
    if (is_quoted) {
        text[length - 1] = '\0';
        text++;
    }
    const enum ear_err err = ear_settings_store_set(shell->config.store, setting->section, setting->name, text, &fault);
    if (err != EAR_OK && fault.allowed[0] != '\0') {
        return ear_shell_error(shell, "not changed; allowed is ", fault.allowed);
    }
    if (err != EAR_OK) {
        return ear_shell_error(shell, "not changed: ", ear_shell_why(err));
    }
    ear_shell_say(shell, setting->applies == EAR_SETTING_RESTART ? "from the next start on: `reboot`\n" : "");
    return EAR_SHELL_OK;
}

static void trim(char *text)
{
    for (size_t length = strlen(text); length > 0 && text[length - 1] == ' '; length--) {
        text[length - 1] = '\0';
    }
}

enum ear_shell_turn ear_shell_do_set(struct ear_shell *shell)
{
    const struct ear_settings_target *target = NULL;
    if (shell->step > 0) {
        return print_nth(shell, shell->step - 1u);
    }
    char *section = ear_shell_word(shell);
    if (*section == '\0') {
        return EAR_SHELL_MORE;
    }
    char *name = section + strcspn(section, ".");
    if (*name == '.') {
        *name++ = '\0';
    }
    const struct ear_setting *setting = ear_settings_store_find(shell->config.store, section, name, &target);
    if (setting == NULL) {
        return ear_shell_error(shell, "there is no such setting; `set` lists all, as SECTION.NAME", "");
    }
    shell->arguments += strspn(shell->arguments, " ");
    trim(shell->arguments);
    if (shell->arguments[0] == '\0') {
        return explain(shell, setting, target);
    }
    return EAR_ENABLED(STORAGE) ? change(shell, setting, shell->arguments)
                                : ear_shell_error(shell, EAR_SHELL_READ_ONLY, "");
}
