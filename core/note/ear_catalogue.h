/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_catalogue.h - the catalogue of numbers as constants and as a table. Pure. */
#ifndef EAR_CATALOGUE_H
#define EAR_CATALOGUE_H

#include "core/base/ear_base.h"
#include "core/note/ear_distinct.h"
#include "core/note/ear_distribution.h"
#include "core/note/ear_heavy.h"

enum ear_shape {
    EAR_SHAPE_COUNT,
    EAR_SHAPE_GROUP,
    EAR_SHAPE_TABLE,
    EAR_SHAPE_SERIES,
    EAR_SHAPE_LABELS,
    EAR_SHAPE_MONEY,
    EAR_SHAPE_STEPS,
    EAR_SHAPE_HEAVY,
    EAR_SHAPE_DISTINCT,
    EAR_SHAPE_DISTRIBUTION,
    EAR_SHAPE_WIDE,
    EAR_SHAPES
};
enum ear_attribution { EAR_ATTRIBUTION_EVENT, EAR_ATTRIBUTION_COHORT };

/* 32-bit words that a number takes in a cell. A row is a label or code (0: the row is free), then its columns, the wide
 * ones in two words each, the lower first; after the rows stand the columns of `other`. A series: two minutes to a
 * word, the even one in the low half. */
#define EAR_ROW_WORDS(columns, wide) (1 + (columns) + (wide))
#define EAR_ROWS_WORDS(size, columns, wide) (((size) + 1) * EAR_ROW_WORDS(columns, wide) - 1)
#define EAR_WORDS_COUNT(size, columns, wide) 1
#define EAR_WORDS_GROUP(size, columns, wide) (size)
#define EAR_WORDS_TABLE EAR_ROWS_WORDS
#define EAR_WORDS_SERIES(size, columns, wide) (((size) + 1) / 2)
#define EAR_WORDS_LABELS EAR_ROWS_WORDS
#define EAR_WORDS_MONEY EAR_ROWS_WORDS
#define EAR_WORDS_STEPS EAR_ROWS_WORDS
#define EAR_WORDS_HEAVY(size, columns, wide) EAR_HEAVY_WORDS(size)
#define EAR_WORDS_DISTINCT(size, columns, wide) (size)
#define EAR_WORDS_DISTRIBUTION(size, columns, wide) (size)
#define EAR_WORDS_WIDE(size, columns, wide) 2

/* A cell's words are in three parts: all cells hold the first, those of days and hours the second, those of hours the
 * third. */
enum {
    EAR_PART_COUNT = 0,
    EAR_PART_GROUP = 0,
    EAR_PART_TABLE = 1,
    EAR_PART_SERIES = 2,
    EAR_PART_LABELS = 1,
    EAR_PART_MONEY = 1,
    EAR_PART_STEPS = 1,
    EAR_PART_HEAVY = 1,
    EAR_PART_DISTINCT = 1,
    EAR_PART_DISTRIBUTION = 1,
    EAR_PART_WIDE = 1
};

/* Each part counts through the whole catalogue; what is in another part takes no words there. */
#define EAR_STEP_(part, ident, words) \
    EAR_IN_##part##_##ident, EAR_LAST_IN_##part##_##ident = EAR_IN_##part##_##ident + (int)(words)-1
