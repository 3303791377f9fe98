/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's INI file: every fault of a file is told, with its line and what is allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/port/ear_log.h"
#include "platform/linux/ear_config_file.h"

#define FAULTS_MAX 16

struct heard {
    unsigned count;
    char texts[FAULTS_MAX][512];
};

static void on_fault(void *context, const char *text)
{
    struct heard *heard = context;
    assert_true(heard->count < FAULTS_MAX);
    snprintf(heard->texts[heard->count++], sizeof heard->texts[0], "%s", text);
}

static unsigned read_text(struct ear_daemon_settings *settings, const char *text, struct heard *heard)
{
    char path[] = "/tmp/ear_config_file.XXXXXX";
    int fd = mkstemp(path);
    const struct ear_config_listener listener = {.fault = on_fault, .context = heard};
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    heard->count = 0;
    unsigned faults = ear_config_file_read(settings, path, &listener);
    unlink(path);
    assert_int_equal(faults, heard->count);
    return faults;
}

static void assert_says(const struct heard *heard, unsigned which, const char *line, const char *words)
{
    assert_true(which < heard->count);
    assert_non_null(strstr(heard->texts[which], line));
    assert_non_null(strstr(heard->texts[which], words));
}

static void test_reads(void **state)
{
    struct ear_daemon_settings settings;
    struct heard heard;
    (void)state;
    assert_int_equal(
        read_text(&settings,
                  "\xef\xbb\xbf# a comment\n\n[device]\ntenant=acme\n  site = mall ; its town is elsewhere\r\n"
                  "[broker]\nport : 1\nhost = 10.0.0.1\n[log]\nlevel = debug\n[socket]\nmode = 0600",
                  &heard),
        0);
    assert_string_equal(settings.core.device_tenant, "acme");
    assert_string_equal(settings.core.device_site, "mall");
    assert_int_equal(settings.own.broker_port, 1);
    assert_string_equal(settings.own.broker_host, "10.0.0.1");
    assert_int_equal(ear_linux_settings_log_level(&settings.own), EAR_LOG_DEBUG);
    assert_int_equal(ear_linux_settings_mode(&settings.own), 0600);
    assert_true(settings.core.device_device[0] != '\0'); /* the host's name */
}

static void test_lists_every_fault(void **state)
{
    struct ear_daemon_settings settings;
    struct heard heard;
    char text[1024];
    char long_line[400];
    (void)state;
    memset(long_line, 'x', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = '\0';
    snprintf(text, sizeof text,
             "stray = 1\n[device]\ntenant = a b\ncolour = red\n[sails]\nmain = up\nnonsense\n[broker]\nport = 99999\n"
             "tls_min = 1.1\nport = 8883\n[x\n# %s\nport = 8884\n",
             long_line);
    assert_int_equal(read_text(&settings, text, &heard), 10);
    assert_says(&heard, 0, ":1: ", "before the first [section]");
    assert_says(&heard, 1, ":3: ", "[device] tenant = a b: allowed is 1 to 32");
    assert_says(&heard, 2, ":4: ", "in this section: tenant, site, device");
    assert_says(&heard, 3, ":6: ", "there is no section [sails]; sections: device");
    assert_says(&heard, 4, ":7: ", "neither a [section], nor name = value");
    assert_says(&heard, 5, ":9: ", "[broker] port = 99999: allowed is a whole number from 1 to 65535");
    assert_says(&heard, 6, ":10: ", "allowed is 1.2 or 1.3");
    assert_says(&heard, 7, ":12: ", "neither a [section]");
    assert_says(&heard, 8, ":13: ", "longer than");
    assert_says(&heard, 9, ":14: ", "set in line 11 already");
}

static void test_checks_what_belongs_together(void **state)
{
    struct ear_daemon_settings settings;
    struct heard heard;
    (void)state;
    assert_int_equal(read_text(&settings, "[broker]\ntls_min = 1.3\ntls_max = 1.2\n", &heard), 1);
    assert_says(&heard, 0, "/tmp/", "tls_min must not be above tls_max");
    assert_int_equal(read_text(&settings, "[broker]\ncert_file =\n", &heard), 1);
    assert_says(&heard, 0, "", "go together");
    assert_int_equal(read_text(&settings, "[uplink]\nbackoff_min_ms = 400000\n", &heard), 1);
    assert_says(&heard, 0, "", "backoff_min_ms");
}

static void test_no_file(void **state)
{
    struct ear_daemon_settings settings;
    struct heard heard = {0};
    const struct ear_config_listener listener = {.fault = on_fault, .context = &heard};
    (void)state;
    assert_int_equal(ear_config_file_read(&settings, "/nowhere/earshotd.conf", &listener), 1);
    assert_says(&heard, 0, "/nowhere/earshotd.conf", "No such file");
    assert_int_equal(ear_config_file_read(&settings, NULL, &listener), 0);
}

/* What is printed can be read again and means the same. */
static void test_print_and_read_again(void **state)
{
    struct ear_daemon_settings settings;
    struct ear_daemon_settings again;
    struct heard heard;
    char *text = NULL;
    size_t length = 0;
    (void)state;
    assert_int_equal(read_text(&settings, "[device]\ndevice = k1\nclock = events\n[broker]\ntls_min = 1.3\n", &heard),
                     0);
    FILE *out = open_memstream(&text, &length);
    ear_config_file_print(&settings, out);
    fclose(out);
    assert_non_null(strstr(text, "\nclock = events\n"));
    assert_non_null(strstr(text, "\n#tenant = default\n"));
    assert_int_equal(read_text(&again, text, &heard), 0);
    assert_memory_equal(&settings.core, &again.core, sizeof settings.core);
    assert_memory_equal(&settings.own, &again.own, sizeof settings.own);
    free(text);
}

static void test_apply(void **state)
{
    struct ear_daemon_settings running;
    struct ear_daemon_settings fresh;
    struct heard heard;
    const struct ear_config_listener listener = {.fault = on_fault, .context = &heard};
    (void)state;
    assert_int_equal(read_text(&running, "", &heard), 0);
    assert_int_equal(read_text(&fresh, "[publish]\nhour_s = 5\n[broker]\nport = 1\n[log]\nlevel = error\n", &heard), 0);
    assert_int_equal(ear_config_file_apply(&running, &fresh, &listener), 1);
    assert_says(&heard, 0, "[broker] port", "restart");
    assert_int_equal(running.core.publish_hour_s, 5);
    assert_int_equal(ear_linux_settings_log_level(&running.own), EAR_LOG_ERROR);
    assert_int_equal(running.own.broker_port, 8883);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_lists_every_fault),
        cmocka_unit_test(test_checks_what_belongs_together),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_print_and_read_again),
        cmocka_unit_test(test_apply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
