/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/shell/ear_shell_pack.c - the command `pack`. */
#include <string.h>

#include "platform/firmware/shell/ear_shell_commands.h"

static enum ear_shell_turn print_nth(struct ear_shell *shell, unsigned n)
{
    const struct ear_agent_packs *packs = &shell->config.agent->packs;
    struct ear_agent_pack_info info;
    if (ear_agent_pack_at(shell->config.agent, n, &info)) {
        ear_shell_say(shell, "%s %s: %s", info.name, info.version,
                      info.quarantined ? "in quarantine after faults"
                      : info.at_work   ? "at work"
                                       : "not at work: ");
        ear_shell_say(shell, "%s, %s, counter %u, %u calls\n",
                      info.at_work ? "" : ear_pack_refusal_name((enum ear_pack_refusal)info.refusal),
                      info.installed ? "installed" : "of the image", (unsigned)info.counter, (unsigned)info.calls);
        return EAR_SHELL_MORE;
    }
    if (n == 0) {
        ear_shell_say(shell, "none\n");
    }
    if (packs->refused > 0) {
        ear_shell_say(shell, "refused lately: %s: %s\n", packs->refused_name,
                      ear_pack_refusal_name((enum ear_pack_refusal)packs->refused_fault.reason));
    }
    return EAR_SHELL_OK;
}

static enum ear_shell_turn tell(struct ear_shell *shell, enum ear_err err)
{
    switch (err) {
    case EAR_OK:
        return EAR_SHELL_OK;
    case EAR_ERR_UNKNOWN:
        return ear_shell_error(shell, "no pack of this name was installed; `pack` lists them", "");
    case EAR_ERR_EMPTY:
        return ear_shell_error(shell, "none that was installed is in use", "");
    default:
        return ear_shell_error(shell, ear_shell_why(err), "");
    }
}

enum ear_shell_turn ear_shell_do_pack(struct ear_shell *shell)
{
    if (shell->step > 0) {
        return print_nth(shell, shell->step - 1u);
    }
    const char *verb = ear_shell_word(shell);
    if (*verb == '\0') {
        return EAR_SHELL_MORE;
    }
    if (!EAR_ENABLED(STORAGE)) {
        return ear_shell_error(shell, EAR_SHELL_READ_ONLY, "");
    }
    const char *name = ear_shell_word(shell);
    if (*name != '\0' && strcmp(verb, "roll_back") == 0) {
        return tell(shell, ear_agent_pack_roll_back(shell->config.agent, name));
    }
    if (*name != '\0' && strcmp(verb, "remove") == 0) {
        return tell(shell, ear_agent_pack_remove(shell->config.agent, name));
    }
    return ear_shell_error(shell, "pack, pack roll_back NAME, or pack remove NAME", "");
}
