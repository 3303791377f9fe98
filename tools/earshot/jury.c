/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/jury.h"

#include <string.h>

#include "core/base/ear_utf8.h"
#include "plugins/ear_plugins.h"

/* A device takes plugins that overrun their budget out of service; here time means nothing, so that the same texts give
 * the same verdicts always. */
static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};

void jury_init(struct jury *jury)
{
    *jury = (struct jury){0};
    ear_host_init(&jury->host, NULL, 0, &ticks);
    jury->host.wanted = UINT32_MAX;
    jury->turn.host = &jury->host;
    jury->turn.judgement = &jury->judgement;
    jury->turn.scratch = jury->scratch;
    jury->turn.scratch_bytes = sizeof(jury->scratch);
}

void jury_add_build(struct jury *jury)
{
    for (size_t i = 0; i < ear_plugins_count; i++) {
        if (ear_plugins[i] == NULL) {
            continue; /* left out of this build */
        }
        const enum ear_refusal refusal = ear_host_add(&jury->host, ear_plugins[i], EAR_RANK_LINKED);
        if (refusal != EAR_REFUSAL_NONE) {
            die("plugin %s: %s", ear_plugins[i]->name, ear_refusal_name(refusal));
        }
    }
}

void jury_add_pack(struct jury *jury, const struct pack_file *file)
{
    if (jury->model_count == EAR_PLUGINS) {
        die("%s: this build holds at most %d plugins and packs", file->path, EAR_PLUGINS);
    }
    struct ear_model *model = &jury->models[jury->model_count];
    pack_file_open(file, model, &jury->turn);
    const struct ear_plugin plugin = ear_model_plugin(model);
    const enum ear_refusal refusal =
        ear_host_add(&jury->host, &plugin, model->pack.engine == EAR_ENGINE_RULES ? EAR_RANK_RULES : EAR_RANK_PACK);
    if (refusal == EAR_REFUSAL_DUPLICATE) {
        die("%s: another one is also named %s", file->path, plugin.name);
    }
    if (refusal != EAR_REFUSAL_NONE) {
        die("%s: the plugin host refuses it: %s%s", file->path, ear_refusal_name(refusal),
            refusal == EAR_REFUSAL_FULL ? " (EAR_PLUGINS of this build)" : "");
    }
    jury->model_count++;
}

void jury_split(struct jury *jury, const char *text, size_t length)
{
    jury->all_bytes = (uint32_t)length;
    jury->judged_bytes = (uint32_t)ear_utf8_cut(text, length, EAR_TEXT_BYTES);
    ear_text_tokens(text, (uint16_t)jury->judged_bytes, &jury->tokens);
}

void jury_judge(struct jury *jury, struct jury_memory *memory, struct ear_turn *turn)
{
    turn->struct_size = (uint32_t)sizeof(*turn);
    turn->turn_index = (uint16_t)(memory->turns < UINT16_MAX ? memory->turns : UINT16_MAX);
    turn->text_length = (uint16_t)jury->judged_bytes;
    turn->tokens = jury->tokens.items;
    turn->token_count = jury->tokens.count;
    if (jury->tokens.cut || jury->judged_bytes < jury->all_bytes) {
        turn->flags |= EAR_TURN_TEXT_CUT;
    }
    ear_host_judge(&jury->host, memory->state, turn, &jury->judgement);
    memory->turns++;
}

bool jury_is_well(const struct jury *jury)
{
    bool well = true;

    for (unsigned i = 0; i < jury->host.count; i++) {
        const struct ear_host_plugin *plugin = &jury->host.plugins[i];
        if (plugin->loaded && plugin->meter.faults > 0) {
            fprintf(stderr, "earshot: %s: %u of %u calls were faulty%s\n", plugin->plugin.name, plugin->meter.faults,
                    plugin->meter.calls, plugin->quarantined ? "; it was quarantined" : "");
            well = false;
        }
    }
    return well;
}
