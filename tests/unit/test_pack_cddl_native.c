/* SPDX-License-Identifier: Apache-2.0 */
/* What tools/pack/pack_write.c writes is what core/model/pack.cddl describes, held to it by
 * tests/support/cddl_check.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/support/make_pack.h"

#define CHECK \
    "/usr/bin/python3 " EAR_SOURCE_DIR "/tests/support/cddl_check.py " EAR_SOURCE_DIR "/core/model/pack.cddl pack"

static const char *const texts[] = {"en", "de", "fr"};
static const uint16_t thresholds[] = {0, 1001, 500};
static const struct pack_source sources[] = {{"a set", "CC-BY-4.0"}, {"own", "Apache-2.0"}};
static const struct pack_accuracy accuracies[] = {{"dev", 70000, 1000, 0}};

static struct pack_manifest full_manifest(void)
{
    struct pack_manifest manifest = small_manifest("alpha", UINT32_MAX);
    manifest.labels = texts;
    manifest.label_count = 3;
    manifest.thresholds = thresholds;
    manifest.has_reject = true;
    manifest.reject = 2;
    manifest.languages = texts;
    manifest.language_count = 3;
    manifest.about = "All of it.";
    manifest.sources = sources;
    manifest.source_count = 2;
    manifest.accuracies = accuracies;
    manifest.accuracy_count = 1;
    return manifest;
}

/* Whether the checker takes a manifest. */
static bool satisfies(const struct pack_manifest *manifest)
{
    struct pack_bytes payload = {0};
    FILE *check = popen(CHECK " >/dev/null", "w"); /* NOLINT(cert-env33-c): our own command */
    assert_non_null(check);
    pack_write_manifest(&payload, manifest);
    for (size_t i = 0; i < payload.length; i++) {
        fprintf(check, "%02x", payload.bytes[i]);
    }
    fputc('\n', check);
    pack_bytes_free(&payload);
    const int status = pclose(check);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3)); /* 1: it broke */
    return WEXITSTATUS(status) == 0;
}

static void test_what_is_written_is_described(void **state)
{
    (void)state;
    struct pack_manifest manifest = small_manifest("alpha", 0);
    assert_true(satisfies(&manifest));
    manifest = full_manifest();
    assert_true(satisfies(&manifest));
}

static void test_the_checker_bites(void **state)
{
    (void)state;
    struct pack_manifest manifest = full_manifest();
    manifest.hears = 0;
    assert_false(satisfies(&manifest));
    manifest = full_manifest();
    manifest.question = EAR_ASK_REDACTION;
    assert_false(satisfies(&manifest));
    manifest = full_manifest();
    manifest.name = NULL;
    assert_false(satisfies(&manifest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_described),
        cmocka_unit_test(test_the_checker_bites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
