/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_phrases.c - see ear_phrases.h, and ear_phrases_body.h for the bytes.
 *
 * How it works. Each token's hash is asked of the filter, one bit in a table that stays in the cache: most words are in
 * no phrase and cost no more than that. A word that may be one is looked up among the keys of its bucket; its phrases
 * are then held against the tokens on both sides of it, all ways to pass over optional words at once: bit n of a set
 * says that the next word may be element n. Words that may begin or end like a prefix or suffix, by their first or last
 * two bytes, are folded once more and looked up by the hash of each length that prefixes have. */
#include "core/model/ear_phrases.h"

#include "core/base/ear_le.h"
#include "core/judge/ear_text.h"
#include "core/judge/ear_text_fold.h"
#include "core/model/ear_phrases_body.h"

#define FOLDED_BYTES 64 /* of a word whose end is looked at; of longer ones only the beginning is */
#define WORD_LONGEST 255u

/* ear_text_hash of the marks that end a sentence. */
#define HASH_POINT 0xDD2B6E37u
#define HASH_EXCLAMATION 0x248AC914u
#define HASH_QUESTION 0xC1C5D8B8u

/* A label that was found, or cancelled. */
struct found {
    uint16_t label;
    uint16_t score;
    uint8_t words;
    bool said;
    bool cancelled;
};

struct search {
    struct ear_phrases_parts body;
    const struct ear_turn *turn;
    uint16_t count;
    struct found found[EAR_VERDICTS];
};

static inline bool has_bit(const uint8_t *bits, uint32_t at)
{
    return (bits[at >> 3] >> (at & 7) & 1) != 0;
}

/* ---- a phrase beside its anchor ---- */

static bool word_has_affix(const struct ear_turn *turn, const struct ear_token *token, const uint8_t *element)
{
    uint8_t folded[FOLDED_BYTES];
    bool whole = false;
    uint8_t length = element[1];
    if (EAR_TOKEN_KIND(*token) != EAR_TOKEN_WORD) {
        return false;
    }
    uint16_t count = ear_text_fold(turn->text, token, folded, FOLDED_BYTES, &whole);
    bool suffix = element[0] == EAR_PHRASE_SUFFIX;
    if (count < length || (suffix && !whole)) {
        return false;
    }
    return ear_text_hash((const char *)folded + (suffix ? count - length : 0), length) == ear_le32_get(element + 2);
}

static bool element_is(const struct ear_turn *turn, const uint8_t *element, const struct ear_token *token)
{
    switch (element[0]) {
    case EAR_PHRASE_WORD:
        return ear_le32_get(element + 2) == token->hash;
    case EAR_PHRASE_ANY:
    case EAR_PHRASE_OPTIONAL:
        return EAR_TOKEN_KIND(*token) != EAR_TOKEN_MARK;
    case EAR_PHRASE_NUMBER:
        return EAR_TOKEN_KIND(*token) == EAR_TOKEN_NUMBER;
    default:
        return word_has_affix(turn, token, element);
    }
}

/* Add what may follow where an optional element is left out. */
static uint32_t leave_out(const uint8_t *elements, uint8_t count, uint32_t states)
{
    for (uint8_t i = 0; i < count; i++) {
        if ((states >> i & 1) != 0 && elements[EAR_PHRASE_ELEMENT_BYTES * i] == EAR_PHRASE_OPTIONAL) {
            states |= 2u << i;
        }
    }
    return states;
}

static bool is_passed_over(const struct ear_token *token)
{
    return EAR_TOKEN_KIND(*token) == EAR_TOKEN_MARK && token->hash != HASH_POINT && token->hash != HASH_EXCLAMATION &&
           token->hash != HASH_QUESTION;
}

/* Whether the tokens on one side of the anchor (step 1: behind it, -1: before it) are these elements. */
static bool side_is(const struct ear_turn *turn, const uint8_t *elements, uint8_t count, int32_t anchor, int32_t step)
{
    uint32_t states = leave_out(elements, count, 1);
    for (int32_t at = anchor + step; (states >> count & 1) == 0; at += step) {
        if (at < 0 || at >= turn->token_count || states == 0) {
            return false;
        }
        const struct ear_token *token = &turn->tokens[at];
        uint32_t next = is_passed_over(token) ? states : 0;
        for (uint32_t rest = states; rest != 0; rest &= rest - 1) {
            uint32_t i = (uint32_t)__builtin_ctz(rest);
            if (element_is(turn, elements + EAR_PHRASE_ELEMENT_BYTES * i, token)) {
                next |= 2u << i;
            }
        }
        states = leave_out(elements, count, next);
    }
    return true;
}

