/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/redaction/redaction.h - what the finders of personal data share. Pure. */
#ifndef EAR_REDACTION_H
#define EAR_REDACTION_H

#include "core/judge/ear_plugin.h"

/** A message being searched. */
struct search {
    const struct ear_turn *turn;
    struct ear_verdicts *found;
};

/** Bytes start..end of the text are personal. If there is no room to say so, all of the text is. */
void redaction_mark(struct search *search, enum ear_personal personal, uint32_t start, uint32_t end);

/** The span found so far that holds this byte: where it ends; 0: none does. */
uint32_t redaction_end(const struct search *search, uint32_t at);

/** What token i is around names and numbers: enum part of redaction_words.h; 0: no word, or none of these. */
uint16_t redaction_part(const struct ear_turn *turn, uint32_t i);

/** The finders. */
void redaction_find_mail(struct search *search);    /* redaction_mail.c */
void redaction_find_ibans(struct search *search);   /* redaction_iban.c */
void redaction_find_numbers(struct search *search); /* redaction_number.c */
void redaction_find_names(struct search *search);   /* redaction_name.c */

static inline bool redaction_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool redaction_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline uint32_t redaction_token_end(const struct ear_token *token)
{
    return (uint32_t)token->start + token->length;
}

#endif
