/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_text.c - see ear_text.h.
 *
 * How it works. Nearly all words are short ASCII, so a word is first read eight bytes at a time: bit tricks within the
 * 64-bit word ("SWAR") find where its letters end, fold them and hash them with one multiplication. A word that ends at
 * something which might belong to it (an apostrophe, a byte of a longer character) is read again, a character at a
 * time, by the slow path, which knows everything; both give the same hash. */
#include "core/judge/ear_text.h"

#include "core/judge/ear_fold.h"

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))
#define TOP_BITS EACH_BYTE(0x80)

/* A text and how far it is read. */
struct reader {
    const uint8_t *text;
    size_t length;
    size_t at;
};

static uint64_t hash_chunk(uint64_t hash, uint64_t chunk)
{
    hash ^= chunk;
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio: Knuth, TAOCP 3, 6.4 */
    return hash ^ (hash >> 29);
}

static uint32_t hash_finish(uint64_t hash)
{
    return (uint32_t)(hash ^ (hash >> 32));
}

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
        hash = hash_chunk(hash, load_8(bytes + at));
    }
    if (at < length) {
        hash = hash_chunk(hash, load_last(bytes + at, length - at));
    }
    return hash_finish(hash);
}

/* ---- the slow path: a character at a time ---- */

static uint32_t decode(const struct reader *reader, size_t at, size_t *next)
{
    const uint8_t *p = reader->text + at;
    if (p[0] < 0x80) {
        *next = at + 1;
        return p[0];
    }
    if (p[0] < 0xE0 && at + 2 <= reader->length) {
        *next = at + 2;
        return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3Fu);
    }
    if (p[0] < 0xF0 && at + 3 <= reader->length) {
        *next = at + 3;
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3Fu);
    }
    if (at + 4 <= reader->length) {
        *next = at + 4;
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 |
               (p[3] & 0x3Fu);
    }
    *next = reader->length; /* cut within a character: not valid UTF-8, but nothing is read beyond the end */
    return ' ';
}

static enum ear_fold_class class_at(const struct reader *reader, size_t at)
{
    if (at >= reader->length) {
        return EAR_FOLD_SPACE;
    }
    size_t next = 0;
    return ear_fold_class(decode(reader, at, &next));
}

/* A word's folded bytes on their way into its hash, and what it consists of. */
struct word {
    uint64_t hash;
    uint64_t chunk;
    uint8_t fill; /* bytes in chunk */
    bool number;  /* only digits so far */
    bool shout;   /* only capitals so far */
    uint16_t letters;
};

static void word_push(struct word *word, uint32_t code_point)
{
    uint8_t folded[EAR_FOLD_BYTES];
    uint8_t count = ear_fold(code_point, folded);
    for (uint8_t i = 0; i < count; i++) {
        word->chunk |= (uint64_t)folded[i] << (8 * word->fill);
        if (++word->fill == 8) {
            word->hash = hash_chunk(word->hash, word->chunk);
            word->chunk = 0;
            word->fill = 0;
        }
    }
}

static uint32_t word_hash(const struct word *word)
{
    return hash_finish(word->fill != 0 ? hash_chunk(word->hash, word->chunk) : word->hash);
}

/* Does a character that is neither letter nor digit belong to the word, for what follows it? An apostrophe before a
 * letter; a point or comma within a number. */
static bool joins(const struct reader *reader, const struct word *word, uint32_t code_point, size_t next)
{
    enum ear_fold_class after = class_at(reader, next);
    if (ear_fold_class(code_point) == EAR_FOLD_APOSTROPHE) {
        return !word->number && after == EAR_FOLD_LETTER;
    }
    return word->number && after == EAR_FOLD_DIGIT && (code_point == '.' || code_point == ',');
}

