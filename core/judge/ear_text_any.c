/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_text_any.c - see ear_text_any.h. */
#include "core/judge/ear_text_any.h"

#include "core/judge/ear_fold.h"
#include "core/judge/ear_text.h"

/* A text and how far it is read. */
struct reader {
    const uint8_t *text;
    size_t length;
    size_t at;
};

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
            word->hash = ear_text_round(word->hash, word->chunk);
            word->chunk = 0;
            word->fill = 0;
        }
    }
}

static uint32_t word_hash(const struct word *word)
{
    return ear_text_finish(word->fill != 0 ? ear_text_round(word->hash, word->chunk) : word->hash);
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

size_t ear_text_any(const uint8_t *text, size_t length, size_t at, struct ear_token *token, bool *is_token)
{
    struct reader reader = {.text = text, .length = length, .at = at};
    *is_token = read_token(&reader, token);
    return reader.at;
}
