/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/repetition_loop/repetition_loop.c - is the conversation going in circles? See README.md.
 *
 * A message is remembered by bitmaps (Bloom filters): each word sets one of 64 bits; in a short message each pair of
 * neighbouring letters or digits sets one of 128 bits besides. Two messages are as alike as their bitmaps: bits in
 * both, of the bits in either (Jaccard). Of a long message few words change when it is said again; of a short one that
 * is spelled or misheard few pairs. */
#include <assert.h>

#include "core/judge/ear_plugin.h"
#include "plugins/ear_fallback.h"

/* Alike in permille: what a user says again, nearly word for word; what is short and says the same otherwise (spelled,
 * misheard), which counts the second time in a row; a bot's prompt, which may hold other data. */
#ifndef USER_SAME
#define USER_SAME 800
#define USER_ALIKE 350
#define SHORT_LETTERS 24
#define SPELLED_ALIKE 250
#endif
#define BOT_SAME 800

#define BOT_KEPT 3
#define BOT_TIMES 2      /* a bot's prompt is a loop when so many of those kept are the same */
#define FALLBACK_TIMES 2 /* "I did not understand", running */
#define SHORT_BYTES 32   /* messages up to here are compared by letters too */
#define LEAST_LETTERS 4  /* "yes", "no", "ok" are said again without a loop */

/* A message. Of a long one pairs are not taken. */
struct signature {
    uint64_t words;
    uint64_t pairs[2];
};

/* What is remembered of a conversation. */
struct memory {
    struct signature user;  /* the last message that was not too short; no bits: none yet */
    uint64_t bot[BOT_KEPT]; /* the words of the last ones */
    uint8_t bot_next;       /* slot to use next */
    uint8_t user_alike;     /* user messages running that were like the one before */
    uint8_t fallbacks;      /* running */
};
static_assert(sizeof(struct memory) <= 64, "a conversation's memory of its last messages is small");

