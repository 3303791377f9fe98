/* SPDX-License-Identifier: Apache-2.0 */
/* tests/proof/proof.h - what every harness says to CBMC. A harness is a main() without a loop of its own over inputs: a
 * value that is not set stands for every value there is. */
#ifndef PROOF_H
#define PROOF_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Only what satisfies this is looked at. */
void __CPROVER_assume(_Bool holds);

/* __CPROVER_r_ok(bytes, length), __CPROVER_w_ok: whether so many bytes can be read, or written, there. */

/* Any value: what CBMC makes of functions of this name that have no body. */
bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
int64_t nondet_i64(void);
size_t nondet_size(void);

/** Any value up to `most`. */
static inline size_t any_up_to(size_t most)
{
    const size_t value = nondet_size();
    __CPROVER_assume(value <= most);
    return value;
}

#endif
