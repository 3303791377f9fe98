/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_values.c - values of the options of `earshot pack train` that are more than a word or a number. */
#include "tools/pack/train_values.h"

#include <stdlib.h>
#include <string.h>

static const char *const families[EAR_FAMILY_COUNT] = {"word",  "negated", "pair",  "mark",
                                                       "gram2", "gram3",   "gram4", "script"};

const char *train_family_names(unsigned bits)
{
    static char names[80];

    names[0] = '\0';
    for (unsigned i = 0; i < EAR_FAMILY_COUNT; i++) {
        if ((bits & EAR_FAMILY_BIT(i)) != 0) {
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", names[0] != '\0' ? " " : "",
                     families[i]);
        }
    }
    return names;
}

static unsigned family_of(const char *name, size_t length)
{
    for (unsigned i = 0; i < EAR_FAMILY_COUNT; i++) {
        if (strlen(families[i]) == length && strncmp(families[i], name, length) == 0) {
            return EAR_FAMILY_BIT(i);
        }
    }
    die_usage("--features %.*s: word negated pair mark gram2 gram3 gram4 script are meant", (int)length, name);
}

void train_set_features(struct train_wish *wish, const char *list)
{
    wish->families = 0;
    if (strcmp(list, "auto") == 0) {
        return;
    }
    for (const char *at = list; *at != '\0';) {
        const size_t length = strcspn(at, ", ");
        wish->families |= family_of(at, length);
        at += length + (at[length] != '\0');
    }
}

void train_add_map(struct train_wish *wish, const char *value, bool drop)
{
    const char *sign = strchr(value, '=');

    if (wish->map_count == sizeof wish->maps / sizeof wish->maps[0]) {
        die_usage("--map, --drop: more than %zu of them", sizeof wish->maps / sizeof wish->maps[0]);
    }
    if (!drop && (sign == NULL || sign == value || sign[1] == '\0')) {
        die_usage("--map %s: FROM=TO is meant, two labels", value);
    }
    wish->maps[wish->map_count++] =
        drop ? (struct train_map){value, NULL} : (struct train_map){keep(value, (size_t)(sign - value)), sign + 1};
}

void train_add_source(struct train_wish *wish, const char *value)
{
    const char *sign = strrchr(value, '=');

    if (sign == NULL || sign == value || sign[1] == '\0') {
        die_usage("--source %s: NAME=LICENCE is meant", value);
    }
    if (wish->source_count == sizeof wish->sources / sizeof wish->sources[0]) {
        die_usage("--source: more than %zu of them", sizeof wish->sources / sizeof wish->sources[0]);
    }
    wish->sources[wish->source_count++] = (struct pack_source){keep(value, (size_t)(sign - value)), sign + 1};
}

void train_set_languages(struct train_wish *wish, const char *list)
{
    for (const char *at = list; *at != '\0';) {
        const size_t length = strcspn(at, ", ");
        if (length != 2 || wish->language_count == sizeof wish->languages / sizeof wish->languages[0]) {
            die_usage("--languages %s: up to 64 times two letters of ISO 639-1 are meant, with commas", list);
        }
        wish->languages[wish->language_count++] = keep(at, length);
        at += length + (at[length] != '\0');
    }
}

void train_add_lexicon(struct train_wish *wish, const char *value)
{
    const char *colon = strrchr(value, ':');

    if (colon == NULL || wish->lexicon_count == sizeof wish->lexicons / sizeof wish->lexicons[0]) {
        die_usage("--lexicon %s: FILE:SCALE is meant, at most 4 times", value);
    }
    wish->lexicons[wish->lexicon_count++] = (struct train_lexicon){keep(value, (size_t)(colon - value)),
                                                                   parse_decimal("--lexicon", colon + 1, 0.001, 1000)};
}

unsigned train_question_of(const char *name)
{
    const int question = pack_question_of(name);

    if (question < 0 || question == EAR_ASK_REDACTION) {
        die_usage("--question %s: topic tag language sentiment human_requested incomplete_info repetition_loop "
                  "low_confidence are meant",
                  name);
    }
    return (unsigned)question;
}
