/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary_keys.h - the keys of a summary's map, and what its two directions share. Pure. */
#ifndef EAR_SUMMARY_KEYS_H
#define EAR_SUMMARY_KEYS_H

#include "core/base/ear_base.h"

/** Never reused. Those that are not marked are in every summary. */
enum ear_summary_key {
    EAR_SUMMARY_KEY_VERSION = 0,
    EAR_SUMMARY_KEY_RESOLUTION = 1,
    EAR_SUMMARY_KEY_START = 2,
    EAR_SUMMARY_KEY_LENGTH = 3, /* only where it is not the usual one */
    EAR_SUMMARY_KEY_REVISION = 4,
    EAR_SUMMARY_KEY_BOOT = 5,
    EAR_SUMMARY_KEY_SEQ = 6,
    EAR_SUMMARY_KEY_CLOCK = 7,
    EAR_SUMMARY_KEY_SLICE = 8,
    EAR_SUMMARY_KEY_NUMBERS = 9,
    EAR_SUMMARY_KEY_LEDGER = 10,
    EAR_SUMMARY_KEY_LIFE = 11, /* only where it is not 1 */
    EAR_SUMMARY_KEYS = 12
};

/** What codes are called that found no room. Longer than any code, so that it sorts last. Labels that found none are
 * "", because one of them may be called "other". */
#define EAR_SUMMARY_OTHER "other"

/** 60, 3600, 86400. */
uint32_t ear_summary_usual_length_s(unsigned resolution);

/** Less than 0, 0 or more: how two texts follow each other as keys of a map (RFC 8949 4.2.1). */
int ear_summary_text_order(struct ear_str a, struct ear_str b);

#endif
