/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_engine.h - engines run packs; a pack with its engine is a model, which the host calls like any plugin.
 *
 * An engine is const, has no state and trusts nothing: check looks at a whole body once, when it is loaded; judging
 * then needs no checks and never reads outside. Integers only; the same body gives the same verdicts on every target.
 */
#ifndef EAR_ENGINE_H
#define EAR_ENGINE_H

#include "core/judge/ear_host.h"
#include "core/model/ear_features.h"
#include "core/model/ear_pack.h"

/** What the models of an agent share while a turn is judged. The agent owns it and sets it before each turn. */
struct ear_model_turn {
    const struct ear_host *host;           /* whose labels the judgement's are */
    const struct ear_judgement *judgement; /* what was said so far by plugins of a lower rank; for rules */
    struct ear_features *features;         /* of the turn, in memory of the agent's; begun anew before each turn */
};

struct ear_engine {
    const char *name; /* "linear" */
    uint16_t id;      /* enum ear_engine_id */
    uint16_t version; /* of the bodies that it runs */
    /** Whether the body can be run. EAR_OK, or EAR_ERR_SYNTAX and *at is the byte of the body that is wrong. */
    enum ear_err (*check)(const struct ear_pack *pack, uint32_t *at);
    ear_plugin_on_turn on_turn; /* call->data is a struct ear_model */
};

/** The engines that this build has (Kconfig LINEAR_ENGINE, PHRASES_ENGINE, RULES_ENGINE), ended by NULL. */
extern const struct ear_engine *const ear_engines[];

/** A pack that is loaded. Lives as long as the host has its plugin, and so do the pack's bytes. */
struct ear_model {
    struct ear_pack pack;
    const struct ear_engine *engine;
    struct ear_model_turn *turn;
};

/** Read a pack's payload, find its engine and check its body. turn is kept. False: *fault says why. */
EAR_MUST_USE bool ear_model_open(struct ear_model *model, const uint8_t *bytes, uint32_t length,
                                 struct ear_model_turn *turn, struct ear_pack_fault *fault);

/** The model as a plugin, for ear_host_set. It points to the model. */
struct ear_plugin ear_model_plugin(const struct ear_model *model);

#endif
