/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_catalogue.c - the catalogue of numbers as a table. Pure. */
#include "core/note/ear_catalogue.h"

#include <string.h>

const struct ear_number ear_catalogue[EAR_NUMBERS] = {
#define EAR_NUMBER(key_, ident, name_, SHAPE, size_, columns_, wide_, ATTRIBUTION, members_, says_) \
    {.at = EAR_AT_##ident,                                                                          \
     .words = EAR_WORDS_##SHAPE(size_, columns_, wide_),                                            \
     .size = (size_),                                                                               \
     .columns = (columns_),                                                                         \
     .wide = (wide_),                                                                               \
     .key = (key_),                                                                                 \
     .shape = EAR_SHAPE_##SHAPE,                                                                    \
     .part = EAR_PART_##SHAPE,                                                                      \
     .attribution = EAR_ATTRIBUTION_##ATTRIBUTION},
#include "core/note/ear_catalogue.def"
};
const uint16_t ear_catalogue_count = EAR_NUMBERS;

const struct ear_number_text ear_number_texts[EAR_NUMBERS] = {
#define EAR_NUMBER(key, ident, name_, SHAPE, size, columns, wide, ATTRIBUTION, members_, says_) \
    {.name = (name_), .members = (members_), .says = (says_)},
#include "core/note/ear_catalogue.def"
};

const struct ear_number *ear_catalogue_find(unsigned key)
{
    for (unsigned n = 0; n < ear_catalogue_count; n++) {
        if (ear_catalogue[n].key == key) {
            return &ear_catalogue[n];
        }
    }
    return NULL;
}

struct ear_str ear_catalogue_member(const struct ear_number *number, unsigned index)
{
    const char *start = ear_number_text(number)->members;
    while (index > 0 && *start != '\0') {
        index -= *start == ',' ? 1 : 0;
        start++;
    }
    return (struct ear_str){start, (uint16_t)strcspn(start, ",")};
}

int32_t ear_catalogue_member_name(const struct ear_number *number, unsigned index, char *name, size_t capacity)
{
    struct ear_str last = {"", 0};
    if (number->shape == EAR_SHAPE_GROUP) {
        last = ear_catalogue_member(number, index);
    }
    const char *own = ear_number_text(number)->name;
    size_t length = strlen(own);
    if (length + last.length >= capacity) {
        return EAR_ERR_FULL;
    }
    memcpy(name, own, length);
    memcpy(name + length, last.bytes, last.length);
    name[length + last.length] = '\0';
    return (int32_t)(length + last.length);
}
