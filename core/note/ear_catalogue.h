/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_catalogue.h - the catalogue of numbers as constants and as a table. Pure. */
#ifndef EAR_CATALOGUE_H
#define EAR_CATALOGUE_H

#include "core/base/ear_base.h"

enum ear_shape { EAR_SHAPE_COUNT, EAR_SHAPE_GROUP, EAR_SHAPE_TABLE, EAR_SHAPE_SERIES };
enum ear_attribution { EAR_ATTRIBUTION_EVENT, EAR_ATTRIBUTION_COHORT };

/* 32-bit words that a number takes in a cell. A table: a label and a count each, then `other`. A series: two minutes to
 * a word, the even one in the low half. */
#define EAR_WORDS_COUNT(size) 1
#define EAR_WORDS_GROUP(size) (size)
#define EAR_WORDS_TABLE(size) (2 * (size) + 1)
#define EAR_WORDS_SERIES(size) (((size) + 1) / 2)

/** EAR_AT_status: first word of number `status` in a cell's words. EAR_CELL_WORDS: all of them. */
enum ear_at {
#define EAR_NUMBER(key, ident, name, SHAPE, size, ATTRIBUTION, members, says) \
    EAR_AT_##ident, EAR_AT_LAST_OF_##ident = EAR_AT_##ident + EAR_WORDS_##SHAPE(size) - 1,
#include "core/note/ear_catalogue.def"
    EAR_CELL_WORDS
};

/** EAR_SIZE_languages: the size of a number, as the catalogue says. */
enum ear_size {
#define EAR_NUMBER(key, ident, name, SHAPE, size, ATTRIBUTION, members, says) EAR_SIZE_##ident = (size),
#include "core/note/ear_catalogue.def"
};

/** How many numbers (lines) the catalogue has. */
enum {
    EAR_NUMBERS = 0
#define EAR_NUMBER(key, ident, name, SHAPE, size, ATTRIBUTION, members, says) +1
#include "core/note/ear_catalogue.def"
};

/** Words of a cell without the series, which stand last: what minute and day windows hold. */
#define EAR_FLAT_COUNT(size) 1
#define EAR_FLAT_GROUP(size) (size)
#define EAR_FLAT_TABLE(size) (2 * (size) + 1)
#define EAR_FLAT_SERIES(size) 0
enum {
    EAR_FLAT_WORDS = 0
#define EAR_NUMBER(key, ident, name, SHAPE, size, ATTRIBUTION, members, says) +EAR_FLAT_##SHAPE(size)
#include "core/note/ear_catalogue.def"
};

/** One line of the catalogue. */
struct ear_number {
    const char *name;
    const char *members; /* comma-separated; "" unless a GROUP */
    const char *says;
    uint16_t at;   /* first word in a cell */
    uint16_t size; /* numbers in it */
    uint8_t key;   /* in a summary */
    uint8_t shape; /* enum ear_shape */
    uint8_t attribution;
};
extern const struct ear_number ear_catalogue[EAR_NUMBERS];
extern const uint16_t ear_catalogue_count; /* EAR_NUMBERS */

/** The number with this key, or NULL. */
const struct ear_number *ear_catalogue_find(unsigned key);

/** Write the full name of member `index` of a number into name ("status.open"; a COUNT, TABLE or SERIES: its own name).
 *  Bytes written without the terminator, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_catalogue_member_name(const struct ear_number *number, unsigned index, char *name,
                                               size_t capacity);

#endif
