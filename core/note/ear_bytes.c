/* SPDX-License-Identifier: Apache-2.0 */
#include "core/note/ear_bytes.h"

void ear_bytes_put(struct ear_bytes_out *out, uint8_t byte)
{
    if (out->length < out->capacity) {
        out->bytes[out->length] = byte;
    }
    out->length++;
}

void ear_bytes_put_u32(struct ear_bytes_out *out, uint32_t value)
{
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        ear_bytes_put(out, (uint8_t)(value >> (shift - 8)));
    }
}

void ear_bytes_put_number(struct ear_bytes_out *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        ear_bytes_put(out, (uint8_t)(value | 0x80));
    }
    ear_bytes_put(out, (uint8_t)value);
}

int32_t ear_bytes_written(const struct ear_bytes_out *out)
{
    return out->length <= out->capacity ? (int32_t)out->length : (int32_t)EAR_ERR_FULL;
}

void ear_bytes_refuse(struct ear_bytes_in *in, enum ear_err err)
{
    if (in->err == EAR_OK) {
        in->err = err;
    }
}

uint8_t ear_bytes_take(struct ear_bytes_in *in)
{
    if (in->at >= in->length) {
        ear_bytes_refuse(in, EAR_ERR_SYNTAX);
    }
    return in->err == EAR_OK ? in->bytes[in->at++] : 0;
}

uint32_t ear_bytes_take_u32(struct ear_bytes_in *in)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        value = value << 8 | ear_bytes_take(in);
    }
    return in->err == EAR_OK ? value : 0;
}

uint64_t ear_bytes_take_number(struct ear_bytes_in *in, uint64_t max)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t byte = ear_bytes_take(in);
        if ((shift > 0 && byte == 0) || (shift == 63 && byte > 1)) {
            break; /* more bytes, or bits, than the number has */
        }
        value |= (uint64_t)(byte & 0x7fu) << shift;
        if (byte < 0x80) {
            if (value > max) {
                ear_bytes_refuse(in, EAR_ERR_RANGE);
            }
            return in->err == EAR_OK ? value : 0;
        }
    }
    ear_bytes_refuse(in, EAR_ERR_SYNTAX);
    return 0;
}

enum ear_err ear_bytes_done(struct ear_bytes_in *in)
{
    if (in->at != in->length) {
        ear_bytes_refuse(in, EAR_ERR_SYNTAX);
    }
    return in->err;
}
