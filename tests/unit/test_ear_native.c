/* SPDX-License-Identifier: Apache-2.0 */
/* Native plugins: the matrix of hostile ones (tests/hostile/cases.def), each beside a neighbour that behaves. Every one
 * comes to the state and reason that the matrix says, and the neighbour answers every turn as if it were alone. */
#include "platform/linux/native/ear_native.h"

#include "core/judge/ear_text.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TURNS_MOST 3000
#define DEADLINE_MS 1000 /* far from what a busy machine takes */
#define MEMORY_MIB 64

static const struct hostile {
    const char *file;
    const char *state;
    const char *reason; /* its beginning */
} cases[] = {
#define HOSTILE(source, name, state, reason) {#source "_" #name, #state, reason},
#include "tests/hostile/cases.def"
#undef HOSTILE
};

static uint32_t ticks_us(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

static void quiet(void *context, enum ear_log_level level, const char *message, const char *detail, int64_t number)
{
    (void)context;
    (void)level;
    (void)message;
    (void)detail;
    (void)number;
}

struct world {
    char directory[64];
    struct ear_native *native;
    struct ear_host host;
    uint64_t state[(EAR_PLUGIN_STATE_BYTES + 7) / 8];
    struct ear_judgement judgement;
    uint16_t turns;
};

/* Where CMake put the plugins: beside the folder that this program is in. */
static void plugin_path(const char *name, char *path, size_t capacity)
{
    char self[512];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(path, capacity, "%s/hostile/plugins/%s.so", self, name);
}

static void put(const struct world *world, const char *name, const char *as)
{
    char from[600];
    char to[128];
    plugin_path(name, from, sizeof from);
    snprintf(to, sizeof to, "%s/%s.so", world->directory, as);
    assert_int_equal(access(from, R_OK), 0);
    assert_int_equal(symlink(from, to), 0);
}

static void begin(struct world *world, const char *const *names, size_t count)
{
    const struct ear_log log = {.line = quiet};
    const struct ear_ticks ticks = {.now = ticks_us, .per_us = 1};
    memset(world, 0, sizeof *world);
    strcpy(world->directory, "/tmp/ear-native-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    for (size_t i = 0; i < count; i++) {
        put(world, names[i], names[i]);
    }
    const struct ear_native_config config = {
        .directory = world->directory, .deadline_ms = DEADLINE_MS, .memory_mib = MEMORY_MIB, .rest_ms = 1};
    ear_host_init(&world->host, NULL, 0, &ticks);
    world->native = ear_native_open(&config, &log);
    assert_non_null(world->native);
    ear_native_add(world->native, &world->host);
}

static void end(struct world *world)
{
    DIR *directory = opendir(world->directory);
    ear_native_close(world->native);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            assert_int_equal(unlinkat(dirfd(directory), entry->d_name, 0), 0);
        }
    }
    closedir(directory);
    assert_int_equal(rmdir(world->directory), 0);
}

static void hear(struct world *world, const char *text)
{
    struct ear_tokens tokens;
    const uint16_t length = (uint16_t)strlen(text);
    ear_text_tokens(text, length, &tokens);
    const struct ear_turn turn = {.struct_size = sizeof turn,
                                  .from = EAR_FROM_USER,
                                  .turn_index = world->turns,
                                  .text_length = length,
                                  .text = text,
                                  .tokens = tokens.items,
                                  .token_count = tokens.count};
    ear_host_judge(&world->host, world->state, &turn, &world->judgement);
    world->turns++;
}

static struct ear_native_about about(struct world *world, const char *name)
{
    char file[160];
    snprintf(file, sizeof file, "%s/%s.so", world->directory, name);
    for (size_t i = 0; i < ear_native_count(world->native); i++) {
        const struct ear_native_about found = ear_native_about(world->native, i);
        if (strcmp(found.file, file) == 0) {
            return found;
        }
    }
    fail_msg("%s is not in the list", name);
    return (struct ear_native_about){0};
}