/* Whether the element next to the anchor leaves hope: nearly all phrases fail there, and this is quick to see. */
static inline bool may_be(const struct ear_turn *turn, const uint8_t *element, int32_t at)
{
    if (element[0] != EAR_PHRASE_WORD) {
        return true;
    }
    return at >= 0 && at < turn->token_count &&
           (turn->tokens[at].hash == ear_le32_get(element + 2) || EAR_TOKEN_KIND(turn->tokens[at]) == EAR_TOKEN_MARK);
}

static bool is_around(const struct ear_turn *turn, const uint8_t *phrase, int32_t anchor)
{
    uint8_t before = phrase[4];
    uint8_t after = phrase[5];
    const uint8_t *left = phrase + EAR_PHRASE_HEAD_BYTES;
    const uint8_t *right = left + EAR_PHRASE_ELEMENT_BYTES * before;
    if ((before != 0 && !may_be(turn, left, anchor - 1)) || (after != 0 && !may_be(turn, right, anchor + 1))) {
        return false;
    }
    return (before == 0 || side_is(turn, left, before, anchor, -1)) &&
           (after == 0 || side_is(turn, right, after, anchor, 1));
}

/* ---- what was found ---- */

static void note(struct search *search, const uint8_t *phrase)
{
    uint16_t label = ear_le16_get(phrase);
    uint16_t weight = ear_le16_get(phrase + 2);
    uint16_t i = 0;
    while (i < search->count && search->found[i].label != label) {
        i++;
    }
    if (i == EAR_VERDICTS) {
        return; /* so many labels in one message */
    }
    struct found *found = &search->found[i];
    if (i == search->count) {
        search->count++;
        *found = (struct found){.label = label};
    }
    if ((phrase[7] & EAR_PHRASE_CANCELS) != 0) {
        found->cancelled = true;
    } else if (!found->said || weight > found->score || (weight == found->score && phrase[6] > found->words)) {
        found->said = true;
        found->score = weight;
        found->words = phrase[6];
    }
}

static void try_list(struct search *search, const uint8_t *phrase, int32_t anchor)
{
    for (;;) {
        if (is_around(search->turn, phrase, anchor)) {
            note(search, phrase);
        }
        if ((phrase[7] & EAR_PHRASE_LAST) != 0) {
            return;
        }
        phrase += EAR_PHRASE_HEAD_BYTES + EAR_PHRASE_ELEMENT_BYTES * ((size_t)phrase[4] + phrase[5]);
    }
}

static void look_up(struct search *search, uint32_t key, int32_t anchor)
{
    const struct ear_phrases_parts *body = &search->body;
    const uint8_t *bucket = body->directory + 2 * (size_t)(key & body->bucket_mask);
    const uint8_t *end = body->keys + (size_t)EAR_PHRASES_KEY_BYTES * ear_le16_get(bucket + 2);
    for (const uint8_t *p = body->keys + (size_t)EAR_PHRASES_KEY_BYTES * ear_le16_get(bucket); p < end;
         p += EAR_PHRASES_KEY_BYTES) {
        if (ear_le32_get(p) == key) {
            try_list(search, body->lists + ear_le32_get(p + 4), anchor);
            return;
        }
    }
}

static inline void try_key(struct search *search, uint32_t key, int32_t anchor)
{
    if (has_bit(search->body.filter, key & search->body.filter_mask)) {
        look_up(search, key, anchor);
    }
}

/* Whether a word with these two bytes at its edge may have an affix. Bytes that fold to others say nothing. */
static inline bool edge_may(const uint8_t *edges, uint8_t first, uint8_t second)
{
    return ((first | second) & 0x80) != 0 || first == '`' || second == '`' ||
           has_bit(edges, EAR_PHRASES_EDGE(first, second));
}

