/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_config_file.c - the INI file, through inih.
 *
 * inih names only the first bad line, and no line at all for a value that its handler refuses. So lines are counted
 * here, in the reader that feeds it line by line: it calls the handler for a line before it asks for the next. */
#include "platform/linux/ear_config_file.h"

#include "platform/linux/system/ear_forget.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 200 /* inih's own buffer */
#define SETTINGS_MAX 64
#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* some editors begin a file with it */

struct reading {
    struct ear_daemon_settings *settings;
    const struct ear_config_listener *listener;
    const char *path;
    FILE *file;
    unsigned line;
    unsigned faults;
    bool setting_expected; /* the line in inih's hands looks like one */
    unsigned seen_count;
    const struct ear_setting *seen[SETTINGS_MAX];
    unsigned seen_line[SETTINGS_MAX];
};

__attribute__((format(printf, 2, 3))) static void fault(struct reading *reading, const char *format, ...)
{
    char text[512];
    int length =
        reading->path == NULL
            ? 0
            : snprintf(text, sizeof text, reading->line > 0 ? "%.200s:%u: " : "%.200s: ", reading->path, reading->line);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    reading->faults++;
    reading->listener->fault(reading->listener->context, text);
}

static void end_of_line(struct reading *reading)
{
    if (reading->setting_expected) {
        fault(reading, "this is neither a [section], nor name = value, nor a comment");
    }
    reading->setting_expected = false;
}

/** One line into `line`, without leading blanks (to inih they would mean that it goes on with the line before). */
static char *read_line(char *line, int capacity, void *context)
{
    struct reading *reading = context;
    char *whole = NULL;
    size_t size = 0;
    end_of_line(reading);
    ssize_t length = getline(&whole, &size, reading->file);
    if (length < 0) {
        free(whole);
        return NULL;
    }
    reading->line++;
    const char *start = reading->line == 1 && strncmp(whole, BYTE_ORDER_MARK, 3) == 0 ? whole + 3 : whole;
    start += strspn(start, " \t");
    size_t kept = strlen(start);
    if (kept + 1 >= (size_t)capacity) {
        fault(reading, "this line is longer than %d bytes", capacity - 2);
        start = "\n";
        kept = 1;
    } else if (memchr(whole, '\0', (size_t)length) != NULL) {
        fault(reading, "this line holds a zero byte");
    }
    memcpy(line, start, kept + 1);
    if (kept > 0 && line[kept - 1] != '\n') {
        line[kept] = '\n';
        line[kept + 1] = '\0';
    }
    bool blank = line[strspn(line, " \t\r\n")] == '\0';
    bool section = line[0] == '[' && strchr(line, ']') != NULL;
    reading->setting_expected = !blank && !section && line[0] != '#' && line[0] != ';';
    explicit_bzero(whole, size); /* it may have been a key */
    free(whole);
    return line;
}

static const struct ear_setting *find(const char *section, const char *name)
{
    bool known = false;
    const struct ear_setting *setting = ear_setting_find(&ear_settings_table, section, name, &known);
    return setting != NULL ? setting : ear_setting_find(&ear_linux_settings_table, section, name, &known);
}

/** What is wrong with a value. A key that was mistyped is a key all the same. */
static void refuse_value(struct reading *reading, const char *section, const char *name, const char *value,
                         const char *allowed)
{
    const struct ear_setting *setting = find(section, name);
    bool secret = setting != NULL && setting->type == EAR_SETTING_KEY;
    fault(reading, "[%s] %s = %s: allowed is %s", section, name, secret ? "(not shown)" : value, allowed);
}

static void note_seen(struct reading *reading, const char *section, const char *name)
{
    const struct ear_setting *setting = find(section, name);
    for (unsigned i = 0; i < reading->seen_count; i++) {
        if (reading->seen[i] == setting) {
            fault(reading, "[%s] %s was set in line %u already", section, name, reading->seen_line[i]);
            return;
        }
    }
    if (setting != NULL && reading->seen_count < SETTINGS_MAX) {
        reading->seen[reading->seen_count] = setting;
        reading->seen_line[reading->seen_count++] = reading->line;
    }
}