/* The neighbour has said which message of the conversation it was. */
static void neighbour_said(const struct world *world, uint16_t label)
{
    unsigned said = 0;
    for (uint16_t i = 0; i < world->judgement.extra_count; i++) {
        const uint8_t by = world->judgement.extra[i].plugin;
        if (strcmp(world->host.plugins[by].plugin.name, "neighbour") == 0) {
            assert_int_equal(world->judgement.extra[i].verdict.label, label);
            said++;
        }
    }
    assert_int_equal(said, 1);
}

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* True if it came to what the matrix says. */
static bool run_case(const struct hostile *hostile)
{
    struct world world;
    begin(&world, (const char *const[]){hostile->file, "neighbour"}, 2);
    struct ear_native_about now = about(&world, hostile->file);
    const bool settles = strcmp(hostile->state, "quarantined") != 0;
    for (uint16_t i = 0; i < (settles ? 5 : TURNS_MOST); i++) {
        hear(&world, "Hello, where is my pizza?");
        neighbour_said(&world, i < 2 ? i : 2);
        now = about(&world, hostile->file);
        if (!settles && strcmp(now.state, "quarantined") == 0) {
            break;
        }
        rest();
    }
    const bool good =
        strcmp(now.state, hostile->state) == 0 && strncmp(now.reason, hostile->reason, strlen(hostile->reason)) == 0;
    if (!good) {
        print_error("%s: is %s because of '%s', and should be %s because of '%s'\n", hostile->file, now.state,
                    now.reason, hostile->state, hostile->reason);
    }
    assert_string_equal(about(&world, "neighbour").state, "active");
    assert_int_equal(about(&world, "neighbour").starts, 1);
    end(&world);
    return good;
}

static void test_matrix(void **state)
{
    unsigned bad = 0;
    (void)state;
    for (size_t i = 0; i < EAR_COUNT_OF(cases); i++) {
        bad += !run_case(&cases[i]);
    }
    print_message("%u hostile plugins\n", (unsigned)EAR_COUNT_OF(cases));
    assert_int_equal(bad, 0);
}