enum {
#define EAR_NUMBER(key, ident, name, SHAPE, size, columns, wide, ATTRIBUTION, members, says) \
    EAR_STEP_(0, ident, EAR_PART_##SHAPE == 0 ? EAR_WORDS_##SHAPE(size, columns, wide) : 0),
#include "core/note/ear_catalogue.def"
    EAR_END_OF_0_,
    EAR_BEFORE_1_ = EAR_END_OF_0_ - 1,
#define EAR_NUMBER(key, ident, name, SHAPE, size, columns, wide, ATTRIBUTION, members, says) \
    EAR_STEP_(1, ident, EAR_PART_##SHAPE == 1 ? EAR_WORDS_##SHAPE(size, columns, wide) : 0),
#include "core/note/ear_catalogue.def"
    EAR_END_OF_1_,
    EAR_BEFORE_2_ = EAR_END_OF_1_ - 1,
#define EAR_NUMBER(key, ident, name, SHAPE, size, columns, wide, ATTRIBUTION, members, says) \
    EAR_STEP_(2, ident, EAR_PART_##SHAPE == 2 ? EAR_WORDS_##SHAPE(size, columns, wide) : 0),
#include "core/note/ear_catalogue.def"
    EAR_END_OF_2_
};

/** Words of a cell of a minute, of a local day, and of an hour. */
enum { EAR_MINUTE_WORDS = EAR_END_OF_0_, EAR_DAY_WORDS = EAR_END_OF_1_, EAR_CELL_WORDS = EAR_END_OF_2_ };

/** EAR_AT_status: first word of number `status` in a cell's words. */
enum ear_at {
#define EAR_NUMBER(key, ident, name, SHAPE, size, columns, wide, ATTRIBUTION, members, says) \
    EAR_AT_##ident = EAR_PART_##SHAPE == 0   ? EAR_IN_0_##ident                              \
                     : EAR_PART_##SHAPE == 1 ? EAR_IN_1_##ident                              \
                                             : EAR_IN_2_##ident,
#include "core/note/ear_catalogue.def"
};

/** EAR_NUMBER_topics: its line in ear_catalogue. EAR_NUMBERS: how many there are. */
enum ear_number_index {
#define EAR_NUMBER(key, ident, name, SHAPE, size, columns, wide, ATTRIBUTION, members, says) EAR_NUMBER_##ident,
#include "core/note/ear_catalogue.def"
    EAR_NUMBERS
};

/** Columns that code names. */
enum { EAR_AGENTS_CONVERSATIONS, EAR_AGENTS_TALK_MS, EAR_AGENTS_CONNECTED_MS };
enum {
    EAR_TOPICS_CONVERSATIONS,
    EAR_TOPICS_SUCCESSFUL,
    EAR_TOPICS_CONTAINED,
    EAR_TOPICS_ESCALATED,
    EAR_TOPICS_POSITIVE,
    EAR_TOPICS_NEGATIVE,
    EAR_TOPICS_CSAT_COUNT,
    EAR_TOPICS_CSAT_SUM,
    EAR_TOPICS_HANDLE_MS
};
enum { EAR_PROCEDURES_CONVERSATIONS, EAR_PROCEDURES_RESOLVED, EAR_PROCEDURES_ESCALATED };
enum { EAR_SALES_ORDERS, EAR_SALES_AMOUNT };

/** One line of the catalogue. */
struct ear_number {
    uint16_t at;     /* first word in a cell */
    uint16_t words;  /* in a cell */
    uint16_t size;   /* numbers, rows, entries, words or minutes in it, by shape */
    uint8_t columns; /* of a row; 1 */
    uint8_t wide;    /* the last so many columns are of 63 bits */
    uint8_t key;     /* in a summary */
    uint8_t shape;   /* enum ear_shape */
    uint8_t part;    /* of a cell's words */
    uint8_t attribution;
};
extern const struct ear_number ear_catalogue[EAR_NUMBERS];
extern const uint16_t ear_catalogue_count; /* EAR_NUMBERS */

/** Its texts, for tools: a table of their own, of which no byte is in a device. */
struct ear_number_text {
    const char *name;
    const char *members; /* comma-separated names: a GROUP's numbers, the columns of rows; "" if there are none */
    const char *says;
};
extern const struct ear_number_text ear_number_texts[EAR_NUMBERS];

static inline const struct ear_number_text *ear_number_text(const struct ear_number *number)
{
    return &ear_number_texts[number - ear_catalogue];
}

/** True of the shapes that are rows of a label or code and columns: TABLE, LABELS, MONEY, STEPS. */
static inline bool ear_number_has_rows(const struct ear_number *number)
{
    return number->shape == EAR_SHAPE_TABLE || number->shape == EAR_SHAPE_LABELS || number->shape == EAR_SHAPE_MONEY ||
           number->shape == EAR_SHAPE_STEPS;
}

/** Words of a row: its label or code, then the columns. */
static inline unsigned ear_number_row_words(const struct ear_number *number)
{
    return EAR_ROW_WORDS((unsigned)number->columns, number->wide);
}

/** True where a row's first word is the id of a label (ear_label.h), not a code of letters. */
static inline bool ear_number_has_labels(const struct ear_number *number)
{
    return number->shape == EAR_SHAPE_LABELS || number->shape == EAR_SHAPE_STEPS || number->shape == EAR_SHAPE_HEAVY;
}

/** The number with this key, or NULL. */
const struct ear_number *ear_catalogue_find(unsigned key);

/** The index-th name of `members`: of a GROUP's number, of a column. Length 0 beyond its end. */
struct ear_str ear_catalogue_member(const struct ear_number *number, unsigned index);

/** Write the full name of member `index` of a number into name ("status.open"; anything but a GROUP: its own name).
 *  Bytes written without the terminator, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_catalogue_member_name(const struct ear_number *number, unsigned index, char *name,
                                               size_t capacity);

#endif
