/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/redaction/redaction_number.c - phones, payment cards and other long numbers.
 *
 * A *run* is groups of digits with little between them: "+49 (0)30 / 12 34 56". First it is asked whether it is a date,
 * an amount or a version, which are nobody's; then by its shape what it is. */
#include "plugins/redaction/redaction.h"
#include "plugins/redaction/redaction_words.h"

#define MOST_GROUPS 16
#define LONG_GROUP 7 /* digits in one piece that count as a number of somebody's */
#define LONG_RUN 9   /* digits in several pieces */
#define NEAR 4       /* words before a run that may announce a phone */

struct group {
    uint32_t start;
    uint8_t length;
    char before; /* what separates it from the last one: ' ', '-', '.', '/', ','; ')' if any bracket is there */
};

struct run {
    uint32_t start, end; /* with its + or ( */
    unsigned digits, count;
    bool plus, bracket;
    bool glued; /* a letter touches it */
    struct group groups[MOST_GROUPS];
};

/* ---- reading ---- */

/* Bytes of the separator at `at`, and what it is; 0 if it is none. Blanks and dashes come in several widths. */
static unsigned separator(const struct ear_turn *turn, uint32_t at, char *what)
{
    const uint8_t *bytes = (const uint8_t *)turn->text + at;
    const uint32_t left = turn->text_length - at;
    *what = (char)bytes[0];
    switch (bytes[0]) {
    case ' ':
    case '-':
    case '.':
    case '/':
    case ',':
        return 1;
    case '(':
    case ')':
        *what = ')';
        return 1;
    case 0xC2:
        *what = ' ';
        return left > 1 && bytes[1] == 0xA0 ? 2 : 0;
    case 0xE2: /* U+2009, U+202F; U+2010 to U+2014 */
        *what = left > 2 && bytes[1] == 0x80 && bytes[2] >= 0x90 && bytes[2] <= 0x94 ? '-' : ' ';
        return left > 2 && bytes[1] == 0x80 &&
                       ((bytes[2] >= 0x89 && bytes[2] <= 0x8A) || bytes[2] == 0xAF || *what == '-')
                   ? 3
                   : 0;
    default:
        return 0;
    }
}

/* What lies between two groups: at most three separators. True if another group follows, at *next. */
static bool bridge(const struct ear_turn *turn, uint32_t at, uint32_t *next, char *what)
{
    char here = 0;
    *what = ' ';
    for (unsigned i = 0; i < 4 && at < turn->text_length; i++) {
        if (redaction_is_digit(turn->text[at])) {
            *next = at;
            return i > 0;
        }
        const unsigned length = separator(turn, at, &here);
        if (length == 0 || (i > 0 && (here == ',' || *what == ','))) {
            return false;
        }
        if (here == ')' || (*what == ' ' && here != ' ')) {
            *what = here;
        } else if (here == '.' && *what != ')') {
            return false; /* "2.. 3" */
        }
        at += length;
    }
    return false;
}

static uint32_t read_group(const struct ear_turn *turn, uint32_t at, char before, struct run *run)
{
    struct group *group = &run->groups[run->count++];
    *group = (struct group){.start = at, .before = before};
    while (at < turn->text_length && redaction_is_digit(turn->text[at])) {
        group->length = (uint8_t)(group->length + (group->length < UINT8_MAX));
        run->digits++;
        at++;
    }
    return at;
}

static bool is_letter_at(const struct ear_turn *turn, uint32_t at)
{
    return at < turn->text_length && redaction_is_letter(turn->text[at]);
}

/* The run whose first digit is at `at`. */
static void read_run(const struct ear_turn *turn, uint32_t at, struct run *run)
{
    char what = ' ';
    run->count = 0;
    run->digits = 0;
    run->start = at;
    run->glued = at > 0 && redaction_is_letter(turn->text[at - 1]);
    run->bracket = at > 0 && turn->text[at - 1] == '(';
    run->start -= run->bracket;
    run->plus = run->start > 0 && turn->text[run->start - 1] == '+';
    run->start -= run->plus;
    if (run->plus && run->start > 0 && turn->text[run->start - 1] == '(') {
        run->bracket = true; /* "(+49) 30" */
        run->start--;
    }
    do {
        run->end = read_group(turn, at, what, run);
    } while (run->count < MOST_GROUPS && bridge(turn, run->end, &at, &what));
    run->glued = run->glued || is_letter_at(turn, run->end);
    for (unsigned i = 1; i < run->count; i++) {
        run->bracket = run->bracket || run->groups[i].before == ')';
    }
}

