/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/talk.h"

#include "tools/earshot/earshot.h"
#include "tools/earshot/events.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

enum { FROM_USER, FROM_BOT, FROM_AGENT }; /* codes of FROM in ear_event.def */

struct place {
    const char *path;
    unsigned line;
};

static struct talk *add_talk(struct talks *talks, const char *name)
{
    talks->items = grow(talks->items, (talks->count + 1) * sizeof talks->items[0]);
    talks->items[talks->count] = (struct talk){.name = name};
    return &talks->items[talks->count++];
}

static struct talk_turn *add_turn(struct talk *talk)
{
    talk->turns = grow(talk->turns, (talk->turn_count + 1) * sizeof talk->turns[0]);
    talk->turns[talk->turn_count] = (struct talk_turn){0};
    return &talk->turns[talk->turn_count++];
}

static struct ear_str string_of(const char *bytes)
{
    return (struct ear_str){.bytes = bytes, .length = (uint16_t)strlen(bytes)};
}

static struct talk_turn *add_message(struct talk *talk, uint8_t from, const char *text)
{
    struct talk_turn *turn = add_turn(talk);

    turn->event = (struct ear_event){.present = EAR_HAS(kind) | EAR_HAS(from) | EAR_HAS(text),
                                     .kind = EAR_KIND_MESSAGE,
                                     .from = from,
                                     .text = string_of(text)};
    return turn;
}

/* "field=value field=value" become members of a JSON object, for the decoder that everybody uses. */
static void add_fields(struct text *json, char *fields)
{
    for (char *rest = fields, *field; (field = strtok_r(rest, " \t", &rest)) != NULL;) {
        char *value = strchr(field, '=');
        if (value == NULL) {
            value = field + strlen(field);
        } else {
            *value++ = '\0';
        }
        char *end;
        (void)strtod(value, &end);
        const bool plain =
            (*value != '\0' && *end == '\0') || strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
        text_add(json, ",", 1);
        text_add_json_string(json, field, strlen(field));
        text_add(json, ":", 1);
        if (plain) {
            text_add(json, value, strlen(value));
        } else {
            text_add_json_string(json, value, strlen(value));
        }
    }
}

/* Strings of a decoded event live until the next is decoded: give each a life of its own. */
static void keep_strings(struct ear_event *event)
{
    struct ear_str *const strings[] = {
        &event->id,     &event->conversation, &event->user,   &event->text,       &event->channel,
        &event->sender, &event->label,        &event->agent,  &event->automation, &event->automation_version,
        &event->topic,  &event->intent,       &event->product};

    for (size_t i = 0; i < EAR_COUNT_OF(strings); i++) {
        if (strings[i]->length > 0) {
            strings[i]->bytes = keep(strings[i]->bytes, strings[i]->length);
        }
    }
}

static void add_event(struct talk *talk, const struct place *place, const char *kind, char *fields, const char *text)
{
    struct text json = {0}, why = {0};
    struct talk_turn *turn = add_turn(talk);

    text_printf(&json, "{\"conversation\":\"c\",\"user\":\"u\",\"kind\":");
    if (text != NULL) {
        text_printf(&json, "\"message\",\"from\":\"%s\",\"text\":", kind);
        text_add_json_string(&json, text, strlen(text));
    } else {
        text_add_json_string(&json, kind, strlen(kind));
    }
    add_fields(&json, fields);
    text_add(&json, "}", 1);
    if (!events_from_json(&turn->event, json.bytes, json.length, &why)) {
        die("%s:%u: %s, read as %s", place->path, place->line, why.bytes, json.bytes);
    }
    keep_strings(&turn->event);
    text_free(&json);
}

static char *skip_blanks(char *text)
{
    return text + strspn(text, " \t");
}

static void read_directive(struct talk *talk, const struct place *place, char *line, int64_t *wait_ms)
{
    char *rest = line;
    char *kind = strtok_r(rest, " \t", &rest);

    if (kind == NULL) {
        die("%s:%u: `*` is followed by an event's kind, wait or end", place->path, place->line);
    }
    if (strcmp(kind, "wait") == 0) {
        *wait_ms += 1000 * parse_duration_s("wait", skip_blanks(rest));
        return;
    }
    if (strcmp(kind, "end") == 0) {
        talk->as_written = true;
        return;
    }
    add_event(talk, place, kind, rest, NULL);
    struct talk_turn *turn = &talk->turns[talk->turn_count - 1];
    turn->wait_ms = *wait_ms;
    *wait_ms = 0;
    talk->as_written = talk->as_written || turn->event.kind == EAR_KIND_HANDOFF || turn->event.kind == EAR_KIND_CLOSE;
}

static void read_message(struct talk *talk, const struct place *place, char *line, int64_t *wait_ms)
{
    char *colon = strstr(line, ": ");

    if (colon == NULL) {
        die("%s:%u: `user: text`, `bot: text`, `agent: text`, `* kind field=value`, `== name language` or `# remark` "
            "is meant",
            place->path, place->line);
    }
    *colon = '\0';
    char *rest = line;
    const char *from = strtok_r(rest, " \t", &rest);
    add_event(talk, place, from != NULL ? from : "", rest, skip_blanks(colon + 2));
    talk->turns[talk->turn_count - 1].wait_ms = *wait_ms;
    *wait_ms = 0;
}

