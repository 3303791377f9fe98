/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/eval_seat.c - who judges which question, and what the labels of a file mean to them. */
#include <string.h>

#include "tools/earshot/earshot.h"
#include "tools/pack/eval.h"

static void know(struct eval_judge *judge, struct eval_names *names, const char *label)
{
    judge->known = grow(judge->known, (judge->known_count + 1) * sizeof judge->known[0]);
    judge->known[judge->known_count++] = eval_name(names, label, strlen(label));
}

static bool knows(const struct eval_judge *judge, uint32_t label)
{
    for (size_t i = 0; i < judge->known_count; i++) {
        if (judge->known[i] == label) {
            return true;
        }
    }
    return label == judge->none;
}

/* The first pack on the question; NULL: only what is linked in answers it. */
static const struct ear_pack *pack_of(const struct eval_judge *judge)
{
    for (size_t i = 0; i < judge->pack_count; i++) {
        if (judge->packs[i].pack.question == judge->question) {
            return &judge->packs[i].pack;
        }
    }
    return NULL;
}

static void choose_question(struct eval_judge *judge, const struct eval_wish *wish)
{
    if (wish->question >= 0) {
        judge->question = (unsigned)wish->question;
    } else if (judge->pack_count > 0) {
        judge->question = judge->packs[0].pack.question;
    } else {
        die_usage("--linked without a pack: --question says which is meant");
    }
    for (size_t i = 0; i < judge->pack_count && wish->question < 0; i++) {
        if (judge->packs[i].pack.question != judge->question) {
            die_usage("%s answers %s, %s answers %s: --question says which is meant", judge->packs[0].path,
                      pack_question_name(judge->question), judge->packs[i].path,
                      pack_question_name(judge->packs[i].pack.question));
        }
    }
    if (pack_of(judge) == NULL && !wish->linked) {
        die_usage("--question %s: %s answers %s", pack_question_name(judge->question), judge->packs[0].path,
                  pack_question_name(judge->packs[0].pack.question));
    }
    if (judge->question == EAR_ASK_REDACTION) {
        die_usage("redaction has spans and no labels to measure; `earshot judge` shows them");
    }
}

static void choose_labels(struct eval_judge *judge, struct eval_names *names)
{
    for (size_t i = 0; i < judge->pack_count; i++) {
        const struct ear_pack *pack = &judge->packs[i].pack;
        for (uint16_t label = 0; label < pack->label_count && pack->question == judge->question; label++) {
            know(judge, names, ear_pack_label(pack, label));
        }
    }
    for (unsigned i = 0; i < judge->jury->host.count; i++) {
        const struct ear_plugin *plugin = &judge->jury->host.plugins[i].plugin;
        const bool asked =
            judge->jury->host.plugins[i].loaded && (plugin->questions & EAR_ASK_BIT(judge->question)) != 0;
        for (uint16_t label = 0; asked && plugin->labels != NULL && label < plugin->label_count; label++) {
            know(judge, names, plugin->labels[label]);
        }
    }
    if (judge->question == EAR_ASK_SENTIMENT && pack_of(judge) == NULL) {
        know(judge, names, "neutral");
        know(judge, names, "positive");
        know(judge, names, "negative");
    }
}

/* What no verdict means, and which words mean no and yes. */
static void choose_none(struct eval_judge *judge, const struct eval_wish *wish, struct eval_names *names)
{
    const struct ear_pack *pack = pack_of(judge);

    judge->no = judge->yes = judge->reject = EVAL_NOBODY;
    if (pack_question_is_yes_no(judge->question)) {
        if (wish->reject != NULL) {
            die_usage("--reject %s: %s is a yes-or-no question; no verdict means no", wish->reject,
                      pack_question_name(judge->question));
        }
        if (pack == NULL) {
            know(judge, names, "no");
            know(judge, names, "yes");
        }
        judge->none = judge->no = judge->known[0];
        judge->yes = judge->known[1];
        return;
    }
    const char *reject = wish->reject;
    if (reject == NULL && pack != NULL && pack->reject != EAR_PACK_NO_LABEL) {
        reject = ear_pack_label(pack, pack->reject);
    }
    if (reject != NULL) {
        judge->reject = eval_name(names, reject, strlen(reject));
    }
    judge->none = reject != NULL ? judge->reject : eval_name(names, "none", 4);
}

