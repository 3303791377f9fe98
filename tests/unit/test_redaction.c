/* SPDX-License-Identifier: Apache-2.0 */
/* What is personal in a message. The texts are our own; what they hold is marked: {email|jane@example.org}. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/judge/ear_redact.h"
#include "plugins/ear_plugins.h"
#include "tests/data/redaction.h"
#include "tests/support/say.h"

#define MOST_SPANS 16

struct span {
    uint32_t start, end;
    unsigned personal;
};

struct marked {
    char text[512];
    struct span spans[MOST_SPANS];
    unsigned count;
};

struct score {
    unsigned wanted, found, false_alarms, other_kind;
};

static const char *const kinds[] = {"personal", "email", "phone", "card", "iban", "number", "name"};

static unsigned kind_of(const char *name, size_t length)
{
    for (unsigned kind = 0; kind < EAR_PERSONAL_COUNT; kind++) {
        if (strlen(kinds[kind]) == length && memcmp(kinds[kind], name, length) == 0) {
            return kind;
        }
    }
    fail_msg("%s: no such kind", name);
    return 0;
}

static void read_marked(const char *line, struct marked *marked)
{
    size_t length = 0;
    bool open = false;
    marked->count = 0;
    for (; *line != '\0'; line++) {
        const char *bar = strchr(line, '|');
        if (*line == '{' && bar != NULL) {
            assert_true(!open && marked->count < MOST_SPANS);
            marked->spans[marked->count] =
                (struct span){.start = (uint32_t)length, .personal = kind_of(line + 1, (size_t)(bar - line) - 1)};
            open = true;
            line = bar;
        } else if (*line == '}' && open) {
            marked->spans[marked->count++].end = (uint32_t)length;
            open = false;
        } else {
            assert_true(length + 1 < sizeof(marked->text));
            marked->text[length++] = *line;
        }
    }
    assert_false(open);
    marked->text[length] = '\0';
}

static struct span found_at(const struct ear_judgement *judgement, unsigned i)
{
    const struct ear_verdict *verdict = &judgement->extra[i].verdict;
    return (struct span){verdict->span_start, (uint32_t)verdict->span_start + verdict->span_length, verdict->label};
}

static bool overlap(const struct span *a, const struct span *b)
{
    return a->start < b->end && b->start < a->end;
}

/* Whether all of it was found; *kind: as what it is. */
static bool is_covered(const struct ear_judgement *judgement, const struct span *wanted, bool *kind)
{
    uint32_t at = wanted->start;
    *kind = false;
    for (bool on = true; on && at < wanted->end;) {
        on = false;
        for (unsigned i = 0; i < judgement->extra_count; i++) {
            const struct span found = found_at(judgement, i);
            if (found.start <= at && found.end > at) {
                *kind = *kind || found.personal == wanted->personal;
                at = found.end;
                on = true;
            }
        }
    }
    return at >= wanted->end;
}

static void rate(const struct marked *marked, struct score *scores, bool tell)
{
    const struct ear_judgement *judgement = say(EAR_FROM_USER, marked->text);
    assert_true(judgement->redacted);
    for (unsigned i = 0; i < marked->count; i++) {
        struct score *score = &scores[marked->spans[i].personal];
        bool kind = false;
        const bool found = is_covered(judgement, &marked->spans[i], &kind);
        score->wanted++;
        score->found += found;
        score->other_kind += found && !kind;
        if (!found && tell) {
            printf("missed  %s: %s\n", kinds[marked->spans[i].personal], marked->text);
        }
    }
    for (unsigned i = 0; i < judgement->extra_count; i++) {
        const struct span found = found_at(judgement, i);
        bool wanted = false;
        for (unsigned k = 0; k < marked->count; k++) {
            wanted = wanted || overlap(&found, &marked->spans[k]);
        }
        scores[found.personal].false_alarms += !wanted;
        if (!wanted && tell) {
            printf("alarm   %s: %s\n", kinds[found.personal], marked->text);
        }
    }
}

static struct score rate_all(const char *name, const char *const *lines, size_t count)
{
    struct score scores[EAR_PERSONAL_COUNT] = {{0, 0, 0, 0}};
    struct score sum = {0, 0, 0, 0};
    static struct marked marked;
    for (size_t i = 0; i < count; i++) {
        say_begin(&ear_plugin_redaction);
        read_marked(lines[i], &marked);
        rate(&marked, scores, true);
    }
    for (unsigned kind = 0; kind < EAR_PERSONAL_COUNT; kind++) {
        const struct score *score = &scores[kind];
        printf("%-8s %-8s %3u wanted %3u found (%u as another kind) %3u false alarms\n", name, kinds[kind],
               score->wanted, score->found, score->other_kind, score->false_alarms);
        sum.wanted += score->wanted;
        sum.found += score->found;
        sum.other_kind += score->other_kind;
        sum.false_alarms += score->false_alarms;
    }
    printf("%-8s %-8s %3u wanted %3u found (%u as another kind) %3u false alarms in %u texts\n", name, "all",
           sum.wanted, sum.found, sum.other_kind, sum.false_alarms, (unsigned)count);
    return sum;
}