static void drop_first(struct run *run, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        run->digits -= run->groups[i].length;
    }
    for (unsigned i = count; i < run->count; i++) {
        run->groups[i - count] = run->groups[i];
    }
    run->count -= count;
    run->start = run->count > 0 ? run->groups[0].start : run->end;
    run->plus = false;
}

static unsigned value(const struct ear_turn *turn, const struct group *group)
{
    unsigned number = 0;
    for (unsigned i = 0; i < group->length && i < 4; i++) {
        number = number * 10 + (unsigned)(turn->text[group->start + i] - '0');
    }
    return number;
}

/* ---- what is nobody's ---- */

static bool is_year(const struct ear_turn *turn, const struct group *group)
{
    const unsigned year = value(turn, group);
    return group->length == 4 && year >= 1900 && year < 2100;
}

/* A day, month and year in one of their orders, at the run's beginning, and no fourth group that goes on like them. */
static bool begins_with_date(const struct ear_turn *turn, const struct run *run)
{
    const struct group *g = run->groups;
    if (run->count < 3 || run->plus || g[1].before != g[2].before || g[1].before == ' ' || g[1].before == ')' ||
        (run->count > 3 && g[3].before == g[1].before)) {
        return false;
    }
    const unsigned first = value(turn, &g[0]);
    const unsigned second = value(turn, &g[1]);
    const unsigned third = value(turn, &g[2]);
    const bool year_first = is_year(turn, &g[0]) && second >= 1 && second <= 12 && third >= 1 && third <= 31;
    const bool year_last = (is_year(turn, &g[2]) || g[2].length == 2) && first >= 1 && second >= 1 && first <= 31 &&
                           second <= 31 && (first <= 12 || second <= 12);
    return g[1].length <= 2 && ((year_first && g[2].length <= 2) || (year_last && g[0].length <= 2));
}

static bool all_groups(const struct run *run, unsigned from, uint8_t length)
{
    for (unsigned i = from; i < run->count; i++) {
        if (run->groups[i].length != length) {
            return false;
        }
    }
    return true;
}

static bool only_between(const struct run *run, char one, char other)
{
    for (unsigned i = 1; i < run->count; i++) {
        if (run->groups[i].before != one && run->groups[i].before != other) {
            return false;
        }
    }
    return true;
}

/* 1.234.567,89 and 12,500 and 1 000 000: groups of three after a shorter one, perhaps cents at the end. */
static bool is_amount(const struct ear_turn *turn, const struct run *run)
{
    unsigned count = run->count;
    if (count < 2 || run->plus || run->bracket || turn->text[run->groups[0].start] == '0') {
        return false;
    }
    const char by = run->groups[1].before;
    if (count > 2 && run->groups[count - 1].before != by && run->groups[count - 1].length <= 2) {
        count--;
    }
    for (unsigned i = 1; i < count; i++) {
        if (run->groups[i].length != 3 || run->groups[i].before != by) {
            return false;
        }
    }
    const bool phone = by != ',' && count == 3 && run->groups[0].length == 3; /* 612 345 678 */
    return run->groups[0].length <= 3 && (by == '.' || by == ',' || by == ' ') && !phone;
}

static bool are_years(const struct ear_turn *turn, const struct run *run)
{
    for (unsigned i = 0; i < run->count; i++) {
        if (!is_year(turn, &run->groups[i])) {
            return false;
        }
    }
    return true;
}

/* ---- what is somebody's ---- */

/* The checksum of payment cards (ISO/IEC 7812, Luhn). */
static bool passes_luhn(const struct ear_turn *turn, const struct run *run)
{
    unsigned sum = 0;
    unsigned left = run->digits;
    for (uint32_t at = run->groups[0].start; at < run->end; at++) {
        if (redaction_is_digit(turn->text[at])) {
            unsigned digit = (unsigned)(turn->text[at] - '0');
            digit = left % 2 == 0 ? 2 * digit : digit;
            sum += digit > 9 ? digit - 9 : digit;
            left--;
        }
    }
    return sum % 10 == 0;
}

static bool is_card(const struct ear_turn *turn, const struct run *run)
{
    return run->digits >= 13 && run->digits <= 19 && !run->plus && only_between(run, ' ', '-') &&
           passes_luhn(turn, run);
}

static bool lengths(const struct run *run, unsigned from, uint8_t a, uint8_t b, uint8_t c)
{
    return run->count == from + 3 && run->groups[from].length == a && run->groups[from + 1].length == b &&
           run->groups[from + 2].length == c;
}