static int handle(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    struct ear_setting_fault why;
    reading->setting_expected = false;
    if (section[0] == '\0') {
        fault(reading, "%s stands before the first [section]", name);
        return 1;
    }
    switch (ear_daemon_settings_set(reading->settings, section, name, value, &why)) {
    case EAR_OK:
        note_seen(reading, section, name);
        break;
    case EAR_ERR_UNKNOWN:
        if (strncmp(why.allowed, "sections", 8) == 0) {
            fault(reading, "there is no section [%s]; %s", section, why.allowed);
        } else if (strncmp(why.allowed, "in this", 7) == 0) {
            fault(reading, "there is no setting %s in [%s]; %s", name, section, why.allowed);
        } else {
            refuse_value(reading, section, name, value, why.allowed);
        }
        break;
    default:
        refuse_value(reading, section, name, value, why.allowed);
    }
    return 1;
}

unsigned ear_config_file_read(struct ear_daemon_settings *settings, const char *path,
                              const struct ear_config_listener *listener)
{
    struct reading reading = {.settings = settings, .listener = listener, .path = path};
    struct ear_setting_fault why;
    char buffer[1024]; /* the file's: so that it can be wiped */
    char host_name[65] = "";
    ear_daemon_settings_init(settings);
    if (path != NULL) {
        reading.file = fopen(path, "re");
        if (reading.file == NULL) {
            fault(&reading, "%s", strerror(errno));
            return reading.faults;
        }
        (void)setvbuf(reading.file, buffer, _IOFBF, sizeof buffer);
        (void)ini_parse_stream(read_line, &reading, handle, &reading); /* its faults are among those found here */
        fclose(reading.file);
        explicit_bzero(buffer, sizeof buffer);
        ear_forget_stack(); /* inih's line */
    }
    reading.line = 0;
    (void)gethostname(host_name, sizeof host_name - 1);
    if (ear_daemon_settings_check(settings, host_name, &why) != EAR_OK) {
        fault(&reading, "%s", why.allowed);
    }
    return reading.faults;
}

/** Words of text, as comment lines of at most 100 columns. */
static void print_comment(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t length = strlen(text);
        if (length > 98) {
            length = 98;
            while (length > 0 && text[length] != ' ') {
                length--;
            }
        }
        fprintf(out, "# %.*s\n", (int)length, text);
        text += length;
        text += *text == ' ' ? 1 : 0;
    }
}

static void print_table(const struct ear_setting_table *table, const void *settings, FILE *out)
{
    const char *section = "";
    for (uint16_t i = 0; i < table->count; i++) {
        const struct ear_setting *setting = &table->items[i];
        char value[256];
        char allowed[160];
        if (strcmp(section, setting->section) != 0) {
            section = setting->section;
            fprintf(out, "\n[%s]\n", section);
        }
        if (ear_setting_print(setting, settings, value, sizeof value) < 0) {
            continue; /* longer than any setting is */
        }
        ear_setting_allowed(setting, allowed, sizeof allowed);
        print_comment(out, setting->help);
        if (setting->type == EAR_SETTING_KEY && value[0] != '\0') {
            fprintf(out, "# (%s)\n#%s = (set, and not shown)\n", allowed, setting->name);
            continue;
        }
        fprintf(out, "# (%s)\n%s%s =%s%s\n", allowed, strcmp(value, setting->initial) == 0 ? "#" : "", setting->name,
                value[0] != '\0' ? " " : "", value);
    }
}

void ear_config_file_print(const struct ear_daemon_settings *settings, FILE *out)
{
    fputs("# Settings of earshotd. What is commented out shows the default.\n", out);
    print_table(&ear_settings_table, &settings->core, out);
    print_table(&ear_linux_settings_table, &settings->own, out);
}

