/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_le.h - numbers as they lie on storage and in packs: little-endian, at any address, on every machine.
 * Pure. */
#ifndef EAR_LE_H
#define EAR_LE_H

#include "core/base/ear_base.h"

static inline uint16_t ear_le16_get(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline void ear_le32_put(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
    bytes[2] = (uint8_t)(value >> 16);
    bytes[3] = (uint8_t)(value >> 24);
}

static inline uint32_t ear_le32_get(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

#endif