/* Local shapes, by groups: 555-123-4567 and 1-800-555-0199, 555-0199, 612 345 678, 06 12 34 56 78, 333 123 4567. */
static bool has_local_shape(const struct ear_turn *turn, const struct run *run)
{
    const char first = turn->text[run->groups[0].start];
    const uint8_t length = run->groups[0].length;
    if (lengths(run, 0, 3, 3, 4) || (length == 1 && first == '1' && lengths(run, 1, 3, 3, 4))) {
        return true;
    }
    if (run->count == 2 && length == 3 && run->groups[1].length == 4) {
        return run->groups[1].before == '-' && first >= '2';
    }
    if (lengths(run, 0, 3, 3, 3) || (run->count == 4 && length == 3 && all_groups(run, 1, 2))) {
        return first >= '6';
    }
    if (run->count >= 4 && all_groups(run, 0, 2)) {
        return run->digits <= 10;
    }
    return run->digits == 10 && length == 3 && first == '3' && run->count > 1 && only_between(run, ' ', '-');
}

/* 030 123456, 0170/1234567, 020 7946 0958, 0049 30 123456: it begins with the 0 of long distance. */
static bool has_trunk_prefix(const struct ear_turn *turn, const struct run *run)
{
    const struct group *first = &run->groups[0];
    if (turn->text[first->start] != '0' || run->digits > 15) {
        return false;
    }
    return run->digits >= 9 || (run->digits >= 7 && run->count > 1 && first->length >= 3);
}

/* One of the last words before the run says that a phone number comes. */
static bool is_announced(const struct ear_turn *turn, const struct run *run)
{
    unsigned words = 0;
    for (uint16_t i = turn->token_count; i > 0 && words < NEAR; i--) {
        const struct ear_token *token = &turn->tokens[i - 1];
        if (token->start >= run->start) {
            continue;
        }
        if (EAR_TOKEN_KIND(*token) == EAR_TOKEN_WORD) {
            const uint16_t part = redaction_part(turn, i - 1u);
            if (part == PHONE || part == CALL) {
                return true;
            }
            words++;
        }
    }
    return false;
}

static bool is_phone(const struct ear_turn *turn, const struct run *run)
{
    if (run->glued || run->digits > 16) {
        return false;
    }
    if (run->plus || (run->bracket && run->digits >= 9)) {
        return run->digits >= 7;
    }
    return has_trunk_prefix(turn, run) || has_local_shape(turn, run) || (run->digits >= 6 && is_announced(turn, run));
}

static bool is_long(const struct ear_turn *turn, const struct run *run)
{
    (void)turn;
    for (unsigned i = 0; i < run->count; i++) {
        if (run->groups[i].length >= LONG_GROUP) {
            return true;
        }
    }
    const bool version = only_between(run, '.', '.'); /* or an address of the Internet */
    return run->digits >= LONG_RUN && run->count > 1 && !version && run->digits >= 2 * run->count;
}

/* Take the word that touches the number along: AB1234567. */
static void mark(struct search *search, enum ear_personal personal, const struct run *run)
{
    const struct ear_turn *turn = search->turn;
    uint32_t start = run->start;
    uint32_t end = run->end;
    while (start > 0 && (redaction_is_letter(turn->text[start - 1]) || redaction_is_digit(turn->text[start - 1]))) {
        start--;
    }
    while (end < turn->text_length && (redaction_is_letter(turn->text[end]) || redaction_is_digit(turn->text[end]))) {
        end++;
    }
    redaction_mark(search, personal, start, end);
}

static void judge(struct search *search, struct run *run)
{
    const struct ear_turn *turn = search->turn;
    while (begins_with_date(turn, run)) {
        drop_first(run, 3);
    }
    if (run->count == 0 || run->digits < 6) {
        return;
    }
    if (is_card(turn, run)) {
        mark(search, EAR_PERSONAL_CARD, run);
    } else if (is_amount(turn, run) || are_years(turn, run)) {
        return;
    } else if (is_phone(turn, run)) {
        mark(search, EAR_PERSONAL_PHONE, run);
    } else if (is_long(turn, run)) {
        mark(search, EAR_PERSONAL_NUMBER, run);
    }
}

void redaction_find_numbers(struct search *search)
{
    const struct ear_turn *turn = search->turn;
    struct run run;
    for (uint32_t at = 0; at < turn->text_length; at++) {
        if (!redaction_is_digit(turn->text[at])) {
            continue;
        }
        const uint32_t known = redaction_end(search, at);
        if (known != 0) {
            at = known - 1;
            continue;
        }
        read_run(turn, at, &run);
        at = run.end - 1;
        judge(search, &run);
    }
}
