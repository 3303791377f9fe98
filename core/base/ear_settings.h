/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_settings.h - what can be set at run time. Pure.
 * The table ear_settings.def gives the struct, the parser, the printed form and the reference page. */
#ifndef EAR_SETTINGS_H
#define EAR_SETTINGS_H

#include "core/base/ear_base.h"

enum ear_setting_type {
    EAR_SETTING_NUMBER,
    EAR_SETTING_CHOICE,
    EAR_SETTING_NAME,
    EAR_SETTING_TEXT,
    EAR_SETTING_ZONE,
    EAR_SETTING_KEY
};
enum ear_setting_applies { EAR_SETTING_LIVE, EAR_SETTING_RESTART };

/* The member that a line of a table becomes, by its type. */
#define EAR_SETTING_MEMBER_NUMBER(member, max) uint32_t member;
#define EAR_SETTING_MEMBER_CHOICE(member, max) uint32_t member;
#define EAR_SETTING_MEMBER_NAME(member, max) char member[(max) + 1];
#define EAR_SETTING_MEMBER_TEXT(member, max) char member[(max) + 1];
#define EAR_SETTING_MEMBER_ZONE(member, max) char member[(max) + 1];
#define EAR_SETTING_MEMBER_KEY(member, max) char member[(max) + 1];

/** The core's settings: device_tenant, conversation_idle_close_s, uplink_backoff_max_ms, ... */
struct ear_settings {
#define EAR_SETTING(section, name, TYPE, initial, min, max, unit, APPLIES, help) \
    EAR_SETTING_MEMBER_##TYPE(section##_##name, max)
#include "core/base/ear_settings.def"
};

/** Values of device_clock. */
enum ear_settings_clock { EAR_SETTINGS_CLOCK_SYSTEM, EAR_SETTINGS_CLOCK_EVENTS };

/** One line of a table. */
struct ear_setting {
    const char *section;
    const char *name;
    const char *initial; /* the default, as text */
    const char *unit;    /* of a NUMBER; of a CHOICE its words, separated by | */
    const char *help;    /* "" without Kconfig SETTINGS_HELP */
    uint32_t min;        /* of a NUMBER its value, of text its bytes */
    uint32_t max;
    uint16_t at;     /* offset in the struct */
    uint8_t type;    /* enum ear_setting_type */
    uint8_t applies; /* enum ear_setting_applies */
};

/** A table of settings and the size of the struct that it describes. */
struct ear_setting_table {
    const struct ear_setting *items;
    uint16_t count;
    uint16_t struct_bytes;
};
extern const struct ear_setting_table ear_settings_table;

/** Line of a table for struct `owner`, for a platform's own table. */
#define EAR_SETTING_LINE(owner, section_, name_, TYPE, initial_, min_, max_, unit_, APPLIES, help_) \
    {.section = #section_,                                                                          \
     .name = #name_,                                                                                \
     .initial = (initial_),                                                                         \
     .unit = (unit_),                                                                               \
     .help = EAR_ENABLED(SETTINGS_HELP) ? (help_) : "",                                             \
     .min = (min_),                                                                                 \
     .max = (max_),                                                                                 \
     .at = (uint16_t)offsetof(struct owner, section_##_##name_),                                    \
     .type = EAR_SETTING_##TYPE,                                                                    \
     .applies = EAR_SETTING_##APPLIES},

/** Why a setting was not taken. `allowed` is what would have been right, for people: "a number from 60 to 2592000 (s)".
 */
struct ear_setting_fault {
    enum ear_err err;
    char allowed[160];
};

/** All defaults. */
void ear_settings_init(struct ear_settings *settings);

/** Set one from text. EAR_ERR_UNKNOWN (section or name), EAR_ERR_SYNTAX, EAR_ERR_RANGE, EAR_ERR_TOO_LONG; settings are
 *  then unchanged and *fault says what is allowed. */
EAR_MUST_USE enum ear_err ear_settings_set(struct ear_settings *settings, const char *section, const char *name,
                                           const char *value, struct ear_setting_fault *fault);

/** Check what its type alone does not show: backoff_min_ms <= backoff_max_ms, device is set, funnels and channels are
 * well-formed. EAR_ERR_CONFIG. */
EAR_MUST_USE enum ear_err ear_settings_check(const struct ear_settings *settings, struct ear_setting_fault *fault);

/* The same for any table, with the struct it describes. */

void ear_setting_table_init(const struct ear_setting_table *table, void *settings);
EAR_MUST_USE enum ear_err ear_setting_table_set(const struct ear_setting_table *table, void *settings,
                                                const char *section, const char *name, const char *value,
                                                struct ear_setting_fault *fault);
/** The line, or NULL. *section_known: whether the table has the section at all. */
const struct ear_setting *ear_setting_find(const struct ear_setting_table *table, const char *section, const char *name,
                                           bool *section_known);
/** The present value as text. Bytes without the terminator, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_setting_print(const struct ear_setting *setting, const void *settings, char *text,
                                       size_t capacity);
/** What is allowed, as text; cut at capacity. */
void ear_setting_allowed(const struct ear_setting *setting, char *text, size_t capacity);
/** Whether two structs differ in this setting; copy it from one to the other. */
bool ear_setting_differs(const struct ear_setting *setting, const void *left, const void *right);
void ear_setting_copy(const struct ear_setting *setting, void *to, const void *from);

#endif
