/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_crc32.h - the checksum of everything stored. Pure. */
#ifndef EAR_CRC32_H
#define EAR_CRC32_H

#include "core/base/ear_base.h"

/** CRC-32/ISO-HDLC (RFC 1952 section 8, polynomial 0xedb88320 reflected) of bytes, continued from `crc`, which is 0 at
 * the start: crc(a, b) == ear_crc32(ear_crc32(0, a), b). Table of 64 bytes, two steps a byte. */
uint32_t ear_crc32(uint32_t crc, const void *bytes, size_t length);

#endif