/* What the README says of it. The first table was looked at while the plugin was made; the second was not. */
static void finds_what_is_personal(void **state)
{
    (void)state;
    const struct score sum = rate_all("looked at", redaction_seen, EAR_COUNT_OF(redaction_seen));
    assert_int_equal(sum.found, sum.wanted);
    assert_int_equal(sum.false_alarms, 0);
}

static void finds_it_in_texts_that_it_was_not_made_for(void **state)
{
    (void)state;
    const struct score sum = rate_all("unseen", redaction_unseen, EAR_COUNT_OF(redaction_unseen));
    assert_in_range(sum.found * 100, sum.wanted * REDACTION_UNSEEN_FOUND_PERCENT, sum.wanted * 100);
    assert_in_range(sum.false_alarms, 0, REDACTION_UNSEEN_ALARMS);
}

/* Misses that the README names: when one is found after all, it goes into the first table. */
static void misses_what_the_readme_says(void **state)
{
    (void)state;
    static struct marked marked;
    for (size_t i = 0; i < EAR_COUNT_OF(redaction_missed); i++) {
        struct score scores[EAR_PERSONAL_COUNT] = {{0, 0, 0, 0}};
        unsigned wanted = 0, found = 0;
        say_begin(&ear_plugin_redaction);
        read_marked(redaction_missed[i], &marked);
        rate(&marked, scores, false);
        for (unsigned kind = 0; kind < EAR_PERSONAL_COUNT; kind++) {
            wanted += scores[kind].wanted;
            found += scores[kind].found;
        }
        assert_true(wanted > 0);
        if (found == wanted) {
            fail_msg("found after all: %s", marked.text);
        }
    }
}

static void redacts(const char *text, uint16_t flags, const char *expected)
{
    char out[256];
    const struct ear_str all = {text, (uint16_t)strlen(text)};
    say_begin(&ear_plugin_redaction);
    const struct ear_judgement *judgement = say_with(EAR_FROM_USER, text, (struct say_more){.flags = (uint8_t)flags});
    const int32_t length = ear_redact(judgement, all, out, sizeof(out) - 1);
    assert_true(length >= 0);
    out[length] = '\0';
    assert_string_equal(out, expected);
}

static void words_stand_for_what_was_there(void **state)
{
    (void)state;
    redacts("my name is Jane Doe, jane@example.org or +44 20 7946 0958", 0, "my name is [name], [email] or [phone]");
    redacts("card 4111 1111 1111 1111, account DE89 3704 0044 0532 0130 00, customer 12345678", 0,
            "card [card], account [iban], customer [number]");
    redacts("nothing here", 0, "nothing here");
}

/* Of a text of which only the beginning is here the last words count as personal: a number may have been cut. */
static void the_end_of_a_cut_text_is_personal(void **state)
{
    (void)state;
    redacts("one two three four five six seven eight nine ten eleven twelve 4111 1111 11", EAR_TURN_TEXT_CUT,
            "one two three [personal]");
    redacts("short 4111 11", EAR_TURN_TEXT_CUT, "[personal]");
}

/* More than a judgement can hold: then everything is. */
static void too_much_is_all(void **state)
{
    (void)state;
    char text[512] = "write to";
    for (unsigned i = 0; i <= EAR_VERDICTS; i++) {
        const size_t length = strlen(text);
        snprintf(text + length, sizeof(text) - length, " a%u@b.example", i);
    }
    redacts(text, 0, "[personal]");
}

/* Whatever bytes come, spans lie within them. */
static void odd_ends(void **state)
{
    (void)state;
    static const char *const texts[] = {"@",
                                        "a@",
                                        "@b.c",
                                        "+",
                                        "(",
                                        "+1",
                                        "0",
                                        "00000000000",
                                        "my name is",
                                        "my name is ",
                                        "DE89",
                                        "at",
                                        "a at b dot",
                                        "(at)",
                                        "call me",
                                        "\xC3\xA9@\xC3\xA9.\xC3\xA9",
                                        "1234567\xE2\x80",
                                        "name:",
                                        "12.",
                                        "1-2-3-4-5-6-7-8-9",
                                        "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5"};
    for (size_t i = 0; i < EAR_COUNT_OF(texts); i++) {
        say_begin(&ear_plugin_redaction);
        const struct ear_judgement *judgement = say(EAR_FROM_USER, texts[i]);
        for (unsigned k = 0; k < judgement->extra_count; k++) {
            assert_in_range(found_at(judgement, k).end, 1, strlen(texts[i]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_personal),
        cmocka_unit_test(finds_it_in_texts_that_it_was_not_made_for),
        cmocka_unit_test(misses_what_the_readme_says),
        cmocka_unit_test(words_stand_for_what_was_there),
        cmocka_unit_test(the_end_of_a_cut_text_is_personal),
        cmocka_unit_test(too_much_is_all),
        cmocka_unit_test(odd_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