/* A file that is no shared object, one that others can write, one that is not there. */
static void test_files(void **state)
{
    struct world world;
    char path[128];
    char reason[160];
    (void)state;
    begin(&world, (const char *const[]){"neighbour"}, 1);
    ear_native_close(world.native);
    snprintf(path, sizeof path, "%s/text.so", world.directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("this is no program\n", file);
    assert_int_equal(fchmod(fileno(file), 0644), 0);
    fclose(file);
    const struct ear_log log = {.line = quiet};
    const struct ear_native_config config = {
        .directory = world.directory, .deadline_ms = DEADLINE_MS, .memory_mib = MEMORY_MIB, .rest_ms = 1};
    world.native = ear_native_open(&config, &log);
    assert_string_equal(about(&world, "text").state, "refused");
    snprintf(reason, sizeof reason, "%s", about(&world, "text").reason);
    assert_non_null(strstr(reason, "unloadable: "));
    ear_native_close(world.native);
    assert_int_equal(chmod(path, 0666), 0);
    world.native = ear_native_open(&config, &log);
    assert_non_null(strstr(about(&world, "text").reason, "not trusted: "));
    ear_native_close(world.native);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nowhere", path), 0);
    world.native = ear_native_open(&config, &log);
    assert_non_null(strstr(about(&world, "text").reason, "cannot be read: "));
    end(&world);
}

/* Without the helper's program every plugin is refused, and nothing else happens. */
static void test_no_program(void **state)
{
    const struct ear_log log = {.line = quiet};
    char path[600];
    (void)state;
    plugin_path("neighbour", path, sizeof path);
    const struct ear_native_config config = {
        .file = path, .program = "/nowhere/at/all", .deadline_ms = DEADLINE_MS, .memory_mib = MEMORY_MIB, .rest_ms = 1};
    struct ear_native *native = ear_native_open(&config, &log);
    assert_int_equal(ear_native_count(native), 1);
    assert_string_equal(ear_native_about(native, 0).state, "refused");
    assert_non_null(strstr(ear_native_about(native, 0).reason, "No such file"));
    ear_native_close(native);
}

/* A process that is killed from outside comes back, and its conversations begin anew for it. */
static void test_comes_back(void **state)
{
    struct world world;
    (void)state;
    begin(&world, (const char *const[]){"neighbour"}, 1);
    hear(&world, "one");
    hear(&world, "two");
    neighbour_said(&world, 1);
    assert_int_equal(kill(about(&world, "neighbour").pid, SIGKILL), 0);
    hear(&world, "this one is lost");
    assert_int_equal(world.judgement.extra_count, 0);
    assert_string_equal(about(&world, "neighbour").reason, "signal: SIGKILL");
    for (unsigned i = 0; i < TURNS_MOST && world.judgement.extra_count == 0; i++) {
        rest();
        hear(&world, "and now?");
    }
    neighbour_said(&world, 0);
    assert_string_equal(about(&world, "neighbour").state, "active");
    assert_int_equal(about(&world, "neighbour").starts, 2);
    end(&world);
}

/* The file becomes another plugin while it is at work: the new one is not what the host knows. */
static void test_changed(void **state)
{
    struct world world;
    char path[128];
    (void)state;
    begin(&world, (const char *const[]){"neighbour_1", "neighbour_2"}, 2);
    hear(&world, "one");
    assert_int_equal(world.judgement.extra_count, 2);
    snprintf(path, sizeof path, "%s/neighbour_1.so", world.directory);
    assert_int_equal(unlink(path), 0);
    put(&world, "neighbour_3", "neighbour_1");
    assert_int_equal(kill(about(&world, "neighbour_1").pid, SIGKILL), 0);
    for (unsigned i = 0; i < TURNS_MOST && strcmp(about(&world, "neighbour_1").state, "refused") != 0; i++) {
        rest();
        hear(&world, "two");
        assert_int_equal(world.judgement.extra_count, 1);
    }
    hear(&world, "three");
    assert_int_equal(world.judgement.extra_count, 1);
    assert_non_null(strstr(about(&world, "neighbour_1").reason, "changed: "));
    end(&world);
}

/* One that redacts is waited for: no message goes by while its process is started anew. */
static void test_redacting_is_waited_for(void **state)
{
    struct world world;
    (void)state;
    begin(&world, (const char *const[]){"redacting"}, 1);
    hear(&world, "one");
    assert_true(world.judgement.redacted);
    assert_int_equal(world.judgement.extra[0].verdict.span_length, 3);
    assert_int_equal(kill(about(&world, "redacting").pid, SIGKILL), 0);
    hear(&world, "this one is lost");
    assert_false(world.judgement.redacted);
    hear(&world, "four");
    assert_true(world.judgement.redacted);
    assert_int_equal(world.judgement.extra[0].verdict.span_length, 4);
    assert_int_equal(about(&world, "redacting").missed, 0);
    assert_int_equal(about(&world, "redacting").starts, 2);
    end(&world);
}

/* Two conversations in turn, posted to all and one after the other: each remembers its own. */
static void test_conversations(void **state)
{
    struct world world;
    uint64_t other[EAR_COUNT_OF(world.state)] = {0};
    (void)state;
    begin(&world, (const char *const[]){"neighbour", "says_older_minor"}, 2);
    for (uint16_t i = 0; i < 200; i++) {
        uint64_t mine[EAR_COUNT_OF(other)];
        ear_native_set_together(world.native, i % 3 != 0);
        world.turns = i / 2;
        hear(&world, i % 2 == 0 ? "to the first" : "to the second");
        neighbour_said(&world, i / 2 < 2 ? i / 2 : 2);
        memcpy(mine, world.state, sizeof mine);
        memcpy(world.state, other, sizeof mine);
        memcpy(other, mine, sizeof mine);
    }
    assert_int_equal(about(&world, "neighbour").faults, 0);
    assert_string_equal(about(&world, "says_older_minor").state, "active");
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversations), cmocka_unit_test(test_redacting_is_waited_for),
        cmocka_unit_test(test_changed),       cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_files),         cmocka_unit_test(test_no_program),
        cmocka_unit_test(test_matrix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
