/* SPDX-License-Identifier: Apache-2.0 */
/* tests/hostile/hostile.h - what the hostile plugins share. Each is one case of a source, chosen by -DHOSTILE_CASE and
 * listed with what must become of it in cases.def. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "core/judge/ear_plugin_export.h"

#define HOSTILE_TEXT_OF(x) #x
#define HOSTILE_TEXT(x) HOSTILE_TEXT_OF(x)

static const char *const hostile_labels[] = {"hostile"};

/** Fields of a descriptor in which nothing is wrong. */
#define HOSTILE_SOUND                                                                                \
    .version = "1.0.0", .questions = EAR_ASK_BIT(EAR_ASK_TAG), .hears = EAR_FROM_BIT(EAR_FROM_USER), \
    .budget_us = 1000, .label_count = 1, .labels = hostile_labels

#endif