static void read_word(struct reader *reader, struct ear_token *token)
{
    struct word word = {.number = true, .shout = true};
    size_t start = reader->at;
    while (reader->at < reader->length) {
        size_t next = 0;
        uint32_t c = decode(reader, reader->at, &next);
        enum ear_fold_class class = ear_fold_class(c);
        if (class == EAR_FOLD_LETTER) {
            word.number = false;
            word.letters++;
            word.shout = word.shout && ear_fold_is_capital(c);
        } else if (class != EAR_FOLD_DIGIT && class != EAR_FOLD_NOTHING && !joins(reader, &word, c, next)) {
            break;
        }
        if (class != EAR_FOLD_NOTHING) {
            word_push(&word, c);
        }
        reader->at = next;
    }
    size_t length = reader->at - start;
    token->hash = word_hash(&word);
    token->start = (uint16_t)start;
    token->length = (uint8_t)(length > 255 ? 255 : length);
    token->kind = word.number ? EAR_TOKEN_NUMBER : EAR_TOKEN_WORD;
    if (word.shout && word.letters >= 2) {
        token->kind |= EAR_TOKEN_SHOUT;
    }
}

/* ---- what is not a word ---- */

/* The canonical emoticon if one of these starts here: eyes, perhaps a nose, a mouth. NULL if not. */
static const char *emoticon_at(const struct reader *reader, size_t *end)
{
    const uint8_t *p = reader->text + reader->at;
    size_t left = reader->length - reader->at;
    if (left >= 2 && p[0] == '<' && p[1] == '3') {
        *end = reader->at + 2;
        return "<3";
    }
    size_t mouth = left >= 3 && (p[1] == '-' || p[1] == '\'' || p[1] == '^') ? 2 : 1;
    if (left <= mouth || p[0] == '<') {
        return NULL;
    }
    *end = reader->at + mouth + 1;
    bool letter_follows =
        left > mouth + 1 && class_at(reader, *end) <= EAR_FOLD_DIGIT && class_at(reader, *end) != EAR_FOLD_SPACE;
    switch (p[mouth]) {
    case ')':
    case ']':
    case '}':
        return ":)";
    case '(':
    case '[':
    case '{':
        return ":(";
    case '|':
    case '\\':
        return ":/";
    case '/':
        return left > mouth + 1 && p[mouth + 1] == '/' ? NULL : ":/";
    case 'D':
        return letter_follows ? NULL : ":)";
    case 'P':
    case 'p':
        return letter_follows ? NULL : ":p";
    default:
        return NULL;
    }
}

static bool read_emoticon(struct reader *reader, struct ear_token *token)
{
    size_t end = 0;
    const char *canonical = emoticon_at(reader, &end);
    if (canonical == NULL) {
        return false;
    }
    *token = (struct ear_token){.hash = ear_text_hash(canonical, 2),
                                .start = (uint16_t)reader->at,
                                .length = (uint8_t)(end - reader->at),
                                .kind = EAR_TOKEN_EMOJI};
    reader->at = end;
    return true;
}

static void read_marks(struct reader *reader, struct ear_token *token)
{
    size_t start = reader->at;
    uint8_t first[EAR_FOLD_BYTES];
    ear_fold(decode(reader, start, &reader->at), first);
    uint16_t count = 1;
    while (class_at(reader, reader->at) == EAR_FOLD_MARK) {
        uint8_t again[EAR_FOLD_BYTES];
        size_t next = 0;
        ear_fold(decode(reader, reader->at, &next), again);
        if (again[0] != first[0]) {
            break;
        }
        reader->at = next;
        count++;
    }
    *token = (struct ear_token){.hash = ear_text_hash((const char *)first, 1),
                                .start = (uint16_t)start,
                                .length = (uint8_t)(count > 255 ? 255 : count),
                                .kind = EAR_TOKEN_MARK};
}

