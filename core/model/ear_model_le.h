/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_model_le.h - numbers of a pack's body: little-endian, at any address, on every machine. Pure. */
#ifndef EAR_MODEL_LE_H
#define EAR_MODEL_LE_H

#include "core/base/ear_base.h"

static inline uint16_t ear_model_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t ear_model_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

#endif
