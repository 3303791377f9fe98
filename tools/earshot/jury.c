/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/jury.h"

#include <string.h>

#include "core/base/ear_utf8.h"
#include "plugins/ear_plugins.h"
#include "plugins/packs/ear_packs.h"

/* A device takes plugins that overrun their budget out of service; here time means nothing, so that the same texts give
 * the same verdicts always. */
static uint32_t no_ticks(void *context)
{
    (void)context;
    return 0;
}

static const struct ear_ticks ticks = {.now = no_ticks, .per_us = 1};

/* A native plugin may take as long as this; on a device the operator says how long. */
enum { NATIVE_DEADLINE_MS = 1000, NATIVE_MEMORY_MIB = 64, NATIVE_REST_MS = 1 };

/* What is wrong with a native plugin is asked of it, not read from its log. */
static void no_line(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    (void)level;
    (void)message;
    (void)detail;
    (void)number;
}

void jury_init(struct jury *jury)
{
    *jury = (struct jury){0};
    ear_host_init(&jury->host, NULL, 0, &ticks);
    jury->host.wanted = UINT32_MAX;
    jury->turn.host = &jury->host;
    jury->turn.judgement = &jury->judgement;
    jury->turn.features = &jury->features;
}

static void seat(struct jury *jury, const struct ear_plugin *plugin, enum ear_rank rank, const char *path)
{
    const enum ear_refusal refusal = ear_host_add(&jury->host, plugin, rank);

    if (refusal == EAR_REFUSAL_DUPLICATE) {
        die("%s: another one is also named %s", path, plugin->name);
    }
    if (refusal == EAR_REFUSAL_FULL) {
        die("%s: this build holds at most %d plugins and packs", path, EAR_PLUGINS);
    }
    if (refusal != EAR_REFUSAL_NONE) {
        die("%s: the plugin host refuses it: %s", path, ear_refusal_name(refusal));
    }
}

static struct ear_model *next_model(struct jury *jury, const char *path)
{
    if (jury->model_count == EAR_PLUGINS) {
        die("%s: this build holds at most %d plugins and packs", path, EAR_PLUGINS);
    }
    return &jury->models[jury->model_count++];
}

static void seat_model(struct jury *jury, const struct ear_model *model, const char *path)
{
    const struct ear_plugin plugin = ear_model_plugin(model);

    seat(jury, &plugin, model->pack.engine == EAR_ENGINE_RULES ? EAR_RANK_RULES : EAR_RANK_PACK, path);
}

void jury_add_pack(struct jury *jury, const struct pack_file *file)
{
    struct ear_model *model = next_model(jury, file->path);

    pack_file_open(file, model, &jury->turn);
    seat_model(jury, model, file->path);
}

static void add_image(struct jury *jury, const struct ear_pack_image *image)
{
    struct ear_pack_fault fault = {0};
    struct ear_model *model = next_model(jury, "packs of the build");

    if (!ear_model_open(model, image->bytes, image->length, &jury->turn, &fault)) {
        die("a pack of the build: %s", pack_fault_says(&fault));
    }
    if (ear_host_find(&jury->host, model->pack.name) >= 0) {
        jury->model_count--; /* one that was given is in its place */
        return;
    }
    seat_model(jury, model, model->pack.name);
}

void jury_add_build(struct jury *jury)
{
    for (size_t i = 0; i < ear_packs_count; i++) {
        add_image(jury, &ear_packs[i]);
    }
    for (size_t i = 0; i < ear_plugins_count; i++) {
        if (ear_plugins[i] != NULL) { /* else left out of this build */
            seat(jury, ear_plugins[i], EAR_RANK_LINKED, ear_plugins[i]->name);
        }
    }
}

void jury_add_native(struct jury *jury, const char *path)
{
    const struct ear_native_config config = {
        .file = path, .deadline_ms = NATIVE_DEADLINE_MS, .memory_mib = NATIVE_MEMORY_MIB, .rest_ms = NATIVE_REST_MS};
    const struct ear_log log = {.line = no_line};

    if (jury->native_count == EAR_PLUGINS) {
        die("%s: this build holds at most %d plugins and packs", path, EAR_PLUGINS);
    }
    struct ear_native *native = ear_native_open(&config, &log);
    if (native == NULL || ear_native_count(native) == 0) {
        die("%s: it cannot be loaded", path);
    }
    ear_native_add(native, &jury->host);
    const struct ear_native_about about = ear_native_about(native, 0);
    if (strcmp(about.state, "refused") == 0) {
        die("%s: refused: %s", path, about.reason);
    }
    jury->natives[jury->native_count++] = native;
}

void jury_close(struct jury *jury)
{
    while (jury->native_count > 0) {
        ear_native_close(jury->natives[--jury->native_count]);
    }
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
    ear_features_begin(&jury->features, turn);
    ear_host_judge(&jury->host, memory->state, turn, &jury->judgement);
    memory->turns++;
}

bool jury_is_well(const struct jury *jury)
{
    bool well = true;

    for (unsigned i = 0; i < jury->native_count; i++) {
        const struct ear_native_about about = ear_native_about(jury->natives[i], 0);
        if (about.faults > 0 || about.missed > 0) {
            fprintf(stderr, "earshot: %s: %u calls failed, %u messages went by without it: %s\n", about.file,
                    about.faults, about.missed, about.reason);
            well = false;
        }
    }
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
