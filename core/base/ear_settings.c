/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_settings.c - the table of settings and the engine that reads any such table. */
#include "core/base/ear_settings.h"

#include "core/base/ear_funnel.h"
#include "core/base/ear_tz.h"

#include <string.h>

static const struct ear_setting ear_settings_items[] = {
#define EAR_SETTING(section, name, TYPE, initial, min, max, unit, APPLIES, help) \
    EAR_SETTING_LINE(ear_settings, section, name, TYPE, initial, min, max, unit, APPLIES, help)
#include "core/base/ear_settings.def"
};

const struct ear_setting_table ear_settings_table = {
    .items = ear_settings_items,
    .count = EAR_COUNT_OF(ear_settings_items),
    .struct_bytes = sizeof(struct ear_settings),
};

/** Text under construction; what does not fit is cut. */
struct pen {
    char *text;
    size_t room; /* without the terminator */
    size_t length;
};

static struct pen pen_at(char *text, size_t capacity)
{
    return (struct pen){.text = text, .room = capacity - 1};
}

static void put(struct pen *pen, const char *text)
{
    for (; *text != '\0' && pen->length < pen->room; text++) {
        pen->text[pen->length++] = *text;
    }
    pen->text[pen->length] = '\0';
}

static void put_number(struct pen *pen, uint32_t number)
{
    char digits[11];
    unsigned at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    put(pen, digits + at);
}

static void put_words(struct pen *pen, const char *words)
{
    char one[2] = "";
    for (; *words != '\0'; words++) {
        one[0] = *words;
        put(pen, *words == '|' ? " or " : one);
    }
}

void ear_setting_allowed(const struct ear_setting *setting, char *text, size_t capacity)
{
    struct pen pen = pen_at(text, capacity);
    if (setting->type == EAR_SETTING_CHOICE) {
        put_words(&pen, setting->unit);
        return;
    }
    if (setting->type == EAR_SETTING_KEY) {
        put_number(&pen, setting->max);
        put(&pen, " hex digits 0-9 a-f, or nothing");
        return;
    }
    put(&pen, setting->type == EAR_SETTING_NUMBER ? "a whole number from " : "");
    put_number(&pen, setting->min);
    put(&pen, " to ");
    put_number(&pen, setting->max);
    switch (setting->type) {
    case EAR_SETTING_NUMBER:
        put(&pen, setting->unit[0] != '\0' ? " (" : "");
        put(&pen, setting->unit);
        put(&pen, setting->unit[0] != '\0' ? ")" : "");
        break;
    case EAR_SETTING_NAME:
        put(&pen, " of the characters A-Z a-z 0-9 _ . -");
        break;
    case EAR_SETTING_ZONE:
        put(&pen, " bytes, a POSIX TZ rule such as UTC0 or CET-1CEST,M3.5.0,M10.5.0/3");
        break;
    default:
        put(&pen, " bytes of printable text");
    }
}

static enum ear_err say(struct ear_setting_fault *fault, enum ear_err err, const struct ear_setting *setting)
{
    fault->err = err;
    ear_setting_allowed(setting, fault->allowed, sizeof fault->allowed);
    return err;
}

static enum ear_err parse_number(const struct ear_setting *setting, const char *value, uint32_t *number)
{
    uint64_t sum = 0;
    const char *at = value;
    for (; *at >= '0' && *at <= '9'; at++) {
        sum = sum * 10 + (uint64_t)(*at - '0');
        if (sum > UINT32_MAX) {
            return EAR_ERR_RANGE;
        }
    }
    if (at == value || *at != '\0') {
        return EAR_ERR_SYNTAX;
    }
    if (sum < setting->min || sum > setting->max) {
        return EAR_ERR_RANGE;
    }
    *number = (uint32_t)sum;
    return EAR_OK;
}

/** The words of a choice: length of the one at `words`. */
static size_t word_length(const char *words)
{
    size_t length = 0;
    while (words[length] != '\0' && words[length] != '|') {
        length++;
    }
    return length;
}

static enum ear_err parse_choice(const struct ear_setting *setting, const char *value, uint32_t *choice)
{
    const char *words = setting->unit;
    size_t value_length = strlen(value);
    for (uint32_t index = 0;; index++) {
        size_t length = word_length(words);
        if (length == value_length && memcmp(words, value, length) == 0) {
            *choice = index;
            return EAR_OK;
        }
        if (words[length] == '\0') {
            return EAR_ERR_UNKNOWN;
        }
        words += length + 1;
    }
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '.' || byte == '-';
}

