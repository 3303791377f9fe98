/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/events.h"

#include "platform/json/ear_event_json.h"

bool events_from_json(struct ear_event *event, const char *bytes, size_t length, struct text *why)
{
    static struct ear_json json;
    static bool ready;
    struct ear_fault fault;

    if (!ready) {
        ear_json_init(&json);
        ready = true;
    }
    if (length > EAR_EVENT_BYTES) {
        text_printf(why, "too_long: an event has at most %d bytes", EAR_EVENT_BYTES);
        return false;
    }
    if (ear_event_from_json(&json, event, bytes, length, &fault) == EAR_OK) {
        return true;
    }
    const char *field = ear_event_field_name(fault.key);
    text_printf(why, "%s", ear_err_name(fault.err));
    if (field != NULL) {
        text_printf(why, " in `%s`", field);
    }
    text_printf(why, " at byte %u", fault.offset);
    if (fault.allowed != NULL && fault.allowed[0] != '\0') {
        text_printf(why, "; allowed: %s", fault.allowed);
    }
    return false;
}

void events_add(struct text *out, const struct ear_event *event, bool binary)
{
    char bytes[2 * EAR_EVENT_BYTES];
    const int32_t length = binary ? ear_event_to_cbor(event, (uint8_t *)bytes, sizeof bytes)
                                  : ear_event_to_json(event, bytes, sizeof bytes - 1);

    if (length < 0) {
        die("an event does not fit into %d bytes", EAR_EVENT_BYTES);
    }
    if (!binary) {
        bytes[length] = '\n';
    }
    text_add(out, bytes, (size_t)length + (binary ? 0 : 1));
}
