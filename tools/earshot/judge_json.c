/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/judge_json.c - messages and conversations from lines of JSON. */
#include <string.h>
#include <yyjson.h>

#include "tools/earshot/judge.h"

/* Who speaks: as in events, and as common collections of dialogues say it. */
static const struct {
    const char *name;
    uint8_t from;
} speakers[] = {{"user", EAR_FROM_USER},     {"bot", EAR_FROM_BOT},       {"agent", EAR_FROM_AGENT},
                {"customer", EAR_FROM_USER}, {"assistant", EAR_FROM_BOT}, {"system", EAR_FROM_BOT}};

/* False: *what says why. Absent is the user. */
static bool speaker_of(yyjson_val *value, uint8_t *from, const char **what)
{
    *from = EAR_FROM_USER;
    if (value == NULL || yyjson_is_null(value)) {
        return true;
    }
    for (size_t i = 0; i < sizeof speakers / sizeof speakers[0]; i++) {
        if (yyjson_equals_str(value, speakers[i].name)) {
            *from = speakers[i].from;
            return true;
        }
    }
    *what = yyjson_is_str(value) ? keep_printf("from: %s; allowed: user, bot, agent (customer, assistant, system)",
                                               yyjson_get_str(value))
                                 : "from: not a text; allowed: user, bot, agent (customer, assistant, system)";
    return false;
}

static bool take_confidence(yyjson_val *value, struct ear_turn *turn, const char **what)
{
    if (value == NULL || yyjson_is_null(value)) {
        return true;
    }
    const double share = yyjson_get_num(value);
    if (!yyjson_is_num(value) || share < 0 || share > 1) {
        *what = "confidence: allowed: a number from 0 to 1";
        return false;
    }
    turn->flags |= EAR_TURN_HAS_CONFIDENCE;
    turn->confidence_permille = (uint16_t)(1000 * share + 0.5);
    return true;
}

static bool take_language(yyjson_val *value, struct ear_turn *turn, const char **what)
{
    if (value == NULL || yyjson_is_null(value)) {
        return true;
    }
    if (yyjson_get_len(value) != 2 || !yyjson_is_str(value)) {
        *what = "language: allowed: two lower-case letters, ISO 639-1";
        return false;
    }
    memcpy(turn->language, yyjson_get_str(value), 2);
    return true;
}

static bool take_flags(yyjson_val *object, struct ear_turn *turn, const char **what)
{
    yyjson_val *fallback = yyjson_obj_get(object, "fallback"), *attachments = yyjson_obj_get(object, "attachments");

    if (fallback != NULL && !yyjson_is_bool(fallback) && !yyjson_is_null(fallback)) {
        *what = "fallback: allowed: true or false";
        return false;
    }
    if (attachments != NULL && !yyjson_is_uint(attachments) && !yyjson_is_null(attachments)) {
        *what = "attachments: allowed: a whole number";
        return false;
    }
    turn->flags |= yyjson_get_bool(fallback) ? EAR_TURN_FALLBACK : 0;
    turn->flags |= yyjson_get_uint(attachments) > 0 ? EAR_TURN_ATTACHMENT : 0;
    return true;
}

/* A name may be a text or a number; NULL: neither. */
static const char *name_of(yyjson_val *value)
{
    if (yyjson_is_uint(value)) {
        return keep_printf("%llu", (unsigned long long)yyjson_get_uint(value));
    }
    return yyjson_get_str(value);
}

/* Fill in a message from a line's object, or from a turn of a conversation. False: *what is wrong. */
static bool message_of(yyjson_val *object, const char *speaker, struct judge_message *message, const char **what)
{
    yyjson_val *text = yyjson_obj_get(object, "text");

    if (text != NULL && !yyjson_is_str(text) && !yyjson_is_null(text)) {
        *what = "text: allowed: a text";
        return false;
    }
    message->text = yyjson_is_str(text) ? yyjson_get_str(text) : "";
    message->length = yyjson_get_len(yyjson_is_str(text) ? text : NULL);
    return speaker_of(yyjson_obj_get(object, speaker), &message->turn.from, what) &&
           take_confidence(yyjson_obj_get(object, "confidence"), &message->turn, what) &&
           take_language(yyjson_obj_get(object, "language"), &message->turn, what) &&
           take_flags(object, &message->turn, what);
}

static void judge_conversation(struct judge *judge, yyjson_val *object, yyjson_val *turns)
{
    struct jury_memory memory = {.turns = 0};
    const char *id = name_of(yyjson_obj_get(object, "id")), *what = "";
    yyjson_val *turn;
    size_t i, count;

    if (!yyjson_is_arr(turns)) {
        judge_fault(judge, "turns: allowed: a list of {\"speaker\": ..., \"text\": ...}");
        return;
    }
    yyjson_arr_foreach(turns, i, count, turn)
    {
        struct judge_message message = {.conversation = id, .id = name_of(yyjson_obj_get(turn, "id"))};
        const char *speaker = yyjson_obj_get(turn, "speaker") != NULL ? "speaker" : "from";
        if (!yyjson_is_obj(turn)) {
            judge_fault(judge, keep_printf("turn %zu: not an object", i + 1));
        } else if (!message_of(turn, speaker, &message, &what)) {
            judge_fault(judge, keep_printf("turn %zu: %s", i + 1, what));
        } else {
            judge_message(judge, &message, &memory);
        }
    }
}

static void judge_object(struct judge *judge, yyjson_val *object)
{
    yyjson_val *turns = yyjson_obj_get(object, "turns"), *kind = yyjson_obj_get(object, "kind");
    const char *what = "";

    if (turns != NULL) {
        judge_conversation(judge, object, turns);
        return;
    }
    if (yyjson_is_str(kind) && !yyjson_equals_str(kind, "message")) {
        return; /* another event */
    }
    if (yyjson_obj_get(object, "text") == NULL && kind == NULL) {
        judge_fault(judge, "neither text nor turns: a message has \"text\", a conversation \"turns\"");
        return;
    }
    struct judge_message message = {.conversation = name_of(yyjson_obj_get(object, "conversation")),
                                    .id = name_of(yyjson_obj_get(object, "id"))};
    const char *speaker = yyjson_obj_get(object, "from") != NULL ? "from" : "speaker";
    if (!message_of(object, speaker, &message, &what)) {
        judge_fault(judge, what);
        return;
    }
    judge_message(judge, &message, NULL);
}

void judge_json(struct judge *judge, const char *line, size_t length)
{
    yyjson_read_err error;
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)line, length, 0, NULL, &error);
    yyjson_val *root = yyjson_doc_get_root(doc);

    if (doc == NULL) {
        judge_fault(judge,
                    keep_printf("byte %zu: %s; a line is one JSON object (without --json: the text of a message)",
                                error.pos + 1, error.msg));
    } else if (!yyjson_is_obj(root)) {
        judge_fault(judge, "not a JSON object");
    } else {
        judge_object(judge, root);
    }
    yyjson_doc_free(doc);
}
