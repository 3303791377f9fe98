/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_text.c - see ear_text.h.
 *
 * How it works. Nearly all words are short ASCII, so a word is first read eight bytes at a time: bit tricks within the
 * 64-bit word ("SWAR") find where its letters end, fold them and hash them with one multiplication. read_short_word
 * does what ends within eight bytes, read_ascii_word longer words and inner apostrophes, and ear_text_any the rest:
 * words that end at something which might belong to them (a stray apostrophe, a byte of a longer character) are read
 * again there, a character at a time. All give the same hash. */
#include "core/judge/ear_text.h"

#include "core/judge/ear_text_any.h"

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))
#define TOP_BITS EACH_BYTE(0x80)

static uint64_t load_8(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static uint64_t load_last(const uint8_t *p, size_t length)
{
    uint64_t chunk = 0;
    for (size_t i = 0; i < length; i++) {
        chunk |= (uint64_t)p[i] << (8 * i);
    }
    return chunk;
}

uint32_t ear_text_hash(const char *folded, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)folded;
    uint64_t hash = 0;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        hash = ear_text_round(hash, load_8(bytes + at));
    }
    if (at < length) {
        hash = ear_text_round(hash, load_last(bytes + at, length - at));
    }
    return ear_text_finish(hash);
}

/* The eight bytes at `at`, zeros after the end. */
static inline uint64_t load_next(const uint8_t *text, size_t length, size_t at)
{
    size_t left = length - at;
    if (left >= 8) {
        return load_8(text + at);
    }
    return length >= 8 ? load_8(text + length - 8) >> (64 - 8 * left) : load_last(text + at, left);
}

/* Top bit of each byte that is in first..last, for bytes below 0x80; the others must be masked off. */
static inline uint64_t bytes_within(uint64_t low7, uint8_t first, uint8_t last)
{
    return (low7 + EACH_BYTE((uint8_t)(0x80 - first))) & ~(low7 + EACH_BYTE((uint8_t)(0x7F - last)));
}

/* A word of up to seven ASCII letters and digits that begins with a letter: most words. Returns where it ends, or `at`
 * if it is another one. */
static inline size_t read_short_word(const uint8_t *text, size_t length, size_t at, struct ear_token *token)
{
    uint64_t chunk = load_next(text, length, at);
    uint64_t low7 = chunk & ~TOP_BITS;
    uint64_t letters = bytes_within(low7 | EACH_BYTE(0x20), 'a', 'z');
    uint64_t digits = bytes_within(low7, '0', '9');
    uint64_t stop = (~(letters | digits) | chunk) & TOP_BITS;
    if (stop == 0) {
        return at;
    }
    size_t count = (size_t)__builtin_ctzll(stop) / 8;
    uint8_t after = (uint8_t)(chunk >> (8 * count));
    if (after >= 0x80 || after == '\'' || after == '`') {
        return at;
    }
    uint64_t mask = ((stop & (0 - stop)) >> 7) - 1; /* ones in the bytes of the word */
    letters &= mask & TOP_BITS;
    bool shout = (letters & chunk << 2) == 0 && (letters & (letters - 1)) != 0; /* no small letter; a second letter */
    *token = (struct ear_token){.hash = ear_text_finish(ear_text_round(0, (chunk | EACH_BYTE(0x20)) & mask)),
                                .start = (uint16_t)at,
                                .length = (uint8_t)count,
                                .kind = shout ? EAR_TOKEN_WORD | EAR_TOKEN_SHOUT : EAR_TOKEN_WORD};
    return at + count;
}

/* A word of ASCII letters, digits and inner apostrophes that begins with a letter. Returns where it ends, or `at` if it
 * may be more than that. */
static size_t read_ascii_word(const uint8_t *text, size_t length, size_t at, struct ear_token *token)
{
    size_t start = at;
    uint64_t hash = 0;
    uint64_t small = 0;  /* a letter is no capital */
    uint64_t second = 0; /* there is more than one letter */
    uint64_t odd = 0;    /* an apostrophe is not between letters, or that cannot be seen here */
    uint64_t stop = 0;
    do {
        uint64_t chunk = load_next(text, length, at);
        uint64_t folded = chunk | EACH_BYTE(0x20); /* digits and ' have that bit already */
        uint64_t low7 = chunk & ~TOP_BITS;
        uint64_t letters = bytes_within(folded & ~TOP_BITS, 'a', 'z');
        uint64_t digits = bytes_within(low7, '0', '9');
        uint64_t apostrophes = bytes_within(low7, '\'', '\'');
        stop = (~(letters | digits | apostrophes) | chunk) & TOP_BITS;
        /* Ones below the first byte that is outside; all ones if there is none. */
        uint64_t mask = ((stop & (0 - stop)) >> 7) - 1;
        if (mask == 0) {
            break;
        }
        odd |= apostrophes & ~((letters | digits) << 8 & letters >> 8) & mask & TOP_BITS;
        letters &= mask & TOP_BITS;
        small |= letters & chunk << 2;
        second |= at == start ? letters & (letters - 1) : letters;
        hash = ear_text_round(hash, folded & mask);
        at += stop != 0 ? (size_t)__builtin_ctzll(stop) / 8 : 8;
    } while (stop == 0 && at < length);

    if (odd != 0 || (at < length && (text[at] >= 0x80 || text[at] == '`'))) {
        return start;
    }
    *token = (struct ear_token){.hash = ear_text_finish(hash),
                                .start = (uint16_t)start,
                                .length = (uint8_t)(at - start > 255 ? 255 : at - start),
                                .kind = small == 0 && second != 0 ? EAR_TOKEN_WORD | EAR_TOKEN_SHOUT : EAR_TOKEN_WORD};
    return at;
}

/* One . , ! or ? alone, which is nearly every mark. False if it may be more. */
static inline bool read_plain_mark(const uint8_t *text, size_t length, size_t at, struct ear_token *token)
{
    uint8_t byte = text[at];
    if (byte != '.' && byte != ',' && byte != '!' && byte != '?') {
        return false;
    }
    if (at + 1 < length && (text[at + 1] >= 0x80 || text[at + 1] == byte)) {
        return false;
    }
    *token = (struct ear_token){
        .hash = ear_text_finish(ear_text_round(0, byte)), .start = (uint16_t)at, .length = 1, .kind = EAR_TOKEN_MARK};
    return true;
}

void ear_text_tokens(const char *text, uint16_t length, struct ear_tokens *tokens)
{
    const uint8_t *bytes = (const uint8_t *)text;
    struct ear_token *out = tokens->items;
    struct ear_token *const end = tokens->items + EAR_TOKENS;
    size_t at = 0;
    tokens->cut = false;
    while (at < length) {
        if (bytes[at] == ' ') {
            at++;
            continue;
        }
        struct ear_token token;
        bool is_token = true;
        size_t next = at;
        if ((uint8_t)((bytes[at] | 0x20) - 'a') < 26) {
            next = read_short_word(bytes, length, at, &token);
            if (next == at) {
                next = read_ascii_word(bytes, length, at, &token);
            }
        } else if (read_plain_mark(bytes, length, at, &token)) {
            next = at + 1;
        }
        if (next == at) {
            next = ear_text_any(bytes, length, at, &token, &is_token);
        }
        at = next;
        if (!is_token) {
            continue;
        }
        if (out == end) {
            tokens->cut = true;
            break;
        }
        *out++ = token;
    }
    tokens->count = (uint16_t)(out - tokens->items);
}
