/* SPDX-License-Identifier: Apache-2.0 */
/* What a message says: the plugins asked, their verdicts taken. */
#include <assert.h>
#include <string.h>

#include "core/base/ear_utf8.h"
#include "core/ear_agent_parts.h"

#define LIKELY_PERMILLE 500

static_assert((int)EAR_FROM_COUNT == EAR_FROMS, "hear and the plugin contract agree on who writes");

/* A label's text, as much of it as a device keeps. */
static struct ear_str label_of(const struct ear_host *host, uint8_t plugin, uint16_t label)
{
    const char *text = ear_host_label(host, plugin, label);

    return (struct ear_str){text, (uint16_t)ear_utf8_cut(text, strlen(text), EAR_LABEL_BYTES)};
}

static void find_tag(struct ear_hearing *hearing, struct ear_str tag)
{
    struct ear_findings *findings = &hearing->findings;

    for (unsigned i = 0; i < findings->tag_count; i++) {
        if (findings->tags[i].length == tag.length && memcmp(findings->tags[i].bytes, tag.bytes, tag.length) == 0) {
            return;
        }
    }
    if (findings->tag_count == EAR_COUNT_OF(findings->tags)) {
        ear_agent_count(&hearing->agent->counts.labels_dropped);
        return;
    }
    findings->tags[findings->tag_count++] = tag;
}

/* A topic or a language that is less likely than not is none. */
static bool is_likely(const struct ear_judgement *judgement, enum ear_question question)
{
    return (judgement->answered & EAR_ASK_BIT(question)) != 0 && judgement->by[question].score >= LIKELY_PERMILLE;
}

/* What the verdicts mean, without the host. */
static void find(struct ear_hearing *hearing, const struct ear_judgement *judgement)
{
    const struct ear_host *host = &hearing->agent->host;
    struct ear_findings *findings = &hearing->findings;

    findings->answered = judgement->answered & (uint16_t) ~(EAR_ASK_BIT(EAR_ASK_TOPIC) | EAR_ASK_BIT(EAR_ASK_LANGUAGE));
    findings->yes = judgement->yes;
    if (judgement->answered & EAR_ASK_BIT(EAR_ASK_SENTIMENT)) {
        findings->sentiment = (uint8_t)judgement->by[EAR_ASK_SENTIMENT].label;
    }
    if (is_likely(judgement, EAR_ASK_LANGUAGE)) {
        findings->answered |= EAR_ASK_BIT(EAR_ASK_LANGUAGE);
        memcpy(findings->language,
               ear_host_label(host, judgement->by[EAR_ASK_LANGUAGE].plugin, judgement->by[EAR_ASK_LANGUAGE].label), 2);
    }
    if (is_likely(judgement, EAR_ASK_TOPIC)) {
        findings->answered |= EAR_ASK_BIT(EAR_ASK_TOPIC);
        findings->topic = label_of(host, judgement->by[EAR_ASK_TOPIC].plugin, judgement->by[EAR_ASK_TOPIC].label);
    }
    for (uint16_t i = 0; i < judgement->extra_count; i++) {
        if (judgement->extra[i].verdict.question == EAR_ASK_TAG) {
            find_tag(hearing, label_of(host, judgement->extra[i].plugin, judgement->extra[i].verdict.label));
        }
    }
}

/* From the first word that the plugins changed to the last. */
static void find_state_change(struct ear_hearing *hearing, const uint64_t *before)
{
    const uint64_t *after = hearing->conversation->plugin_state;
    unsigned first = 0;
    unsigned end = EAR_COUNT_OF(hearing->conversation->plugin_state);

    while (first < end && before[first] == after[first]) {
        first++;
    }
    while (end > first && before[end - 1] == after[end - 1]) {
        end--;
    }
    hearing->state_at = (uint16_t)(first * 8u);
    hearing->state_length = (uint16_t)((end - first) * 8u);
}

