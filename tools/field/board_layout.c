/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/field/board_layout.h"

#include <string.h>

#include "tools/earshot/util.h"

static const struct board_layout *const boards[] = {&board_layout_mps2, &board_layout_lm3s6965};
enum { BOARDS = sizeof boards / sizeof boards[0] };

const struct board_layout *board_layout_at(size_t i)
{
    return i < BOARDS ? boards[i] : NULL;
}

const struct board_layout *board_layout_get(const char *name)
{
    struct text names = {0};

    for (size_t i = 0; i < BOARDS; i++) {
        if (strcmp(boards[i]->name, name) == 0) {
            return boards[i];
        }
        text_printf(&names, "%s%s", i == 0 ? "" : " and ", boards[i]->name);
    }
    die_usage("--board %s: there are %s", name, names.bytes);
}

const struct board_part *board_layout_part(const struct board_layout *board, const char *name)
{
    for (size_t i = 0; i < board->part_count; i++) {
        if (strcmp(board->parts[i].name, name) == 0) {
            return &board->parts[i];
        }
    }
    return NULL;
}
