/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary_keys.h - the keys of a summary's map, and what its two directions share. Pure. */
#ifndef EAR_SUMMARY_KEYS_H
#define EAR_SUMMARY_KEYS_H

#include <stdint.h>

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
    EAR_SUMMARY_KEYS = 10
};

/** What a table's label is called that found no room. Longer than any label, so that it sorts last. */
#define EAR_SUMMARY_OTHER "other"

/** 60, 3600, 86400. */
uint32_t ear_summary_usual_length_s(unsigned resolution);

#endif
