/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/phrases_parse.c - a phrase as it is written into its elements: alternatives first, then word by word with
 * the very tokeniser that reads messages. */
#include "tools/pack/phrases_compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/judge/ear_text.h"
#include "core/judge/ear_text_fold.h"

#define ELLIPSIS "\xE2\x80\xA6"

/* A text that is being read. */
struct parse {
    struct phrases *phrases;
    const struct phrase *like;
    char *fault;
    unsigned expansions;
    struct phrase phrase; /* the one that grows */
    struct ear_tokens tokens;
};

static bool wrong(struct parse *parse, const char *says)
{
    snprintf(parse->fault, PHRASE_FAULT_BYTES, "%s", says);
    return false;
}

static bool wrong_at(struct parse *parse, const char *bytes, size_t length, const char *says)
{
    snprintf(parse->fault, PHRASE_FAULT_BYTES, "`%.*s`: %s", (int)(length > 60 ? 60 : length), bytes, says);
    return false;
}

static void keep_phrase(struct phrases *phrases, const struct phrase *phrase)
{
    if (phrases->count == phrases->capacity) {
        phrases->capacity = phrases->capacity == 0 ? 64 : 2 * phrases->capacity;
        phrases->items = realloc(phrases->items, phrases->capacity * sizeof *phrases->items);
        if (phrases->items == NULL) {
            abort();
        }
    }
    phrases->items[phrases->count++] = *phrase;
}

/* ---- words ---- */

static bool add_element(struct parse *parse, const struct phrase_element *element)
{
    if (parse->phrase.count == PHRASE_ELEMENTS_MAX) {
        return wrong(parse, "too long; at most 32 words, a `...` counts as 3");
    }
    parse->phrase.elements[parse->phrase.count++] = *element;
    return true;
}

static bool add_kind(struct parse *parse, enum ear_phrase_kind kind, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        if (!add_element(parse, &(struct phrase_element){.kind = (uint8_t)kind})) {
            return false;
        }
    }
    return true;
}

static bool ends_sentence(const struct ear_token *token)
{
    return token->hash == ear_text_hash(".", 1) || token->hash == ear_text_hash("!", 1) ||
           token->hash == ear_text_hash("?", 1);
}

static bool add_token(struct parse *parse, const char *word, const struct ear_token *token)
{
    uint8_t folded[EAR_PHRASE_AFFIX_MAX];
    bool whole = false;
    bool mark = EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK;
    if (mark && !ends_sentence(token)) {
        return true; /* the engine passes over it in messages too */
    }
    struct phrase_element element = {.hash = token->hash, .kind = EAR_PHRASE_WORD};
    if (!mark) { /* folded, so that twins are alike */
        element.length = (uint8_t)ear_text_fold(word, token, folded, EAR_PHRASE_AFFIX_MAX, &whole);
    }
    return add_element(parse, &element);
}

/* The token whose edge a star touches: the last for `word*`, the first for `*word`. */
static bool add_affix(struct parse *parse, const char *word, size_t length, const struct ear_token *token, bool prefix)
{
    uint8_t folded[EAR_PHRASE_AFFIX_MAX];
    bool whole = false;
    size_t letters = 0;
    if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_WORD) {
        return wrong_at(parse, word, length, "`*` goes with a word of letters: `refund*`, `*fahrt`");
    }
    uint16_t count = ear_text_fold(word, token, folded, EAR_PHRASE_AFFIX_MAX, &whole);
    for (uint16_t i = 0; i < count; i++) {
        letters += (folded[i] & 0xC0) != 0x80;
    }
    if (!whole || letters < 2) {
        return wrong_at(parse, word, length, "what goes with `*` has at least 2 letters and at most 32 bytes");
    }
    struct phrase_element element = {.hash = ear_text_hash((const char *)folded, count),
                                     .kind = prefix ? EAR_PHRASE_PREFIX : EAR_PHRASE_SUFFIX,
                                     .length = (uint8_t)count};
    memcpy(element.edge, prefix ? folded : folded + count - 2, 2);
    return add_element(parse, &element);
}

static bool add_word(struct parse *parse, const char *word, size_t length)
{
    if (length == 1 && (word[0] == '_' || word[0] == '*')) {
        return add_kind(parse, EAR_PHRASE_ANY, 1);
    }
    if (length == 1 && word[0] == '#') {
        return add_kind(parse, EAR_PHRASE_NUMBER, 1);
    }
    bool suffix = word[0] == '*';
    bool prefix = word[length - 1] == '*';
    const char *start = word + suffix;
    uint16_t inner = (uint16_t)(length - suffix - prefix);
    if ((suffix && prefix) || memchr(start, '*', inner) != NULL) {
        return wrong_at(parse, word, length, "one `*`, at the end of a word or at its beginning; alone it is any word");
    }
    ear_text_tokens(start, inner, &parse->tokens);
    uint16_t count = parse->tokens.count;
    const struct ear_token *items = parse->tokens.items;
    if (parse->tokens.cut) {
        return wrong(parse, "too long; at most 32 words");
    }
    if ((suffix && (count == 0 || items[0].start != 0)) ||
        (prefix && (count == 0 || items[count - 1].start + items[count - 1].length != inner))) {
        return wrong_at(parse, word, length, "`*` touches a letter: `refund*`, `*fahrt`");
    }
    for (uint16_t i = 0; i < count; i++) {
        bool affix = (suffix && i == 0) || (prefix && i + 1 == count);
        if (!(affix ? add_affix(parse, start, inner, &items[i], prefix) : add_token(parse, start, &items[i]))) {
            return false;
        }
    }
    return true;
}