static void read_sign(struct reader *reader, enum ear_fold_class class, struct ear_token *token)
{
    size_t start = reader->at;
    uint8_t folded[EAR_FOLD_BYTES];
    uint8_t count = ear_fold(decode(reader, start, &reader->at), folded);
    *token = (struct ear_token){.hash = ear_text_hash((const char *)folded, count),
                                .start = (uint16_t)start,
                                .length = (uint8_t)(reader->at - start),
                                .kind = class == EAR_FOLD_EMOJI ? EAR_TOKEN_EMOJI : EAR_TOKEN_IDEOGRAPH};
}

/* Read what starts here, whatever it is. False if it was no token. */
static bool read_token(struct reader *reader, struct ear_token *token)
{
    uint8_t byte = reader->text[reader->at];
    if ((byte == ':' || byte == ';' || byte == '=' || byte == '<') && read_emoticon(reader, token)) {
        return true;
    }
    enum ear_fold_class class = class_at(reader, reader->at);
    switch (class) {
    case EAR_FOLD_LETTER:
    case EAR_FOLD_DIGIT:
        read_word(reader, token);
        return true;
    case EAR_FOLD_MARK:
        read_marks(reader, token);
        return true;
    case EAR_FOLD_IDEOGRAPH:
    case EAR_FOLD_EMOJI:
        read_sign(reader, class, token);
        return true;
    default:
        decode(reader, reader->at, &reader->at);
        return false;
    }
}

/* ---- the fast path ---- */

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

/* A word of ASCII letters, digits and inner apostrophes that begins with a letter. Returns where it ends, or `at` if it
 * may be more than that. */
static inline size_t read_ascii_word(const uint8_t *text, size_t length, size_t at, struct ear_token *token)
{
    size_t start = at;
    uint64_t hash = 0;
    uint64_t small = 0;  /* a letter is no capital */
    uint64_t second = 0; /* there is more than one letter */
    uint64_t stop = 0;
    do {
        uint64_t chunk = load_next(text, length, at);
        uint64_t folded = chunk | EACH_BYTE(0x20); /* digits and ' have that bit already */
        uint64_t low7 = chunk & ~TOP_BITS;
        uint64_t letters = bytes_within(folded & ~TOP_BITS, 'a', 'z') & ~chunk & TOP_BITS;
        uint64_t inside = letters | (bytes_within(low7, '0', '9') & ~chunk & TOP_BITS);
        inside |= bytes_within(low7, '\'', '\'') & ~chunk & (inside << 8) & (letters >> 8);
        stop = ~inside & TOP_BITS;
        /* All ones below the first byte that is outside; all ones if there is none. */
        uint64_t mask = stop != 0 ? ((stop & (0 - stop)) >> 7) - 1 : ~UINT64_C(0);
        if (mask == 0) {
            break;
        }
        letters &= mask;
        small |= letters & chunk << 2;
        second |= at == start ? letters & (letters - 1) : letters;
        hash = hash_chunk(hash, folded & mask);
        at += stop != 0 ? (size_t)__builtin_ctzll(stop) / 8 : 8;
    } while (stop == 0 && at < length);

    if (at < length && (text[at] >= 0x80 || text[at] == '\'' || text[at] == '`')) {
        return start;
    }
    *token = (struct ear_token){.hash = hash_finish(hash),
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
        .hash = hash_finish(hash_chunk(0, byte)), .start = (uint16_t)at, .length = 1, .kind = EAR_TOKEN_MARK};
    return true;
}

/* Everything else. Returns where it ends; `at` itself never. */
static __attribute__((noinline)) size_t read_other(const uint8_t *text, size_t length, size_t at,
                                                   struct ear_token *token, bool *is_token)
{
    struct reader reader = {.text = text, .length = length, .at = at};
    *is_token = read_token(&reader, token);
    return reader.at;
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
            next = read_ascii_word(bytes, length, at, &token);
        } else if (read_plain_mark(bytes, length, at, &token)) {
            next = at + 1;
        }
        if (next == at) {
            next = read_other(bytes, length, at, &token, &is_token);
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
