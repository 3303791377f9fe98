/* SPDX-License-Identifier: Apache-2.0 */
/* platform/json/ear_json_out.c - see the header. */
#include "platform/json/ear_json_out.h"

#include <string.h>

static void append(struct ear_json_out *out, const char *bytes, size_t length)
{
    if (out->full || length > out->capacity - out->length) {
        out->full = true;
        return;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

void ear_json_out_raw(struct ear_json_out *out, const char *text)
{
    append(out, text, strlen(text));
}

static void append_escaped(struct ear_json_out *out, char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = c != '\0' ? strchr(plain, c) : NULL;
    if (found != NULL) {
        append(out, (const char[]){'\\', letters[found - plain]}, 2);
        return;
    }
    append(out, (const char[]){'\\', 'u', '0', '0', hex[(uint8_t)c >> 4], hex[(uint8_t)c & 15]}, 6);
}

void ear_json_out_text(struct ear_json_out *out, const char *bytes, size_t length)
{
    size_t start = 0;
    append(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\' || (uint8_t)bytes[i] < 0x20) {
            append(out, bytes + start, i - start);
            append_escaped(out, bytes[i]);
            start = i + 1;
        }
    }
    append(out, bytes + start, length - start);
    append(out, "\"", 1);
}

void ear_json_out_number(struct ear_json_out *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    append(out, digits + at, sizeof(digits) - at);
}

int32_t ear_json_out_length(const struct ear_json_out *out)
{
    return out->full ? EAR_ERR_FULL : (int32_t)out->length;
}
