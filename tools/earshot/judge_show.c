/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/judge_show.c - verdicts as one JSON object a message; docs/packs.md tells its keys. */
#include <string.h>

#include "core/judge/ear_redact.h"
#include "tools/earshot/judge.h"

static void add_string(struct text *out, const char *key, const char *value, size_t length)
{
    text_printf(out, "\"%s\":", key);
    text_add_json_string(out, value, length);
}

static void add_name(struct text *out, const char *key, const char *value)
{
    add_string(out, key, value, strlen(value));
}

static const char *plugin_of(const struct jury *jury, uint8_t plugin)
{
    return jury->host.plugins[plugin].plugin.name;
}

static const char *label_of(const struct jury *jury, unsigned question, uint8_t plugin, uint16_t label)
{
    static const char *const answers[] = {"no", "yes"};
    static const char *const sentiments[] = {"neutral", "positive", "negative"};

    if (pack_question_is_yes_no(question)) {
        return answers[label != 0];
    }
    return question == EAR_ASK_SENTIMENT ? sentiments[label] : ear_host_label(&jury->host, plugin, label);
}

/* The questions that have one answer. */
static void add_verdicts(struct text *out, const struct jury *jury)
{
    const struct ear_judgement *judgement = &jury->judgement;
    const char *comma = "";

    text_printf(out, ",\"verdicts\":{");
    for (unsigned question = 0; question < EAR_ASK_TAG; question++) {
        if ((judgement->answered & EAR_ASK_BIT(question)) != 0) {
            const uint8_t plugin = judgement->by[question].plugin;
            text_printf(out, "%s\"%s\":{", comma, pack_question_name(question));
            add_name(out, "label", label_of(jury, question, plugin, judgement->by[question].label));
            text_printf(out, ",\"score\":%d,", judgement->by[question].score);
            add_name(out, "plugin", plugin_of(jury, plugin));
            text_printf(out, "}");
            comma = ",";
        }
    }
    text_printf(out, "}");
}

static void add_tags(struct text *out, const struct jury *jury)
{
    const char *comma = "";

    text_printf(out, ",\"tags\":[");
    for (unsigned i = 0; i < jury->judgement.extra_count; i++) {
        const struct ear_verdict *verdict = &jury->judgement.extra[i].verdict;
        const uint8_t plugin = jury->judgement.extra[i].plugin;
        if (verdict->question == EAR_ASK_TAG) {
            text_printf(out, "%s{", comma);
            add_name(out, "label", label_of(jury, EAR_ASK_TAG, plugin, verdict->label));
            text_printf(out, ",\"score\":%d,", verdict->score);
            add_name(out, "plugin", plugin_of(jury, plugin));
            text_printf(out, "}");
            comma = ",";
        }
    }
    text_printf(out, "]");
}

static void add_redaction(struct text *out, const struct jury *jury, const struct judge_message *message)
{
    static const char *const kinds[EAR_PERSONAL_COUNT] = {"other", "email", "phone", "card", "iban", "number", "name"};
    char redacted[4 * EAR_TEXT_BYTES];
    const char *comma = "";

    text_printf(out, ",\"redaction\":[");
    for (unsigned i = 0; i < jury->judgement.extra_count; i++) {
        const struct ear_verdict *verdict = &jury->judgement.extra[i].verdict;
        if (verdict->question == EAR_ASK_REDACTION) {
            text_printf(out, "%s{\"start\":%u,\"length\":%u,\"kind\":\"%s\",", comma, verdict->span_start,
                        verdict->span_length, kinds[verdict->label]);
            add_name(out, "plugin", plugin_of(jury, jury->judgement.extra[i].plugin));
            text_printf(out, "}");
            comma = ",";
        }
    }
    text_printf(out, "]");
    const struct ear_str text = {message->text, (uint16_t)jury->judged_bytes};
    const int32_t length = ear_redact(&jury->judgement, text, redacted, sizeof redacted);
    if (length >= 0) {
        text_printf(out, ",");
        add_string(out, "redacted", redacted, (size_t)length);
    }
}

static void add_tokens(struct text *out, const struct jury *jury, const struct judge_message *message)
{
    static const char *const kinds[] = {"word", "number", "ideograph", "emoji", "mark"};

    text_printf(out, ",\"tokens\":[");
    for (unsigned i = 0; i < jury->tokens.count; i++) {
        const struct ear_token token = jury->tokens.items[i];
        text_printf(out, "%s{", i > 0 ? "," : "");
        add_string(out, "text", message->text + token.start, token.length);
        text_printf(out, ",\"kind\":\"%s\",\"start\":%u,\"hash\":%u%s}", kinds[EAR_TOKEN_KIND(token)], token.start,
                    token.hash, (token.kind & EAR_TOKEN_SHOUT) != 0 ? ",\"shout\":true" : "");
    }
    text_printf(out, "]");
}

void judge_show(struct judge *judge, const struct judge_message *message)
{
    static const char *const senders[] = {"user", "bot", "agent"};
    struct text *out = &judge->out;

    out->length = 0;
    text_printf(out, "{");
    if (message->conversation != NULL) {
        add_name(out, "conversation", message->conversation);
        text_printf(out, ",");
    }
    if (message->id != NULL) {
        add_name(out, "id", message->id);
        text_printf(out, ",");
    }
    text_printf(out, "\"turn\":%u,\"from\":\"%s\",", message->index, senders[message->turn.from]);
    add_string(out, "text", message->text, message->length);
    if ((message->turn.flags & EAR_TURN_TEXT_CUT) != 0) {
        text_printf(out, ",\"judged_bytes\":%u", judge->jury.judged_bytes);
    }
    add_verdicts(out, &judge->jury);
    add_tags(out, &judge->jury);
    add_redaction(out, &judge->jury, message);
    if (judge->tokens) {
        add_tokens(out, &judge->jury, message);
    }
    text_printf(out, "}\n");
    fwrite(out->bytes, 1, out->length, stdout);
}