static void print_table_reference(const struct ear_setting_table *table, FILE *out)
{
    const char *section = "";
    for (uint16_t i = 0; i < table->count; i++) {
        const struct ear_setting *setting = &table->items[i];
        char allowed[160];
        if (strcmp(section, setting->section) != 0) {
            section = setting->section;
            fprintf(out, "\n## [%s]\n\n| name | default | allowed | changes at | says |\n|---|---|---|---|---|\n",
                    section);
        }
        ear_setting_allowed(setting, allowed, sizeof allowed);
        fprintf(out, "| `%s` | %s%s%s | %s | %s | %s |\n", setting->name, setting->initial[0] != '\0' ? "`" : "",
                setting->initial[0] != '\0' ? setting->initial : "(empty)", setting->initial[0] != '\0' ? "`" : "",
                allowed, setting->applies == EAR_SETTING_LIVE ? "reload" : "restart", setting->help);
    }
}

static const char reference_head[] =
    "<!-- Made by `earshotd --print-reference` from core/base/ear_settings.def and "
    "platform/linux/ear_linux_settings.def. -->\n"
    "# Configuration of earshotd\n"
    "\n"
    "One INI file, `/etc/earshot/earshotd.conf` unless `--config` names another. Everything has a default; a kiosk's "
    "file is short:\n"
    "\n"
    "```ini\n"
    "[device]\n"
    "tenant = acme\n"
    "site = mall-3\n"
    "timezone = CET-1CEST,M3.5.0,M10.5.0/3\n"
    "\n"
    "[broker]\n"
    "host = mqtt.example.com\n"
    "```\n"
    "\n"
    "A comment begins with `#` or `;` at the start of a line, or with ` ;` after a value. A setting stands on one line "
    "of at\n"
    "most 198 bytes and may be set once.\n"
    "\n"
    "* `earshotd --check FILE` reads the file and the certificates it names and lists every fault with its line and "
    "what is\n"
    "  allowed. The daemon does the same at its start and ends with exit code 78 if there is a fault.\n"
    "* `earshotd --print-config` prints all settings with their help, what is a default being commented out;\n"
    "  `--config FILE --print-config` prints those that FILE gives.\n"
    "* After an edit, `systemctl reload earshotd` (SIGHUP) applies what changes at a *reload*, logs which of the "
    "changed settings\n"
    "  need a *restart*, and reads the certificates again for the connections to come. A file with a fault changes "
    "nothing.\n"
    "\n"
    "Sizes of tables and buffers are not here: they are fixed when the program is built (`Kconfig`).\n";

void ear_config_file_print_reference(FILE *out)
{
    fputs(reference_head, out);
    print_table_reference(&ear_settings_table, out);
    print_table_reference(&ear_linux_settings_table, out);
}

static unsigned apply_table(const struct ear_setting_table *table, void *running, const void *fresh,
                            const struct ear_config_listener *listener)
{
    unsigned waiting = 0;
    for (uint16_t i = 0; i < table->count; i++) {
        const struct ear_setting *setting = &table->items[i];
        char text[128];
        if (!ear_setting_differs(setting, running, fresh)) {
            continue;
        }
        if (setting->applies == EAR_SETTING_LIVE) {
            ear_setting_copy(setting, running, fresh);
            continue;
        }
        waiting++;
        snprintf(text, sizeof text, "[%s] %s needs a restart to change", setting->section, setting->name);
        listener->fault(listener->context, text);
    }
    return waiting;
}

unsigned ear_config_file_apply(struct ear_daemon_settings *running, const struct ear_daemon_settings *fresh,
                               const struct ear_config_listener *listener)
{
    return apply_table(&ear_settings_table, &running->core, &fresh->core, listener) +
           apply_table(&ear_linux_settings_table, &running->own, &fresh->own, listener);
}