static uint8_t choose_sender(const struct eval_judge *judge, const struct eval_wish *wish)
{
    const struct ear_pack *pack = pack_of(judge);

    if (wish->from >= 0) {
        return (uint8_t)wish->from;
    }
    for (uint8_t from = 0; pack != NULL && from < EAR_FROM_COUNT; from++) {
        if ((pack->hears & EAR_FROM_BIT(from)) != 0) {
            return from;
        }
    }
    return EAR_FROM_USER;
}

void eval_seat(struct eval_judge *judge, const struct pack_file *packs, size_t pack_count, const struct eval_wish *wish,
               struct eval_names *names)
{
    *judge = (struct eval_judge){.packs = packs, .pack_count = pack_count, .jury = grow(NULL, sizeof *judge->jury)};
    jury_init(judge->jury);
    for (size_t i = 0; i < pack_count; i++) {
        jury_add_pack(judge->jury, &packs[i]);
    }
    if (wish->linked) {
        jury_add_build(judge->jury);
    }
    choose_question(judge, wish);
    choose_labels(judge, names);
    choose_none(judge, wish, names);
    judge->from = choose_sender(judge, wish);
}

uint32_t eval_truth(const struct eval_judge *judge, const struct eval_wish *wish, struct eval_names *names,
                    const struct eval_set *set, const struct eval_row *row)
{
    const char *text = names->texts[row->label];
    const struct eval_map *any = NULL;

    for (size_t i = 0; i < wish->map_count; i++) {
        if (strcmp(wish->maps[i].from, text) == 0) {
            return eval_name(names, wish->maps[i].to, strlen(wish->maps[i].to));
        }
        any = strcmp(wish->maps[i].from, "*") == 0 ? &wish->maps[i] : any;
    }
    if (knows(judge, row->label)) {
        return row->label;
    }
    if (any != NULL) {
        return eval_name(names, any->to, strlen(any->to));
    }
    if (judge->yes != EVAL_NOBODY) {
        die("%s:%u: label %s: neither %s (no) nor %s (yes). --map %s=%s says what it means, --map '*=%s' what all "
            "others "
            "do",
            set->path, row->line, text, names->texts[judge->no], names->texts[judge->yes], text,
            names->texts[judge->no], names->texts[judge->no]);
    }
    return row->label;
}

/* --- other thresholds --- */

static uint8_t other_thresholds[2 * EAR_PACK_LABELS_MAX];
static uint8_t yes_thresholds[4]; /* of no, then yes */

void eval_set_threshold(struct eval_judge *judge, uint16_t threshold, bool keep_reject)
{
    for (size_t i = 0; i < sizeof other_thresholds; i += 2) {
        other_thresholds[i] = (uint8_t)threshold;
        other_thresholds[i + 1] = (uint8_t)(threshold >> 8);
    }
    for (unsigned i = 0; i < judge->jury->model_count; i++) {
        struct ear_pack *pack = &judge->jury->models[i].pack;
        if (pack->question != judge->question) {
            continue; /* what rules build upon stays as it is */
        }
        pack->thresholds = other_thresholds;
        pack->reject = keep_reject ? pack->reject : EAR_PACK_NO_LABEL;
        if (judge->yes != EVAL_NOBODY) {
            const uint16_t no = ear_pack_threshold(&judge->packs[i].pack, 0);
            memcpy(yes_thresholds, (const uint8_t[]){(uint8_t)no, (uint8_t)(no >> 8)}, 2);
            memcpy(yes_thresholds + 2, other_thresholds, 2);
            pack->thresholds = yes_thresholds;
        }
    }
}

void eval_restore(struct eval_judge *judge)
{
    for (unsigned i = 0; i < judge->jury->model_count; i++) {
        judge->jury->models[i].pack = judge->packs[i].pack;
    }
}
