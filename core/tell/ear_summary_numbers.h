/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_summary_numbers.h - a cell's numbers as deterministic CBOR. Pure; for core/tell/ear_summary*.c only. */
#ifndef EAR_SUMMARY_NUMBERS_H
#define EAR_SUMMARY_NUMBERS_H

#include <cbor.h>

#include "core/note/ear_note.h"

/** The longest encoding of a distribution in a cell: its count, sum and clipped, then buckets of so many bits. */
#define EAR_SUMMARY_DISTRIBUTION_BYTES (1 + 5 + 10 + 5 + EAR_DISTRIBUTION_BUCKETS * ((EAR_DISTRIBUTION_BITS + 6) / 7))

/** Encode a cell's numbers that are not zero as a map. What finds no room is counted by the encoder. */
void ear_summary_encode_numbers(CborEncoder *to, unsigned resolution, const uint32_t *words,
                                const struct ear_labels *labels);

#endif