/* How many bytes of a gap are here: `...`, or the one character for it. */
static size_t gap_at(const char *text)
{
    size_t points = strspn(text, ".");
    return points >= 3 ? points : strncmp(text, ELLIPSIS, 3) == 0 ? 3 : 0;
}

/* ---- a text without alternatives ---- */

static bool is_mark(const struct phrase_element *element)
{
    return element->kind == EAR_PHRASE_WORD && element->length == 0;
}

/* Marks at the ends say nothing: "where is it?" is found without its question mark too. */
static void trim_marks(struct phrase *phrase)
{
    while (phrase->count > 0 && is_mark(&phrase->elements[phrase->count - 1])) {
        phrase->count--;
    }
    uint8_t first = 0;
    while (first < phrase->count && is_mark(&phrase->elements[first])) {
        first++;
    }
    phrase->count = (uint8_t)(phrase->count - first);
    memmove(phrase->elements, phrase->elements + first, phrase->count * sizeof phrase->elements[0]);
}

static bool finish(struct parse *parse)
{
    struct phrase *phrase = &parse->phrase;
    bool anchored = false;
    trim_marks(phrase);
    for (uint8_t i = 0; i < phrase->count; i++) {
        uint8_t kind = phrase->elements[i].kind;
        anchored =
            anchored || (kind != EAR_PHRASE_ANY && kind != EAR_PHRASE_OPTIONAL && !is_mark(&phrase->elements[i]));
    }
    if (!anchored) {
        return wrong(parse, "nothing to look for; a phrase has at least one word, number, ideograph or emoji");
    }
    if (phrase->elements[0].kind == EAR_PHRASE_OPTIONAL ||
        phrase->elements[phrase->count - 1].kind == EAR_PHRASE_OPTIONAL) {
        return wrong(parse, "`...` stands between words");
    }
    keep_phrase(parse->phrases, phrase);
    return true;
}

static bool read_words(struct parse *parse, char *text)
{
    char *out = text; /* without escapes, in place */
    for (const char *p = text; *p != '\0'; p++) {
        p += *p == '\\' && p[1] != '\0';
        *out++ = *p;
    }
    *out = '\0';
    parse->phrase = *parse->like;
    for (const char *p = text; *p != '\0';) {
        size_t gap = gap_at(p);
        if (*p == ' ' || *p == '\t') {
            p++;
        } else if (gap != 0) {
            if (!add_kind(parse, EAR_PHRASE_OPTIONAL, PHRASE_GAP_WORDS)) {
                return false;
            }
            p += gap;
        } else {
            size_t length = 1;
            while (p[length] != '\0' && p[length] != ' ' && p[length] != '\t' && gap_at(p + length) == 0) {
                length++;
            }
            if (!add_word(parse, p, length)) {
                return false;
            }
            p += length;
        }
    }
    return finish(parse);
}

/* ---- alternatives ---- */

/* The first of these characters that is not escaped; the text's end if there is none. */
static const char *find_plain(const char *text, const char *characters)
{
    while (*text != '\0' && strchr(characters, *text) == NULL) {
        text += text[0] == '\\' && text[1] != '\0' ? 2 : 1;
    }
    return text;
}

/* Where the group that opens at text[0] closes, or NULL. */
static const char *close_of(const char *text)
{
    unsigned depth = 1;
    while (depth > 0) {
        text = find_plain(text + 1, "()");
        if (*text == '\0') {
            return NULL;
        }
        depth = *text == '(' ? depth + 1 : depth - 1;
    }
    return text;
}

/* Where the alternative that begins at text ends: at its own `|`, or where the group closes. */
static const char *alternative_end(const char *text, const char *close)
{
    const char *p = find_plain(text, "(|)");
    while (p < close && *p == '(') {
        p = find_plain(close_of(p) + 1, "(|)");
    }
    return p;
}

/* Replace the first group by each of its alternatives, and go on with what is left. As deep as there are groups. */
static bool expand(struct parse *parse, const char *text)
{
    char one[PHRASE_TEXT_BYTES + 1];
    const char *open = find_plain(text, "()|");
    if (*open == '\0') {
        if (++parse->expansions > PHRASE_EXPANSIONS_MAX) {
            return wrong(parse, "its alternatives give more than 256 phrases; write them on several lines");
        }
        memcpy(one, text, (size_t)(open - text) + 1);
        return read_words(parse, one);
    }
    if (*open != '(') {
        return wrong(parse,
                     "`|` and `)` belong to a `(`: `(refund|money back)`; `\\|` and `\\)` are the signs themselves");
    }
    const char *close = close_of(open);
    if (close == NULL) {
        return wrong(parse, "`(` is not closed; `\\(` is the sign itself");
    }
    for (const char *p = open; p < close;) {
        const char *end = alternative_end(p + 1, close);
        snprintf(one, sizeof one, "%.*s%.*s%s", (int)(open - text), text, (int)(end - p - 1), p + 1, close + 1);
        if (!expand(parse, one)) {
            return false;
        }
        p = end;
    }
    return true;
}

bool phrases_add(struct phrases *phrases, const struct phrase *like, const char *text, char fault[PHRASE_FAULT_BYTES])
{
    struct parse *parse = calloc(1, sizeof *parse);
    if (parse == NULL) {
        abort();
    }
    parse->phrases = phrases;
    parse->like = like;
    parse->fault = fault;
    bool right = strlen(text) > PHRASE_TEXT_BYTES ? wrong(parse, "longer than 500 bytes") : expand(parse, text);
    free(parse);
    return right;
}

void phrases_free(struct phrases *phrases)
{
    free(phrases->items);
    *phrases = (struct phrases){0};
}
