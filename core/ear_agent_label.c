/* SPDX-License-Identifier: Apache-2.0 */
/* Labels: in the dictionary, on conversations, as steps of funnels. */
#include <assert.h>
#include <string.h>

#include "core/ear_agent_parts.h"

/* Whoever keeps ids of labels. */
static void mark_labels(void *context, struct ear_label_marks *marks)
{
    const struct ear_agent *agent = context;
    const struct ear_memory *memory = &agent->memory;

    ear_note_mark_labels(&memory->note, marks);
    for (uint32_t i = 0; i < EAR_CONVERSATIONS; i++) {
        const struct ear_conversation *conversation = &memory->conversations.items[i];
        ear_label_mark(marks, conversation->agent);
        for (unsigned k = 0; k < conversation->label_count; k++) {
            ear_label_mark(marks, conversation->labels[k]);
        }
    }
    for (unsigned i = 0; i < EAR_DUTY; i++) {
        ear_label_mark(marks, memory->duty.logins[i].agent);
    }
    for (unsigned i = 0; i < EAR_FUNNELS; i++) {
        ear_label_mark(marks, agent->memory.funnel_labels[i]);
    }
    if (EAR_ENABLED(DRILL_DOWN)) {
        ear_records_mark_labels(&memory->records, marks);
    }
}

bool ear_agent_labels_are_sound(const struct ear_agent *agent)
{
    struct ear_label_marks marks = {{0}};

    mark_labels((void *)(uintptr_t)agent, &marks);
    return ear_label_is_sound(&agent->memory.labels, &marks);
}

uint16_t ear_agent_label(struct ear_agent *agent, struct ear_str text)
{
    const struct ear_label_use use = {mark_labels, agent};

    return ear_label_find(&agent->memory.labels, text, &use);
}

void ear_agent_bear(struct ear_hearing *hearing, enum ear_bears kind, struct ear_str text)
{
    const uint16_t label = ear_agent_label(hearing->agent, text);

    if (label != EAR_LABEL_NONE && !ear_conversation_bear(hearing->conversation, (uint8_t)kind, label)) {
        ear_agent_count(&hearing->agent->counts.labels_dropped);
    }
}

/* --- funnels --- */

static struct ear_str str(const char *text)
{
    return (struct ear_str){text, (uint16_t)strlen(text)};
}

enum ear_err ear_agent_load_funnels(struct ear_agent *agent)
{
    const struct ear_settings *settings = agent->config->settings;
    const char *const views[] = {settings->funnels_view1, settings->funnels_view2, settings->funnels_view3,
                                 settings->funnels_view4};
    const char *allowed = NULL;

    static_assert(EAR_FUNNELS <= EAR_COUNT_OF(views), "a setting for each view");
    for (unsigned i = 0; i < EAR_COUNT_OF(views); i++) {
        if (i >= EAR_FUNNELS ? *views[i] != '\0' : ear_funnel_parse(&agent->funnels[i], views[i], &allowed) != EAR_OK) {
            return EAR_ERR_CONFIG;
        }
    }
    return EAR_OK;
}

void ear_agent_name_funnels(struct ear_agent *agent)
{
    for (unsigned i = 0; i < EAR_FUNNELS; i++) {
        agent->memory.funnel_labels[i] = ear_agent_label(agent, agent->funnels[i].name);
    }
}

/* Whether a view looks at conversations of this slice. */
static bool views(const struct ear_agent *agent, const struct ear_funnel *funnel, uint8_t slice)
{
    const struct ear_slice_key key = ear_slice_key(&agent->memory.slices, slice);
    const struct ear_str automation = key.parts[EAR_SLICE_AUTOMATION];

    return funnel->name.length > 0 && (funnel->automation.length == 0 ||
                                       (funnel->automation.length == automation.length &&
                                        memcmp(funnel->automation.bytes, automation.bytes, automation.length) == 0));
}

void ear_agent_step(struct ear_hearing *hearing, struct ear_str step)
{
    const struct ear_agent *agent = hearing->agent;

    for (unsigned i = 0; i < EAR_FUNNELS; i++) {
        if (views(agent, &agent->funnels[i], hearing->slice)) {
            uint8_t *steps = &hearing->conversation->steps[i];
            *steps = (uint8_t)(*steps | ear_funnel_bits(&agent->funnels[i], step));
        }
    }
}

void ear_agent_begin_funnels(struct ear_hearing *hearing)
{
    const struct ear_agent *agent = hearing->agent;

    ear_agent_step(hearing, str(EAR_FUNNEL_START));
    for (unsigned i = 0; i < EAR_FUNNELS; i++) {
        if (views(agent, &agent->funnels[i], hearing->slice)) {
            hearing->conversation->steps_at_end[i] = ear_funnel_bits(&agent->funnels[i], str(EAR_FUNNEL_END));
        }
    }
}
