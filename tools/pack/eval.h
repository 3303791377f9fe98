/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/eval.h - the parts of `earshot pack eval`: labelled rows, what was said on them, figures of that. */
#ifndef PACK_EVAL_H
#define PACK_EVAL_H

#include "tools/earshot/jury.h"

#define EVAL_NOBODY UINT32_MAX /* no such label */
#define EVAL_STEP 50           /* between the thresholds that are tried */
#define EVAL_STEPS 21          /* of them: 0, 50, ... 1000 */

/* --- labels: texts by number, for all files and packs of a run --- */

struct eval_names {
    const char **texts;
    uint32_t count;
};

/** The number of this text, which is copied if it is new. */
uint32_t eval_name(struct eval_names *names, const char *text, size_t length);
/** The number of this text, or EVAL_NOBODY. */
uint32_t eval_find(const struct eval_names *names, const char *text);

/* --- labelled texts --- */

struct eval_row {
    uint32_t label; /* as in the file */
    uint32_t line;
    uint8_t messages; /* 2: a conversation of two; its last verdict counts */
    const char *texts[2];
    uint32_t lengths[2];
};

struct eval_set {
    const char *path;
    struct eval_row *rows;
    size_t count, capacity, messages;
};

/** Read label TAB text, or label TAB first text TAB second text. Exits with file and line of what is wrong. */
void eval_read(struct eval_set *set, const char *path, struct eval_names *names);

/* --- who judges --- */

/** --map FROM=TO. */
struct eval_map {
    const char *from, *to; /* from "*": every label that can neither be said nor is mapped otherwise */
};

/** What the command line asks for. */
struct eval_wish {
    int question;       /* enum ear_question; -1: the pack's */
    int from;           /* enum ear_from; -1: whom the pack hears */
    const char *reject; /* label; NULL: the pack's */
    const struct eval_map *maps;
    size_t map_count;
    bool linked, by_threshold, json;
};

/** One pack, or several together, as judges of one question. */
struct eval_judge {
    const struct pack_file *packs;
    size_t pack_count;
    struct jury *jury; /* as on a device */
    unsigned question; /* enum ear_question */
    uint8_t from;      /* enum ear_from of the messages */
    uint32_t no, yes;  /* labels of a yes-or-no question, else EVAL_NOBODY */
    uint32_t reject;   /* the label that means none of the others, or EVAL_NOBODY */
    uint32_t none;     /* what it means that there is no verdict: reject, no, or "none" */
    uint32_t *known;   /* labels that can be said */
    size_t known_count;
};

/** Seat the packs. Exits where they do not fit together or to the wish. */
void eval_seat(struct eval_judge *judge, const struct pack_file *packs, size_t pack_count, const struct eval_wish *wish,
               struct eval_names *names);

/** The true label of a row. Exits where a yes-or-no question has no use for the file's. */
uint32_t eval_truth(const struct eval_judge *judge, const struct eval_wish *wish, struct eval_names *names,
                    const struct eval_set *set, const struct eval_row *row);

/** Replace what the packs have as thresholds and reject labels: the same threshold for all labels (of yes-or-no
 *  questions for yes alone). Their own come back with eval_restore. */
void eval_set_threshold(struct eval_judge *judge, uint16_t threshold, bool keep_reject);
void eval_restore(struct eval_judge *judge);

struct eval_answer {
    uint32_t said;
    int16_t score; /* -1: no verdict */
};

/** Judge every row. */
void eval_answers(const struct eval_judge *judge, struct eval_names *names, const struct eval_set *set,
                  struct eval_answer *answers);

/** Nanoseconds a message: of splitting it into tokens alone, and of all. Best of several passes. */
void eval_time(const struct eval_judge *judge, const struct eval_set *set, double *split_ns, double *all_ns);

/* --- figures --- */

struct eval_label {
    uint32_t rows, said, right; /* true, said, both */
};

struct eval_confusion {
    uint32_t label, said, count;
};

/** All labels with the same threshold. */
struct eval_step {
    uint32_t answered, right_answers, right; /* right: also rightly without a verdict */
};

struct eval_figures {
    const struct eval_judge *judge;
    const struct eval_set *set;
    const uint32_t *truth;  /* of each row */
    size_t right, answered; /* answered: rows with a verdict */
    double macro_f1;        /* over labels that occur */
    uint32_t occurring;     /* those */
    double auroc;           /* of rejection; negative: there is none */
    struct eval_label *labels;
    uint32_t label_count;
    struct eval_confusion *confusions; /* most frequent first */
    size_t confusion_count;
    struct eval_step steps[EVAL_STEPS];
    bool has_steps;
    double split_ns, all_ns;
};

/** Fill in what follows from truth and answers. label_count: of all names. */
void eval_figure(struct eval_figures *figures, const struct eval_answer *answers, uint32_t label_count);

/** From answers without thresholds: how well confidence tells what is to be rejected. */
double eval_auroc(const struct eval_figures *figures, const struct eval_answer *sure);

double eval_precision(const struct eval_label *label); /* negative: it was never said */
double eval_recall(const struct eval_label *label);    /* negative: it does not occur */
double eval_f1(const struct eval_label *label);

/* --- shown --- */

void eval_show(const struct eval_figures *figures, const struct eval_names *names);
void eval_show_table(const struct eval_figures *figures, size_t count);
void eval_show_json(const struct eval_figures *figures, size_t count, const struct eval_names *names);

#endif
