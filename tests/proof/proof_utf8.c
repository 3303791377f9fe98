/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* tests/proof/proof_utf8.c
 * proves: ear_utf8_validate takes the characters of RFC 3629 and no others, ear_utf8_cut ends at a character's end
 * bounds: any text of up to 5 bytes, any limit
 * lengths: 1 2 3 4 5
 * quick: 1 4
 * sources: core/base/ear_utf8.c
 * flags: --unwind 7
 * bite: core/base/ear_utf8.c: first == 0xed ? 0x9f : 0xbf => 0xbf
 */
/* clang-format on */
#include "core/base/ear_utf8.h"
#include "tests/proof/proof.h"

/* Bytes of the character there by RFC 3629 section 3: decoded, then looked at; 0 if it is none. */
static size_t character_at(const uint8_t *p, size_t left)
{
    const size_t size = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (size == 0 || size > left) {
        return 0;
    }
    uint32_t c = size == 1 ? p[0] : p[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (p[i] >> 6 != 2) {
            return 0;
        }
        c = c << 6 | (p[i] & 0x3fu);
    }
    const uint32_t least = size == 1 ? 0 : size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
    return c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : size;
}

static size_t valid_prefix(const uint8_t *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        const size_t size = character_at(bytes + at, length - at);
        if (size == 0) {
            break;
        }
        at += size;
    }
    return at;
}

int main(void)
{
    uint8_t bytes[LENGTH];
    const size_t valid = ear_utf8_validate((const char *)bytes, LENGTH);
    assert(valid == valid_prefix(bytes, LENGTH));

    const size_t limit = nondet_size();
    const size_t cut = ear_utf8_cut((const char *)bytes, valid, limit);
    assert(cut <= valid && cut <= limit && valid_prefix(bytes, cut) == cut);
    assert(valid <= limit ? cut == valid : limit - cut < 4);
    return 0;
}
