/* SPDX-License-Identifier: Apache-2.0 */
/* tests/hostile/says.c - descriptors with something wrong in them. */
#include "tests/hostile/hostile.h"

static int on_turn(const struct ear_plugin_call *call)
{
    (void)call;
    return 0;
}

static const char *const empty_labels[] = {""};
static const char *const long_labels[] = {
    "a label of more than sixty-three bytes, which no device keeps and none has to read to its very end"};

static const char *same_label(const void *data, uint16_t index)
{
    (void)data;
    (void)index;
    return "same";
}

static const char *crash_for_label(const void *data, uint16_t index)
{
    (void)data;
    (void)index;
    __builtin_trap();
}

static const char *loop_for_label(const void *data, uint16_t index)
{
    for (volatile uint16_t i = index;; i++) {
        (void)data;
    }
}

#define DESCRIPTOR(plugin, ...)                                                                         \
    extern const struct ear_plugin says_##plugin;                                                       \
    const struct ear_plugin says_##plugin = {EAR_PLUGIN_HEADER, HOSTILE_SOUND, .name = "says_" #plugin, \
                                             .on_turn = on_turn, __VA_ARGS__}

DESCRIPTOR(old_abi, .abi_major = 0);
DESCRIPTOR(new_abi, .abi_major = EAR_PLUGIN_ABI_MAJOR + 1);
DESCRIPTOR(newer_minor, .abi_minor = EAR_PLUGIN_ABI_MINOR + 1, .struct_size = sizeof(struct ear_plugin) + 8);
DESCRIPTOR(older_minor, .abi_minor = 0, .struct_size = offsetof(struct ear_plugin, label), .label = crash_for_label);
DESCRIPTOR(too_long, .struct_size = 1 << 30);
DESCRIPTOR(no_name, .name = NULL);
DESCRIPTOR(bad_name, .name = "Bad \"Name\"\n");
DESCRIPTOR(long_name, .name = "a_name_of_more_than_twenty_three_bytes_or_even_thirty_one");
DESCRIPTOR(wild_name, .name = (const char *)8);
DESCRIPTOR(no_version, .version = NULL);
DESCRIPTOR(no_on_turn, .on_turn = NULL);
DESCRIPTOR(no_questions, .questions = 0);
DESCRIPTOR(unknown_questions, .questions = EAR_ASK_BIT(EAR_ASK_COUNT));
DESCRIPTOR(hears_nobody, .hears = 0);
DESCRIPTOR(no_labels, .labels = NULL);
DESCRIPTOR(empty_label, .labels = empty_labels);
DESCRIPTOR(long_label, .labels = long_labels);
DESCRIPTOR(wild_labels, .labels = (const char *const *)8);
DESCRIPTOR(too_many_labels, .labels = NULL, .label = same_label, .label_count = 60000);
DESCRIPTOR(crashing_label, .labels = NULL, .label = crash_for_label);
DESCRIPTOR(endless_label, .labels = NULL, .label = loop_for_label);
DESCRIPTOR(no_budget, .budget_us = 0);
DESCRIPTOR(much_state, .state_size = 60000);

/* Nothing but the beginning is there: reading on would be reading something else. */
struct beginning {
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t struct_size;
};
extern const struct beginning says_truncated;
const struct beginning says_truncated = {EAR_PLUGIN_ABI_MAJOR, EAR_PLUGIN_ABI_MINOR, sizeof(struct beginning)};

extern const char ear_plugin_entry __attribute__((alias("says_" HOSTILE_TEXT(HOSTILE_CASE)), visibility("default")));
