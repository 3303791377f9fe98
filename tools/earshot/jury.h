/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/jury.h - the plugins and packs as a device asks them, for tools that judge texts. Host only. */
#ifndef EARSHOT_JURY_H
#define EARSHOT_JURY_H

#include "core/ear_agent.h" /* EAR_AGENT_BYTES */
#include "core/judge/ear_host.h"
#include "core/judge/ear_text.h"
#include "platform/linux/native/ear_native.h"
#include "tools/earshot/pack_file.h"

/** What is remembered of a conversation. All zero: nothing was said yet. */
struct jury_memory {
    _Alignas(8) uint8_t state[EAR_PLUGIN_STATE_BYTES];
    uint32_t turns;
};

struct jury {
    struct ear_host host;
    struct ear_model_turn turn;
    struct ear_model models[EAR_PLUGINS];
    unsigned model_count;
    struct ear_native *natives[EAR_PLUGINS]; /* each with one plugin */
    unsigned native_count;
    struct ear_features features;
    struct ear_tokens tokens;         /* of the message judged last */
    struct ear_judgement judgement;   /* on it */
    uint32_t judged_bytes, all_bytes; /* of its text */
};

/** Nobody. */
void jury_init(struct jury *jury);

/** The plugins that are linked in, and the packs that are. After packs that were given: those replace one of the same
 *  name. */
void jury_add_build(struct jury *jury);

/** One more pack. Exits with what is wrong with it. */
void jury_add_pack(struct jury *jury, const struct pack_file *file);

/** One more native plugin, run as the daemon runs it: in a process of its own that can only answer. Exits with why it
 *  cannot be loaded. */
void jury_add_native(struct jury *jury, const char *path);

/** End what runs for it. */
void jury_close(struct jury *jury);

/** Split a text into jury->tokens. It may be of any length; what is beyond EAR_TEXT_BYTES is not looked at. */
void jury_split(struct jury *jury, const char *text, size_t length);

/** Judge what was split. *turn names its sender and what else is known; its text, tokens and index are filled in here.
 *  The verdicts are in jury->judgement. */
void jury_judge(struct jury *jury, struct jury_memory *memory, struct ear_turn *turn);

/** Say on stderr who was quarantined or gave faulty answers. False if anyone was. */
bool jury_is_well(const struct jury *jury);

#endif