static uint32_t count_bits(uint64_t x)
{
    x -= (x >> 1) & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + ((x >> 2) & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (uint32_t)((x * UINT64_C(0x0101010101010101)) >> 56);
}

/* By pairs of letters if both are short, else by words. */
static uint32_t alike_permille(const struct signature *a, const struct signature *b)
{
    bool short_ones = (a->pairs[0] | a->pairs[1]) != 0 && (b->pairs[0] | b->pairs[1]) != 0;
    uint32_t both = short_ones ? count_bits(a->pairs[0] & b->pairs[0]) + count_bits(a->pairs[1] & b->pairs[1])
                               : count_bits(a->words & b->words);
    uint32_t either = short_ones ? count_bits(a->pairs[0] | b->pairs[0]) + count_bits(a->pairs[1] | b->pairs[1])
                                 : count_bits(a->words | b->words);
    return either == 0 ? 0 : 1000 * both / either;
}

static uint64_t word_bits(const struct ear_turn *turn)
{
    uint64_t bits = 0;
    for (uint16_t i = 0; i < turn->token_count; i++) {
        uint64_t is_word = EAR_TOKEN_KIND(turn->tokens[i]) != EAR_TOKEN_MARK;
        bits |= is_word << (turn->tokens[i].hash >> 26);
    }
    return bits;
}

static bool is_letter(uint8_t byte)
{
    return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10;
}

/* A character beyond ASCII, of all its bytes; returns where it ends. */
static uint16_t long_letter(const char *text, uint16_t end, uint16_t at, uint32_t *letter)
{
    *letter = 0;
    do {
        *letter = *letter << 6 ^ (uint8_t)text[at++];
    } while (at < end && ((uint8_t)text[at] & 0xC0u) == 0x80u);
    return at;
}

/* Sets the bits of a short text's pairs; returns how many letters and digits it has. */
static uint16_t sign_pairs(const char *text, uint16_t length, uint64_t *pairs)
{
    uint32_t before = 0;
    uint16_t count = 0;
    for (uint16_t at = 0; at < length;) {
        uint8_t byte = (uint8_t)text[at];
        uint32_t letter = byte | 0x20u;
        if (byte >= 0x80) {
            at = long_letter(text, length, at, &letter);
        } else {
            at++;
            if (!is_letter(byte)) {
                continue;
            }
        }
        uint32_t bit = ((before << 8 ^ letter) * 0x9E3779B1u) >> 25;
        pairs[bit >> 6] |= UINT64_C(1) << (bit & 63u);
        before = letter;
        count++;
    }
    return count;
}

/* True if most of a message is numbers and single letters: something spelled out, a code, a date. */
static bool is_spelled(const struct ear_turn *turn)
{
    uint16_t pieces = 0;
    uint16_t all = 0;
    for (uint16_t i = 0; i < turn->token_count; i++) {
        uint8_t kind = EAR_TOKEN_KIND(turn->tokens[i]);
        all = (uint16_t)(all + (kind != EAR_TOKEN_MARK));
        pieces =
            (uint16_t)(pieces + (kind == EAR_TOKEN_NUMBER || (kind == EAR_TOKEN_WORD && turn->tokens[i].length == 1)));
    }
    return 2 * pieces > all;
}

/* True if the user says the same again, or much the same for the third time. */
static bool user_loops(struct memory *memory, const struct ear_turn *turn)
{
    struct signature said = {.words = word_bits(turn)};
    uint16_t letters = turn->text_length;
    if (turn->text_length <= SHORT_BYTES) {
        letters = sign_pairs(turn->text, turn->text_length, said.pairs);
        if (letters < LEAST_LETTERS) {
            return false;
        }
    }
    uint32_t alike = alike_permille(&said, &memory->user);
    bool again = alike >= USER_ALIKE && letters <= SHORT_LETTERS;
    memory->user_alike = again ? (uint8_t)(memory->user_alike + (memory->user_alike < 255)) : 0;
    memory->user = said;
    return alike >= USER_SAME || memory->user_alike >= 2 || (alike >= SPELLED_ALIKE && is_spelled(turn));
}

/* Remember the bot's message. How many of those before it were the same? */
static uint8_t bot_said(struct memory *memory, uint64_t bits)
{
    uint8_t same = 0;
    for (uint8_t i = 0; i < BOT_KEPT; i++) {
        uint32_t both = count_bits(bits & memory->bot[i]);
        uint32_t either = count_bits(bits | memory->bot[i]);
        same = (uint8_t)(same + (both != 0 && 1000 * both >= BOT_SAME * either));
    }
    memory->bot[memory->bot_next] = bits;
    memory->bot_next = (uint8_t)((memory->bot_next + 1) % BOT_KEPT);
    return same;
}

static bool bot_loops(struct memory *memory, const struct ear_turn *turn)
{
    bool fallback = (turn->flags & EAR_TURN_FALLBACK) != 0 || ear_fallback_is(turn);
    memory->fallbacks = fallback ? (uint8_t)(memory->fallbacks + (memory->fallbacks < 255)) : 0;
    uint64_t bits = word_bits(turn);
    return bot_said(memory, bits) >= BOT_TIMES || memory->fallbacks >= FALLBACK_TIMES;
}

static int on_turn(const struct ear_plugin_call *call)
{
    struct memory *memory = (struct memory *)call->state;
    bool loops = call->turn->from == EAR_FROM_USER ? user_loops(memory, call->turn) : bot_loops(memory, call->turn);
    ear_verdict_add(call->verdicts, EAR_ASK_REPETITION_LOOP, loops ? 1 : 0, 900);
    return 0;
}

const struct ear_plugin ear_plugin_repetition_loop = {
    EAR_PLUGIN_HEADER,
    .name = "repetition_loop",
    .version = "1.0.0",
    .questions = EAR_ASK_BIT(EAR_ASK_REPETITION_LOOP),
    .hears = EAR_FROM_BIT(EAR_FROM_USER) | EAR_FROM_BIT(EAR_FROM_BOT),
    .state_size = sizeof(struct memory),
    .budget_us = 500,
    .on_turn = on_turn,
};
