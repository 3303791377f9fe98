/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_event_json_write.c - events as lines of JSON, for tools. */
#include <string.h>

#include "core/hear/ear_event_field.h"
#include "platform/json/ear_event_json.h"
#include "platform/json/ear_json_out.h"

static void write_permille(struct ear_json_out *out, uint64_t permille)
{
    char digits[] = "0.000";
    if (permille >= 1000) {
        ear_json_out_raw(out, "1");
        return;
    }
    for (size_t i = 4; i > 1; i--, permille /= 10) {
        digits[i] = (char)('0' + permille % 10);
    }
    ear_json_out_raw(out, digits);
}

static void write_value(struct ear_json_out *out, const struct ear_event *event, unsigned key)
{
    enum ear_event_type type = (enum ear_event_type)ear_event_field(key)->type;
    switch (ear_event_form(type)) {
    case EAR_FORM_TEXT: {
        struct ear_str text = ear_event_get_text(event, key);
        ear_json_out_text(out, text.bytes, text.length);
        return;
    }
    case EAR_FORM_BOOL:
        ear_json_out_raw(out, ear_event_get_number(event, key) != 0 ? "true" : "false");
        return;
    case EAR_FORM_CODE: {
        const char *name = ear_event_name(type, (unsigned)ear_event_get_number(event, key));
        ear_json_out_text(out, name, strlen(name));
        return;
    }
    default:
        break;
    }
    if (type == EAR_TYPE_PERMILLE) {
        write_permille(out, ear_event_get_number(event, key));
    } else {
        ear_json_out_number(out, ear_event_get_number(event, key));
    }
}

int32_t ear_event_to_json(const struct ear_event *event, char *out, size_t capacity)
{
    struct ear_json_out line = {.bytes = out, .capacity = capacity};
    const char *before = "{";
    for (unsigned key = 0; key < EAR_EVENT_KEY_COUNT; key++) {
        if ((event->present & (1u << key)) == 0) {
            continue;
        }
        ear_json_out_raw(&line, before);
        ear_json_out_text(&line, ear_event_field_name(key), strlen(ear_event_field_name(key)));
        ear_json_out_raw(&line, ":");
        write_value(&line, event, key);
        before = ",";
    }
    ear_json_out_raw(&line, event->present != 0 ? "}" : "{}");
    return ear_json_out_length(&line);
}
