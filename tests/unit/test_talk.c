/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/judge/ear_plugin.h"
#include "tools/earshot/talk.h"

/* A file of this kind with these bytes; its path lives until the next call. */
static const char *file_of(const char *end, const char *bytes)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/test_talk-%d.%s", (int)getpid(), end);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, strlen(bytes), file), strlen(bytes));
    assert_int_equal(fclose(file), 0);
    return path;
}

static struct talks read_bytes(const char *end, const char *bytes)
{
    struct talks talks = {0};
    const char *path = file_of(end, bytes);

    talks_read(&talks, path);
    unlink(path);
    return talks;
}

static void assert_text(struct ear_str is, const char *expected)
{
    assert_int_equal(is.length, strlen(expected));
    assert_memory_equal(is.bytes, expected, is.length);
}

static void test_script(void **state)
{
    (void)state;
    const struct talks talks =
        read_bytes("talk", "# remark\n== first en\nuser: Hi: there\nbot confidence=0.31 fallback=true: Eh?\n\n"
                           "== second\r\nuser: Na?\r\n* wait 10m\n* close by=left label=gone\n");

    assert_int_equal(talks.count, 2);
    const struct talk *first = &talks.items[0], *second = &talks.items[1];
    assert_string_equal(first->name, "first");
    assert_string_equal(first->language, "en");
    assert_false(first->as_written);
    assert_int_equal(first->turn_count, 2);
    assert_int_equal(first->turns[0].event.kind, EAR_KIND_MESSAGE);
    assert_int_equal(first->turns[0].event.from, EAR_FROM_USER);
    assert_text(first->turns[0].event.text, "Hi: there");
    assert_int_equal(first->turns[1].event.confidence_permille, 310);
    assert_true(first->turns[1].event.fallback);

    assert_string_equal(second->language, "");
    assert_true(second->as_written);
    assert_text(second->turns[0].event.text, "Na?");
    assert_int_equal(second->turns[1].event.kind, EAR_KIND_CLOSE);
    assert_int_equal(second->turns[1].event.by, EAR_BY_LEFT);
    assert_int_equal(second->turns[1].wait_ms, 600000);
    assert_text(second->turns[1].event.label, "gone");
}

static void test_end_is_as_written(void **state)
{
    (void)state;
    const struct talks talks =
        read_bytes("talk", "== a en\nuser: Hello\n* end\n== b en\nuser: Hello\n* csat score=4\n");

    assert_true(talks.items[0].as_written);
    assert_int_equal(talks.items[0].turn_count, 1);
    assert_false(talks.items[1].as_written); /* a survey answer is no ending */
    assert_int_equal(talks.items[1].turns[1].event.score, 4);
}

static void test_collection(void **state)
{
    (void)state;
    const struct talks talks = read_bytes(
        "ndjson",
        "{\"id\":\"x-1\",\"lang\":\"fr\",\"turns\":[{\"speaker\":\"user\",\"text\":\"Bonjour\"},"
        "{\"speaker\":\"bot\",\"text\":\"Pardon "
        "?\",\"label\":\"out_of_scope\"},{\"speaker\":\"bot\",\"text\":\"\"}]}\n\n"
        "{\"id\":\"nothing\",\"turns\":[]}\n{\"turns\":[{\"speaker\":\"agent\",\"text\":\"Ja?\"}],\"lang\":null}\n");

    assert_int_equal(talks.count, 2);
    assert_string_equal(talks.items[0].language, "fr");
    assert_int_equal(talks.items[0].turn_count, 2);
    assert_true(talks.items[0].turns[1].event.fallback);
    assert_int_equal(talks.items[1].turns[0].event.from, EAR_FROM_AGENT);
    assert_string_equal(talks.items[1].language, "");
}

/* A script that cannot be understood ends the program: look at what a child says. */
static void assert_refused(const char *bytes, const char *expected)
{
    char said[1024] = "";
    int ends[2], status;
    const char *path = file_of("talk", bytes);

    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct talks talks = {0};
        dup2(ends[1], STDERR_FILENO);
        talks_read(&talks, path);
        _exit(0);
    }
    close(ends[1]);
    for (size_t length = 0; length < sizeof said - 1;) {
        const ssize_t got = read(ends[0], said + length, sizeof said - 1 - length);
        assert_true(got >= 0);
        if (got == 0) {
            break;
        }
        length += (size_t)got;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    unlink(path);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    if (strstr(said, expected) == NULL) {
        fail_msg("said: %s", said);
    }
}

static void test_refusals_name_the_line(void **state)
{
    (void)state;
    assert_refused("user: Hi\n", ":1: before this a conversation begins with");
    assert_refused("== a en\nuser Hi\n", ":2: `user: text`");
    assert_refused("== a english\n", ":1: `== name language`");
    assert_refused("== a en\nsomebody: Hi\n", ":2: unknown in `from`");
    assert_refused("== a en\n* csat score=9\n", ":2: range in `score`");
    assert_refused("== a en\n* wait soon\n", "a duration is meant");
    assert_refused("== a en\n*\n", ":2: `*` is followed by");
}

static void test_our_own_scripts(void **state)
{
    (void)state;
    struct talks talks = {0};
    char languages[64] = "";
    size_t written = 0;

    talks_read(&talks, EAR_SOURCE_DIR "/tests/data/scripts");
    assert_true(talks.count >= 24);
    for (size_t i = 0; i < talks.count; i++) {
        written += talks.items[i].as_written ? 1 : 0;
        assert_true(talks.items[i].turn_count > 0);
        if (strstr(languages, talks.items[i].language) == NULL) {
            strncat(languages, talks.items[i].language, sizeof languages - strlen(languages) - 1);
        }
    }
    assert_true(strlen(languages) >= 2 * 5);
    assert_true(written > 4 && written < talks.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_script),          cmocka_unit_test(test_end_is_as_written),
        cmocka_unit_test(test_collection),      cmocka_unit_test(test_refusals_name_the_line),
        cmocka_unit_test(test_our_own_scripts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
