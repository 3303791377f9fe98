/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/needs.h - tests of what a Kconfig switch takes away: where it is off they are skipped, by name. */
#ifndef EAR_TEST_NEEDS_H
#define EAR_TEST_NEEDS_H

#include "core/base/ear_base.h"

/** First line of a test: it is skipped where the switch is off. */
#define needs(feature)               \
    do {                             \
        if (!EAR_ENABLED(feature)) { \
            skip();                  \
        }                            \
    } while (0)

/** Last line of main: the tests; without these features all are skipped, with what prepares them. */
#define run_where(features, tests) needs_run(features, tests, EAR_COUNT_OF(tests))

struct CMUnitTest;
int needs_run(bool is_on, const struct CMUnitTest *tests, size_t count);

#endif
