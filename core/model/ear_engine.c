/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_engine.c - which engines there are, and how a pack becomes a model. */
#include "core/model/ear_engine.h"

#include "core/judge/ear_text.h"
#include "core/model/ear_linear.h"
#include "core/model/ear_phrases.h"
#include "core/model/ear_rules.h"

const struct ear_engine *const ear_engines[] = {
#ifdef EAR_LINEAR_ENGINE
    &ear_engine_linear,
#endif
#ifdef EAR_PHRASES_ENGINE
    &ear_engine_phrases,
#endif
#ifdef EAR_RULES_ENGINE
    &ear_engine_rules,
#endif
    NULL,
};

static const struct ear_engine *engine_of(uint16_t id)
{
    const struct ear_engine *const *engine = ear_engines;
    while (*engine != NULL && (*engine)->id != id) {
        engine++;
    }
    return *engine;
}

static bool refuse(struct ear_pack_fault *fault, enum ear_pack_refusal reason, uint8_t key, uint32_t at)
{
    *fault = (struct ear_pack_fault){.reason = (uint8_t)reason, .key = key, .at = at};
    return false;
}

bool ear_model_open(struct ear_model *model, const uint8_t *bytes, uint32_t length, struct ear_model_turn *turn,
                    struct ear_pack_fault *fault)
{
    uint32_t at = 0;
    model->turn = turn;
    if (!ear_pack_read(bytes, length, &model->pack, fault)) {
        return false;
    }
    model->engine = engine_of(model->pack.engine);
    if (model->engine == NULL) {
        return refuse(fault, EAR_PACK_REFUSAL_ENGINE, EAR_PACK_KEY_ENGINE, 0);
    }
    if (model->engine->version != model->pack.engine_version) {
        return refuse(fault, EAR_PACK_REFUSAL_ENGINE_VERSION, EAR_PACK_KEY_ENGINE_VERSION, 0);
    }
    if (model->pack.text_version != EAR_TEXT_VERSION) {
        return refuse(fault, EAR_PACK_REFUSAL_TEXT_VERSION, EAR_PACK_KEY_TEXT_VERSION, 0);
    }
    if (model->engine->check(&model->pack, &at) != EAR_OK) {
        return refuse(fault, EAR_PACK_REFUSAL_BODY, EAR_PACK_KEY_BODY, at);
    }
    return true;
}

static const char *label(const void *data, uint16_t index)
{
    const struct ear_model *model = data;
    return ear_pack_label(&model->pack, index);
}

struct ear_plugin ear_model_plugin(const struct ear_model *model)
{
    const struct ear_pack *pack = &model->pack;
    const bool labelled =
        pack->question == EAR_ASK_TOPIC || pack->question == EAR_ASK_LANGUAGE || pack->question == EAR_ASK_TAG;
    return (struct ear_plugin){EAR_PLUGIN_HEADER,
                               .name = pack->name,
                               .version = pack->version,
                               .questions = EAR_ASK_BIT(pack->question),
                               .hears = pack->hears,
                               .label_count = labelled ? pack->label_count : 0,
                               .budget_us = pack->budget_us,
                               .data = model,
                               .on_turn = model->engine->on_turn,
                               .label = labelled ? label : NULL};
}
