/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/partitions.h - the partitions `identity` and `settings` as a device would have written them, made on a
 * desk with the device's own code. Host only; exits with what is wrong. */
#ifndef FIELD_PARTITIONS_H
#define FIELD_PARTITIONS_H

#include "tools/field/board_layout.h"
#include "tools/field/credentials.h"

/** What an identity is made of; length 0: it has none of that. */
struct identity_parts {
    struct der key, certificate, ca, pack_key, seed;
};

/** The partition `identity` of a board. Exits if a part does not fit, or if the device could not use what it is given.
 */
struct der partitions_identity(const struct board_layout *board, const struct identity_parts *parts);

/** The partition `settings`. settings: "section.name=value", each. Exits where one is unknown or out of range, with
 * what is allowed. */
struct der partitions_settings(const struct board_layout *board, char *const *settings, size_t count);

/** What this partition `identity`, as a device reads it, lacks before it can connect, or NULL: nothing. */
const char *partitions_missing(const struct board_layout *board, const struct der *image);

/** "section.name=value" taken apart; exits where it is not that. The parts live until the program ends. */
void partitions_split_setting(const char *setting, const char **section, const char **name, const char **value);

/** Exits with what is allowed unless a device takes this setting. */
void partitions_check_setting(const char *setting);

#endif