static void try_affixes(struct search *search, const struct ear_token *token, int32_t anchor, bool prefix, bool suffix)
{
    uint8_t folded[FOLDED_BYTES];
    bool whole = false;
    const char *bytes = (const char *)folded;
    uint16_t count = ear_text_fold(search->turn->text, token, folded, FOLDED_BYTES, &whole);
    uint32_t fits = count >= 32 ? UINT32_MAX : (1u << count) - 1; /* lengths up to the word's own */
    for (uint32_t rest = prefix ? search->body.prefixes & fits : 0; rest != 0; rest &= rest - 1) {
        uint32_t length = (uint32_t)__builtin_ctz(rest) + 1;
        try_key(search, ear_text_hash(bytes, length) ^ EAR_PHRASES_PREFIX_KEY, anchor);
    }
    for (uint32_t rest = suffix && whole ? search->body.suffixes & fits : 0; rest != 0; rest &= rest - 1) {
        uint32_t length = (uint32_t)__builtin_ctz(rest) + 1;
        try_key(search, ear_text_hash(bytes + count - length, length) ^ EAR_PHRASES_SUFFIX_KEY, anchor);
    }
}

static inline void try_edges(struct search *search, const struct ear_token *token, int32_t anchor)
{
    const uint8_t *edges = search->body.edges;
    const uint8_t *start = (const uint8_t *)search->turn->text + token->start;
    const uint8_t *end = start + token->length;
    if (token->length < 2) {
        return;
    }
    bool prefix = search->body.prefixes != 0 && edge_may(edges, start[0], start[1]);
    bool suffix = search->body.suffixes != 0 && token->length < WORD_LONGEST &&
                  edge_may(edges + EAR_PHRASES_EDGES_BYTES, end[-2], end[-1]);
    if (prefix || suffix) {
        try_affixes(search, token, anchor, prefix, suffix);
    }
}

/* ---- verdicts ---- */

static bool may_say(const struct ear_pack *pack, const struct found *found)
{
    return found->said && !found->cancelled && found->score >= ear_pack_threshold(pack, found->label);
}

static void say_all(const struct ear_pack *pack, const struct search *search, struct ear_verdicts *verdicts)
{
    for (uint16_t i = 0; i < search->count; i++) {
        const struct found *found = &search->found[i];
        if (may_say(pack, found) && found->label != pack->reject) {
            ear_verdict_add(verdicts, (enum ear_question)pack->question, found->label, (int16_t)found->score);
        }
    }
}

static void say_best(const struct ear_pack *pack, const struct search *search, struct ear_verdicts *verdicts)
{
    const struct found *best = NULL;
    for (uint16_t i = 0; i < search->count; i++) {
        const struct found *found = &search->found[i];
        if (may_say(pack, found) && (best == NULL || found->score > best->score ||
                                     (found->score == best->score && found->words > best->words))) {
            best = found;
        }
    }
    if (best != NULL && best->label != pack->reject) {
        ear_verdict_add(verdicts, (enum ear_question)pack->question, best->label, (int16_t)best->score);
    }
}

static int on_turn(const struct ear_plugin_call *call)
{
    const struct ear_model *model = call->data;
    const struct ear_turn *turn = call->turn;
    struct search search;
    ear_phrases_parts(&model->pack, &search.body);
    search.turn = turn;
    search.count = 0;
    for (uint16_t i = 0; i < turn->token_count; i++) {
        const struct ear_token *token = &turn->tokens[i];
        try_key(&search, token->hash, i);
        uint8_t kind = EAR_TOKEN_KIND(*token);
        if (kind == EAR_TOKEN_NUMBER) {
            try_key(&search, EAR_PHRASES_NUMBER_KEY, i);
        } else if (kind == EAR_TOKEN_WORD && search.body.edges != NULL) {
            try_edges(&search, token, i);
        }
    }
    if (search.count == 0) {
        return 0;
    }
    if (model->pack.question == EAR_ASK_TAG) {
        say_all(&model->pack, &search, call->verdicts);
    } else {
        say_best(&model->pack, &search, call->verdicts);
    }
    return 0;
}

const struct ear_engine ear_engine_phrases = {
    .name = "phrases",
    .id = EAR_ENGINE_PHRASES,
    .version = EAR_PHRASES_VERSION,
    .check = ear_phrases_check,
    .on_turn = on_turn,
};
