/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/say.h - a conversation with one plugin, for tests. */
#ifndef SAY_H
#define SAY_H

#include "core/judge/ear_host.h"
#include "core/judge/ear_plugin.h"

/** What a turn bears beside its text. All zero: nothing. */
struct say_more {
    uint8_t flags; /* enum ear_turn_flag */
    uint16_t confidence_permille;
};

/** A new conversation with this plugin, through a host of its own. */
void say_begin(const struct ear_plugin *plugin);

/** The plugin's judgement of the conversation's next turn. Good until the next call. */
const struct ear_judgement *say_with(enum ear_from from, const char *text, struct say_more more);
const struct ear_judgement *say(enum ear_from from, const char *text);

/** True if the plugin answers the question with yes. */
bool say_yes(enum ear_question question, enum ear_from from, const char *text);

#endif
