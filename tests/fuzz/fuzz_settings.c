/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/fuzz_settings.c - lines "section.name=value" as settings: what is refused changes nothing and says what is
 * allowed, what is taken prints as what is taken again; time zones and funnels that are taken can be used. */
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_funnel.h"
#include "core/base/ear_settings.h"
#include "core/base/ear_tz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct ear_settings settings, before, again;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void set(char *line)
{
    struct ear_setting_fault fault = {0};
    char text[512];
    bool known;
    char *dot = strchr(line, '.');
    char *equals = dot != NULL ? strchr(dot, '=') : NULL;
    if (equals == NULL) {
        return;
    }
    *dot = '\0';
    *equals = '\0';
    before = settings;
    if (ear_settings_set(&settings, line, dot + 1, equals + 1, &fault) != EAR_OK) {
        check(memcmp(&before, &settings, sizeof settings) == 0 && fault.err < 0);
        check(memchr(fault.allowed, '\0', sizeof fault.allowed) != NULL && fault.allowed[0] != '\0');
        return;
    }
    const struct ear_setting *setting = ear_setting_find(&ear_settings_table, line, dot + 1, &known);
    check(setting != NULL && known && ear_setting_print(setting, &settings, text, sizeof text) >= 0);
    again = settings;
    check(text[0] == '\0' || ear_settings_set(&again, line, dot + 1, text, &fault) == EAR_OK);
    check(!ear_setting_differs(setting, &settings, &again));
}

/* A zone as it was given: days follow each other without a gap. */
static void use_zone(const char *rule)
{
    struct ear_tz tz;
    uint16_t at;
    const char *allowed;
    int64_t start, end, next_end;
    const struct ear_str text = {rule, (uint16_t)strlen(rule)};
    if (ear_tz_parse(&tz, text, &at, &allowed) != EAR_OK) {
        check(at <= text.length && allowed[0] != '\0');
        return;
    }
    int64_t now = INT64_C(1774000000000);
    const int64_t day = ear_tz_day(&tz, now, &start, &end);
    check(start <= now && now < end);
    check(ear_tz_day(&tz, end, &start, &next_end) > day && start == end && next_end > end);
    check(ear_tz_offset_s(&tz, now) >= -200 * 3600 && ear_tz_offset_s(&tz, now) <= 200 * 3600);
}

static void use_funnel(const char *text)
{
    struct ear_funnel funnel;
    const char *allowed;
    if (ear_funnel_parse(&funnel, text, &allowed) == EAR_OK) {
        check(funnel.step_count <= EAR_FUNNEL_STEPS);
        check(funnel.step_count == 0 || ear_funnel_bits(&funnel, funnel.steps[0]) != 0);
    } else {
        check(allowed[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static char line[1024];
    struct ear_setting_fault fault = {0};
    ear_settings_init(&settings);
    for (const uint8_t *end = bytes + length; bytes < end;) {
        const uint8_t *line_end = memchr(bytes, '\n', (size_t)(end - bytes));
        const size_t whole = (size_t)((line_end != NULL ? line_end : end) - bytes);
        const size_t size = whole < sizeof line ? whole : sizeof line - 1;
        memcpy(line, bytes, size);
        line[size] = '\0';
        use_zone(line);
        use_funnel(line);
        set(line);
        bytes += whole + (line_end != NULL);
    }
    const enum ear_err err = ear_settings_check(&settings, &fault);
    check(err == EAR_OK || (err == EAR_ERR_CONFIG && fault.allowed[0] != '\0'));
    return 0;
}
