/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_redact.c - see ear_redact.h. */
#include "core/judge/ear_redact.h"

#include <string.h>

#include "core/judge/ear_fold.h"

const char *ear_redact_word(unsigned personal)
{
    static const char *const words[EAR_PERSONAL_COUNT] = {"[personal]", "[email]",  "[phone]", "[card]",
                                                          "[iban]",     "[number]", "[name]"};
    return words[personal < EAR_PERSONAL_COUNT ? personal : EAR_PERSONAL_OTHER];
}

/* ---- redaction ---- */

struct span {
    uint32_t start, end;
    uint16_t personal;
};

static bool is_span(const struct ear_verdict *verdict, struct span *span)
{
    *span = (struct span){verdict->span_start, (uint32_t)verdict->span_start + verdict->span_length, verdict->label};
    return verdict->question == EAR_ASK_REDACTION;
}

/* Make a span as long as those that overlap it. */
static void join(const struct ear_judgement *judgement, struct span *span)
{
    struct span other;
    for (bool longer = true; longer;) {
        longer = false;
        for (uint16_t i = 0; i < judgement->extra_count; i++) {
            if (is_span(&judgement->extra[i].verdict, &other) && other.start < span->end && other.end > span->end) {
                span->end = other.end;
                longer = true;
            }
        }
    }
}

/* The first span of which something lies at or after `from`. False if there is none. */
static bool next_span(const struct ear_judgement *judgement, uint32_t from, struct span *span)
{
    struct span other;
    *span = (struct span){.start = UINT32_MAX};
    for (uint16_t i = 0; i < judgement->extra_count; i++) {
        if (is_span(&judgement->extra[i].verdict, &other) && other.end > from && other.start < span->start) {
            *span = other;
        }
    }
    if (span->start == UINT32_MAX) {
        return false;
    }
    join(judgement, span);
    span->start = span->start < from ? from : span->start;
    return true;
}

static bool begins_character(char byte)
{
    return ((uint8_t)byte & 0xC0u) != 0x80u;
}

struct pen {
    char *out;
    size_t length, capacity;
};

/* Whole characters of text[from..to), as many as fit. False: no room for more. */
static bool copy(struct pen *pen, struct ear_str text, uint32_t from, uint32_t to)
{
    size_t count = to - from;
    const size_t room = pen->capacity - pen->length;
    const bool fits = count <= room;

    if (!fits) {
        count = room;
        while (count > 0 && !begins_character(text.bytes[from + count])) {
            count--;
        }
    }
    memcpy(pen->out + pen->length, text.bytes + from, count);
    pen->length += count;
    return fits;
}

/* A span begins and ends with a character, whatever the plugin said. */
static void widen(struct ear_str text, struct span *span)
{
    while (span->start > 0 && span->start < text.length && !begins_character(text.bytes[span->start])) {
        span->start--;
    }
    while (span->end < text.length && !begins_character(text.bytes[span->end])) {
        span->end++;
    }
    span->end = span->end < text.length ? span->end : text.length;
}

int32_t ear_redact(const struct ear_judgement *judgement, struct ear_str text, char *out, size_t capacity)
{
    struct pen pen = {out, 0, capacity};
    struct span span;
    uint32_t at = 0;

    if (!judgement->redacted) {
        return EAR_ERR_EMPTY;
    }
    while (at < text.length && next_span(judgement, at, &span) && span.start < text.length) {
        widen(text, &span);
        const char *word = ear_redact_word(span.personal);
        if (!copy(&pen, text, at, span.start) || strlen(word) > capacity - pen.length) {
            return (int32_t)pen.length;
        }
        memcpy(out + pen.length, word, strlen(word));
        pen.length += strlen(word);
        at = span.end;
    }
    if (at < text.length) {
        (void)copy(&pen, text, at, text.length);
    }
    return (int32_t)pen.length;
}

/* ---- looking for words ---- */

/* Reads a text as folded bytes, one at a time. */
struct folding {
    struct ear_str text;
    size_t at;
    uint8_t bytes[EAR_FOLD_BYTES];
    uint8_t next, count;
};

/* The character at `at`, which goes on. Of valid UTF-8. */
static uint32_t read_character(struct folding *folding)
{
    const uint8_t *bytes = (const uint8_t *)folding->text.bytes + folding->at;
    const size_t left = folding->text.length - folding->at;
    const unsigned length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    uint32_t code_point = length == 1 ? bytes[0] : bytes[0] & (0xFFu >> (length + 1));

    if (length > left) {
        folding->at = folding->text.length;
        return 0;
    }
    for (unsigned i = 1; i < length; i++) {
        code_point = code_point << 6 | (bytes[i] & 0x3Fu);
    }
    folding->at += length;
    return code_point;
}

/* The next folded byte; -1 at the end. */
static int next_byte(struct folding *folding)
{
    while (folding->next == folding->count) {
        if (folding->at >= folding->text.length) {
            return -1;
        }
        const uint32_t code_point = read_character(folding);
        folding->next = 0;
        folding->count = ear_fold_class(code_point) == EAR_FOLD_NOTHING ? 0 : ear_fold(code_point, folding->bytes);
    }
    return folding->bytes[folding->next++];
}

bool ear_redact_contains(struct ear_str text, struct ear_str words)
{
    struct folding here = {.text = text};
    struct folding needle = {.text = words};
    uint8_t wanted[EAR_REDACT_FOLDED_BYTES];
    size_t count = 0;

    for (int byte; count < sizeof(wanted) && (byte = next_byte(&needle)) >= 0; count++) {
        wanted[count] = (uint8_t)byte;
    }
    if (count == 0) {
        return true;
    }
    for (int byte; (byte = next_byte(&here)) >= 0;) {
        struct folding rest = here;
        size_t same = 0;
        while (same < count && byte == wanted[same]) {
            same++;
            byte = same < count ? next_byte(&rest) : byte;
        }
        if (same == count) {
            return true;
        }
    }
    return false;
}