void ear_agent_judge(struct ear_hearing *hearing, struct ear_judgement *judgement)
{
    struct ear_agent *agent = hearing->agent;
    const struct ear_event *event = hearing->event;
    assert(hearing->conversation != NULL); /* ear_event_check saw to it */
    struct ear_turn turn = {.struct_size = (uint32_t)sizeof(turn),
                            .from = event->from,
                            .text = "",
                            .tokens = agent->tokens.items,
                            .turn_index = hearing->conversation->turns,
                            .low_confidence_permille =
                                (uint16_t)agent->config->settings->judge_low_confidence_permille};

    agent->tokens.count = 0;
    agent->tokens.cut = false;
    if (ear_event_has(event, EAR_HAS(text))) {
        turn.text = event->text.bytes;
        turn.text_length = (uint16_t)ear_utf8_cut(event->text.bytes, event->text.length, EAR_TEXT_BYTES);
        ear_text_tokens(turn.text, turn.text_length, &agent->tokens);
        turn.token_count = agent->tokens.count;
        if (agent->tokens.cut || turn.text_length < event->text.length) {
            turn.flags |= EAR_TURN_TEXT_CUT;
            ear_agent_count(&agent->counts.texts_cut);
        }
    }
    if (ear_event_has(event, EAR_HAS(confidence_permille))) {
        turn.flags |= EAR_TURN_HAS_CONFIDENCE;
        turn.confidence_permille = event->confidence_permille;
    }
    if (ear_event_has(event, EAR_HAS(fallback)) && event->fallback) {
        turn.flags |= EAR_TURN_FALLBACK;
    }
    if (ear_event_has(event, EAR_HAS(attachments)) && event->attachments > 0) {
        turn.flags |= EAR_TURN_ATTACHMENT;
    }
    if (ear_event_has(event, EAR_HAS(language))) {
        turn.language[0] = event->language[0];
        turn.language[1] = event->language[1];
    }
    agent->host.wanted = agent->config->settings->records_policy == EAR_RECORDS_REDACTED
                             ? UINT32_MAX
                             : ~EAR_ASK_BIT(EAR_ASK_REDACTION); /* nothing that would need it is kept */
    agent->packs.turn.judgement = judgement;
    if (EAR_ENABLED(LINEAR_ENGINE)) {
        ear_features_begin(agent->packs.turn.features, &turn);
    }
    uint64_t before[EAR_COUNT_OF(hearing->conversation->plugin_state)];
    memcpy(before, hearing->conversation->plugin_state, sizeof(before));
    ear_host_judge(&agent->host, hearing->conversation->plugin_state, &turn, judgement);
    memset(agent->tokens.items, 0, agent->tokens.count * sizeof(agent->tokens.items[0])); /* words can be guessed */
    find_state_change(hearing, before);
    find(hearing, judgement);
}

/* Topics and tags that plugins gave. */
static void take_labels(struct ear_hearing *hearing)
{
    const struct ear_findings *findings = &hearing->findings;

    if (findings->answered & EAR_ASK_BIT(EAR_ASK_TOPIC)) {
        ear_agent_bear(hearing, EAR_BEARS_TOPIC, findings->topic);
    }
    for (unsigned i = 0; i < findings->tag_count; i++) {
        ear_agent_bear(hearing, EAR_BEARS_TAG, findings->tags[i]);
    }
}

void ear_agent_take_findings(struct ear_hearing *hearing)
{
    static const struct {
        uint8_t question, reason;
    } signals[] = {{EAR_ASK_HUMAN_REQUESTED, EAR_REASON_HUMAN_REQUESTED},
                   {EAR_ASK_LOW_CONFIDENCE, EAR_REASON_LOW_CONFIDENCE},
                   {EAR_ASK_REPETITION_LOOP, EAR_REASON_REPETITION_LOOP},
                   {EAR_ASK_INCOMPLETE_INFO, EAR_REASON_INCOMPLETE_INFO}};
    struct ear_conversation *conversation = hearing->conversation;
    const struct ear_findings *findings = &hearing->findings;

    for (unsigned i = 0; i < EAR_COUNT_OF(signals); i++) {
        if (findings->yes & EAR_ASK_BIT(signals[i].question)) {
            ear_conversation_signal(conversation, signals[i].reason);
        }
    }
    take_labels(hearing);
    if (hearing->event->from != EAR_FROM_USER) {
        return;
    }
    if (ear_event_has(hearing->event, EAR_HAS(sentiment))) {
        ear_conversation_feel(conversation, hearing->event->sentiment);
    } else if (findings->answered & EAR_ASK_BIT(EAR_ASK_SENTIMENT)) {
        ear_conversation_feel(conversation, findings->sentiment);
    }
    if (conversation->language == 0 && (findings->answered & EAR_ASK_BIT(EAR_ASK_LANGUAGE))) {
        ear_conversation_speak(conversation, hearing->at_ms, ear_label(findings->language, 2));
    }
}