static enum ear_err check_text(const struct ear_setting *setting, const char *value)
{
    size_t length = strlen(value);
    if (length > setting->max) {
        return EAR_ERR_TOO_LONG;
    }
    if (length < setting->min) {
        return EAR_ERR_RANGE;
    }
    for (const char *at = value; *at != '\0'; at++) {
        bool control = (unsigned char)*at < 0x20 || *at == 0x7f;
        if (control || (setting->type == EAR_SETTING_NAME && !is_name_byte(*at))) {
            return EAR_ERR_SYNTAX;
        }
    }
    if (setting->type == EAR_SETTING_KEY) {
        return length == 0 || (length == setting->max && strspn(value, "0123456789abcdef") == length) ? EAR_OK
                                                                                                      : EAR_ERR_SYNTAX;
    }
    if (setting->type == EAR_SETTING_ZONE) {
        struct ear_tz zone;
        struct ear_str rule = {.bytes = value, .length = (uint16_t)length};
        uint16_t at = 0;
        const char *allowed = NULL;
        return ear_tz_parse(&zone, rule, &at, &allowed);
    }
    return EAR_OK;
}

static enum ear_err set_one(const struct ear_setting *setting, void *settings, const char *value)
{
    unsigned char *member = (unsigned char *)settings + setting->at;
    uint32_t number = 0;
    enum ear_err err = EAR_OK;
    switch (setting->type) {
    case EAR_SETTING_NUMBER:
        err = parse_number(setting, value, &number);
        break;
    case EAR_SETTING_CHOICE:
        err = parse_choice(setting, value, &number);
        break;
    default:
        err = check_text(setting, value);
        if (err == EAR_OK) {
            memset(member, 0, (size_t)setting->max + 1); /* so that structs can be compared and stored as bytes */
            memcpy(member, value, strlen(value));
        }
        return err;
    }
    if (err == EAR_OK) {
        memcpy(member, &number, sizeof number);
    }
    return err;
}

const struct ear_setting *ear_setting_find(const struct ear_setting_table *table, const char *section, const char *name,
                                           bool *section_known)
{
    *section_known = false;
    for (uint16_t i = 0; i < table->count; i++) {
        if (strcmp(table->items[i].section, section) != 0) {
            continue;
        }
        *section_known = true;
        if (strcmp(table->items[i].name, name) == 0) {
            return &table->items[i];
        }
    }
    return NULL;
}

/** What would have been known: the names of the section, or the sections. */
static enum ear_err say_unknown(const struct ear_setting_table *table, const char *section, bool section_known,
                                struct ear_setting_fault *fault)
{
    struct pen pen = pen_at(fault->allowed, sizeof fault->allowed);
    const char *last = "";
    put(&pen, section_known ? "in this section: " : "sections: ");
    for (uint16_t i = 0; i < table->count; i++) {
        const struct ear_setting *item = &table->items[i];
        const char *word = section_known ? item->name : item->section;
        bool wanted = section_known ? strcmp(item->section, section) == 0 : strcmp(word, last) != 0;
        if (wanted) {
            put(&pen, last[0] != '\0' ? ", " : "");
            put(&pen, word);
            last = word;
        }
    }
    fault->err = EAR_ERR_UNKNOWN;
    return EAR_ERR_UNKNOWN;
}

enum ear_err ear_setting_table_set(const struct ear_setting_table *table, void *settings, const char *section,
                                   const char *name, const char *value, struct ear_setting_fault *fault)
{
    bool section_known = false;
    const struct ear_setting *setting = ear_setting_find(table, section, name, &section_known);
    if (setting == NULL) {
        return say_unknown(table, section, section_known, fault);
    }
    enum ear_err err = set_one(setting, settings, value);
    return err == EAR_OK ? EAR_OK : say(fault, err, setting);
}

void ear_setting_table_init(const struct ear_setting_table *table, void *settings)
{
    memset(settings, 0, table->struct_bytes);
    for (uint16_t i = 0; i < table->count; i++) {
        (void)set_one(&table->items[i], settings, table->items[i].initial); /* an empty default stays empty */
    }
}

