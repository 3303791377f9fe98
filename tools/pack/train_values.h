/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/train_values.h - values of options into the wish; each exits with what is wrong and what is meant. */
#ifndef PACK_TRAIN_VALUES_H
#define PACK_TRAIN_VALUES_H

#include "tools/pack/train.h"

void train_set_features(struct train_wish *wish, const char *list);
/** drop: value is a label whose rows are left out, else FROM=TO. */
void train_add_map(struct train_wish *wish, const char *value, bool drop);
void train_add_source(struct train_wish *wish, const char *value);
void train_set_languages(struct train_wish *wish, const char *list);
void train_add_lexicon(struct train_wish *wish, const char *value);
unsigned train_question_of(const char *name);

#endif
