/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/ear_funnel.h"

#include <assert.h>
#include <string.h>

static_assert(EAR_FUNNEL_STEPS <= 8, "a bit for each step");

static const char shape[] = "name: step > step > ..., or name @automation: step > step > ...";

static struct ear_str trimmed(const char *begin, const char *end)
{
    while (begin < end && *begin == ' ') {
        begin++;
    }
    while (end > begin && end[-1] == ' ') {
        end--;
    }
    return (struct ear_str){begin, (uint16_t)(end - begin)};
}

static bool same(struct ear_str a, struct ear_str b)
{
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

static enum ear_err parse_steps(struct ear_funnel *funnel, const char *text)
{
    for (;;) {
        const char *end = strchr(text, '>');
        const struct ear_str step = trimmed(text, end != NULL ? end : text + strlen(text));
        if (step.length == 0) {
            return EAR_ERR_SYNTAX;
        }
        if (step.length > EAR_LABEL_BYTES || funnel->step_count == EAR_FUNNEL_STEPS) {
            return EAR_ERR_TOO_LONG;
        }
        funnel->steps[funnel->step_count++] = step;
        if (end == NULL) {
            return EAR_OK;
        }
        text = end + 1;
    }
}

enum ear_err ear_funnel_parse(struct ear_funnel *funnel, const char *text, const char **allowed)
{
    const char *colon = strchr(text, ':');

    memset(funnel, 0, sizeof(*funnel));
    *allowed = shape;
    if (*text == '\0') {
        return EAR_OK;
    }
    if (colon == NULL) {
        return EAR_ERR_SYNTAX;
    }
    const char *at = memchr(text, '@', (size_t)(colon - text));
    const struct ear_str name = trimmed(text, at != NULL ? at : colon);
    if (at != NULL) {
        funnel->automation = trimmed(at + 1, colon);
    }
    const enum ear_err err = name.length == 0 || (at != NULL && funnel->automation.length == 0) ? EAR_ERR_SYNTAX
                             : name.length > EAR_LABEL_BYTES                                    ? EAR_ERR_TOO_LONG
                                                             : parse_steps(funnel, colon + 1);
    if (err != EAR_OK) {
        memset(funnel, 0, sizeof(*funnel));
        return err;
    }
    funnel->name = name;
    return EAR_OK;
}

uint8_t ear_funnel_bits(const struct ear_funnel *funnel, struct ear_str step)
{
    uint8_t bits = 0;

    for (unsigned i = 0; i < funnel->step_count; i++) {
        if (same(funnel->steps[i], step)) {
            bits = (uint8_t)(bits | 1u << i);
        }
    }
    return bits;
}
