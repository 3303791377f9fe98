/* SPDX-License-Identifier: Apache-2.0 */
/* core/port/ear_entropy.h - port: random bytes nobody can guess. */
#ifndef EAR_ENTROPY_H
#define EAR_ENTROPY_H

#include "core/base/ear_base.h"

struct ear_entropy {
    /** Fill bytes. 0, or EAR_ERR_IO where there is no source: the caller then fails, it never makes do with less. */
    int (*fill)(void *context, uint8_t *bytes, size_t length);
    void *context;
};

#endif
