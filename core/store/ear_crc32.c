/* SPDX-License-Identifier: Apache-2.0 */
#include "core/store/ear_crc32.h"

#include "core/base/ear_le.h"
#include "core/store/ear_crc32_table.h"

#ifndef EAR_FAST_CRC /* switched off in the configuration */
#define EAR_FAST_CRC 0
#endif

/* The usual table's every 16th entry: one step for each half byte. The code of RFC 1952 section 8, with 4 bits for 8.
 */
static const uint32_t nibble_table[16] = {
    0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
    0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu, 0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
};

static uint32_t by_halves(uint32_t crc, const uint8_t *byte, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        crc = (crc >> 4) ^ nibble_table[(crc ^ byte[i]) & 15u];
        crc = (crc >> 4) ^ nibble_table[(crc ^ (uint32_t)(byte[i] >> 4)) & 15u];
    }
    return crc;
}

/* Four bytes at a time, each with its own table (Kounavis and Berry: A systematic approach to building high
 * performance, software-based, CRC generators, 2005). */
static uint32_t by_words(uint32_t crc, const uint8_t *byte, size_t length)
{
    const size_t words = length / 4;
    for (size_t i = 0; i < words; i++) {
        crc ^= ear_le32_get(byte + 4 * i);
        crc = ear_crc32_table[3][crc & 255u] ^ ear_crc32_table[2][(crc >> 8) & 255u] ^
              ear_crc32_table[1][(crc >> 16) & 255u] ^ ear_crc32_table[0][crc >> 24];
    }
    return by_halves(crc, byte + 4 * words, length % 4);
}

uint32_t ear_crc32(uint32_t crc, const void *bytes, size_t length)
{
    if (length == 0) {
        return crc; /* bytes may be NULL */
    }
    return ~(EAR_FAST_CRC ? by_words(~crc, bytes, length) : by_halves(~crc, bytes, length));
}