static void put_choice(struct pen *pen, const char *words, uint32_t choice)
{
    for (; choice > 0; choice--) {
        words += word_length(words) + 1;
    }
    char one[2] = "";
    for (size_t i = 0, length = word_length(words); i < length; i++) {
        one[0] = words[i];
        put(pen, one);
    }
}

int32_t ear_setting_print(const struct ear_setting *setting, const void *settings, char *text, size_t capacity)
{
    const unsigned char *member = (const unsigned char *)settings + setting->at;
    struct pen pen = pen_at(text, capacity);
    uint32_t number = 0;
    text[0] = '\0';
    if (setting->type == EAR_SETTING_NUMBER || setting->type == EAR_SETTING_CHOICE) {
        memcpy(&number, member, sizeof number);
    }
    if (setting->type == EAR_SETTING_NUMBER) {
        put_number(&pen, number);
    } else if (setting->type == EAR_SETTING_CHOICE) {
        put_choice(&pen, setting->unit, number);
    } else {
        put(&pen, (const char *)member);
    }
    return pen.length < pen.room ? (int32_t)pen.length : EAR_ERR_FULL;
}

static size_t member_bytes(const struct ear_setting *setting)
{
    bool number = setting->type == EAR_SETTING_NUMBER || setting->type == EAR_SETTING_CHOICE;
    return number ? sizeof(uint32_t) : (size_t)setting->max + 1;
}

bool ear_setting_differs(const struct ear_setting *setting, const void *left, const void *right)
{
    return memcmp((const char *)left + setting->at, (const char *)right + setting->at, member_bytes(setting)) != 0;
}

void ear_setting_copy(const struct ear_setting *setting, void *to, const void *from)
{
    memcpy((char *)to + setting->at, (const char *)from + setting->at, member_bytes(setting));
}

void ear_settings_init(struct ear_settings *settings)
{
    ear_setting_table_init(&ear_settings_table, settings);
}

enum ear_err ear_settings_set(struct ear_settings *settings, const char *section, const char *name, const char *value,
                              struct ear_setting_fault *fault)
{
    return ear_setting_table_set(&ear_settings_table, settings, section, name, value, fault);
}

/* "sms=432000, email=86400", or nothing. */
static bool are_channels(const char *text)
{
    while (*text != '\0') {
        const size_t name = strcspn(text, "=,");
        const size_t digits = text[name] == '=' ? strspn(text + name + 1, "0123456789") : 0;
        if (name == 0 || digits == 0) {
            return false;
        }
        text += name + 1 + digits;
        if (*text != '\0' && *text != ',') {
            return false;
        }
        text += strspn(text, ", ");
    }
    return true;
}

/* The first view of a funnel that is none, or NULL. *allowed: what would have been right. */
static const char *wrong_funnel(const struct ear_settings *settings, const char **allowed)
{
    static const char *const names[] = {"view1", "view2", "view3", "view4"};
    const char *const views[] = {settings->funnels_view1, settings->funnels_view2, settings->funnels_view3,
                                 settings->funnels_view4};
    struct ear_funnel funnel;

    for (unsigned i = 0; i < EAR_COUNT_OF(views); i++) {
        if (ear_funnel_parse(&funnel, views[i], allowed) != EAR_OK) {
            return names[i];
        }
        if (i >= EAR_FUNNELS && views[i][0] != '\0') {
            *allowed = "nothing: this build has fewer views (Kconfig FUNNELS)";
            return names[i];
        }
    }
    return NULL;
}

enum ear_err ear_settings_check(const struct ear_settings *settings, struct ear_setting_fault *fault)
{
    const char *allowed = NULL;
    const char *funnel = wrong_funnel(settings, &allowed);
    struct pen pen = pen_at(fault->allowed, sizeof fault->allowed);
    if (settings->device_device[0] == '\0') {
        put(&pen, "[device] device must be set");
    } else if (settings->uplink_backoff_min_ms > settings->uplink_backoff_max_ms) {
        put(&pen, "[uplink] backoff_min_ms must not exceed backoff_max_ms");
    } else if (!are_channels(settings->sales_attribution_channels)) {
        put(&pen, "[sales] attribution_channels must be channel=seconds, channel=seconds, ...");
    } else if (funnel != NULL) {
        put(&pen, "[funnels] ");
        put(&pen, funnel);
        put(&pen, " must be ");
        put(&pen, allowed);
    } else {
        return EAR_OK;
    }
    fault->err = EAR_ERR_CONFIG;
    return EAR_ERR_CONFIG;
}
