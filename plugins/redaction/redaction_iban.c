/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/redaction/redaction_iban.c - accounts of banks: ISO 13616, in one piece or in groups. */
#include "plugins/redaction/redaction.h"

#define LEAST 15 /* characters: Norway */
#define MOST 34

/* The check digits hold if the number made of the fifth and all further characters and then the first four, letters as
 * 10 to 35, leaves 1 when divided by 97 (ISO 7064, MOD 97-10). */
static unsigned step(unsigned rest, char c)
{
    if (redaction_is_digit(c)) {
        return (rest * 10 + (unsigned)(c - '0')) % 97;
    }
    return (rest * 100 + (unsigned)((c | 0x20) - 'a') + 10) % 97;
}

static bool holds(const char *account, unsigned length)
{
    unsigned rest = 0;
    for (unsigned i = 0; i < length; i++) {
        rest = step(rest, account[(i + 4) % length]);
    }
    return rest == 1;
}

/* The account that begins with this token: where it ends; 0 if there is none. */
static uint32_t read_account(const struct ear_turn *turn, uint32_t start)
{
    char account[MOST];
    unsigned length = 0;
    uint32_t end = 0;
    for (uint32_t at = start; at < turn->text_length; at++) {
        const char c = turn->text[at];
        const bool more = at + 1 < turn->text_length;
        if (redaction_is_letter(c) || redaction_is_digit(c)) {
            if (length == MOST) {
                break;
            }
            account[length++] = c;
            const char after = more ? turn->text[at + 1] : ' ';
            const bool whole = !redaction_is_letter(after) && !redaction_is_digit(after);
            end = whole && length >= LEAST && holds(account, length) ? at + 1 : end;
        } else if ((c != ' ' && c != '-' && c != '.') || !more || length == 0) {
            break;
        }
    }
    return end;
}

static bool may_begin(const struct ear_turn *turn, const struct ear_token *token)
{
    const char *text = turn->text + token->start;
    return EAR_TOKEN_KIND(*token) == EAR_TOKEN_WORD && token->length >= 4 && redaction_is_letter(text[0]) &&
           redaction_is_letter(text[1]) && redaction_is_digit(text[2]) && redaction_is_digit(text[3]);
}

void redaction_find_ibans(struct search *search)
{
    const struct ear_turn *turn = search->turn;
    for (uint16_t i = 0; i < turn->token_count; i++) {
        const struct ear_token *token = &turn->tokens[i];
        if (!may_begin(turn, token) || redaction_end(search, token->start) != 0) {
            continue;
        }
        const uint32_t end = read_account(turn, token->start);
        if (end != 0) {
            redaction_mark(search, EAR_PERSONAL_IBAN, token->start, end);
        }
    }
}