static struct talk *read_heading(struct talks *talks, const struct place *place, char *line)
{
    char *rest = line;
    const char *name = strtok_r(rest, " \t", &rest);
    const char *language = strtok_r(rest, " \t", &rest);

    if (name == NULL || (language != NULL && strlen(language) != 2)) {
        die("%s:%u: `== name language` is meant, the language as two letters", place->path, place->line);
    }
    struct talk *talk = add_talk(talks, keep(name, strlen(name)));
    if (language != NULL) {
        memcpy(talk->language, language, sizeof talk->language);
    }
    return talk;
}

static void read_script_line(struct talks *talks, struct talk **talk, const struct place *place, char *line,
                             int64_t *wait_ms)
{
    if (line[0] == '\0' || line[0] == '#') {
        return;
    }
    if (strncmp(line, "==", 2) == 0) {
        *talk = read_heading(talks, place, line + 2);
        *wait_ms = 0;
    } else if (*talk == NULL) {
        die("%s:%u: before this a conversation begins with `== name language`", place->path, place->line);
    } else if (line[0] == '*') {
        read_directive(*talk, place, line + 1, wait_ms);
    } else {
        read_message(*talk, place, line, wait_ms);
    }
}

/* A bot that did not understand, by the labels that collections use: STAR's out_of_scope, DBDC's majority X. */
static bool is_breakdown(const char *label)
{
    return strcmp(label, "out_of_scope") == 0 || strcmp(label, "X") == 0;
}

static void read_dialogue_turn(struct talk *talk, yyjson_val *value)
{
    const char *speaker = yyjson_get_str(yyjson_obj_get(value, "speaker"));
    const char *text = yyjson_get_str(yyjson_obj_get(value, "text"));
    const char *label = yyjson_get_str(yyjson_obj_get(value, "label"));

    if (speaker == NULL || text == NULL || text[0] == '\0' || strlen(text) > EAR_EVENT_BYTES / 4) {
        return; /* nothing that anybody could have said at a kiosk */
    }
    const bool bot = strcmp(speaker, "bot") == 0;
    const uint8_t from = bot ? FROM_BOT : strcmp(speaker, "agent") == 0 ? FROM_AGENT : FROM_USER;
    struct talk_turn *turn = add_message(talk, from, text);
    if (bot && label != NULL && is_breakdown(label)) {
        turn->event.present |= EAR_HAS(fallback) | EAR_HAS(confidence_permille);
        turn->event.fallback = true;
        turn->event.confidence_permille = 180;
    }
}

/* The document is never freed: texts stay where they are. */
static void read_dialogue(struct talks *talks, const struct place *place, const char *line, size_t length)
{
    yyjson_doc *doc = yyjson_read(line, length, 0);
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *turns = yyjson_obj_get(root, "turns");
    const char *name = yyjson_get_str(yyjson_obj_get(root, "id"));
    const char *language = yyjson_get_str(yyjson_obj_get(root, "lang"));
    size_t i, count;
    yyjson_val *value;

    if (!yyjson_is_arr(turns)) {
        die("%s:%u: {\"id\":...,\"lang\":...,\"turns\":[...]} is meant", place->path, place->line);
    }
    struct talk *talk = add_talk(talks, name != NULL ? name : "");
    if (language != NULL && strlen(language) == 2) {
        memcpy(talk->language, language, sizeof talk->language);
    }
    yyjson_arr_foreach(turns, i, count, value)
    {
        read_dialogue_turn(talk, value);
    }
    if (talk->turn_count == 0) {
        talks->count--;
    }
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static void read_talks(struct talks *talks, const char *path)
{
    size_t length;
    struct place place = {.path = path};
    struct talk *talk = NULL;
    int64_t wait_ms = 0;
    const bool script = ends_with(path, ".talk");

    for (char *rest = read_file(path, &length), *line; (line = strsep(&rest, "\n")) != NULL;) {
        place.line++;
        const size_t bytes = strlen(line);
        if (bytes > 0 && line[bytes - 1] == '\r') {
            line[bytes - 1] = '\0';
        }
        if (script) {
            /* The array may have moved: the conversation that lines belong to is the last one. */
            talk = talk != NULL ? &talks->items[talks->count - 1] : NULL;
            read_script_line(talks, &talk, &place, line, &wait_ms);
        } else if (line[0] != '\0') {
            read_dialogue(talks, &place, line, strlen(line));
        }
    }
}

static int is_collection(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".talk") || ends_with(entry->d_name, ".ndjson");
}

void talks_read(struct talks *talks, const char *path)
{
    struct dirent **entries;
    const int count = scandir(path, &entries, is_collection, alphasort);

    if (count < 0 && errno != ENOTDIR) {
        die("%s: %s", path, strerror(errno));
    }
    if (count < 0) {
        read_talks(talks, path);
    }
    for (int i = 0; i < count; i++) {
        read_talks(talks, keep_printf("%s/%s", path, entries[i]->d_name));
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}
