/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/phrases.c - earshot pack phrases: a list of keywords into a pack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/earshot/util.h"
#include "tools/pack/compile.h"
#include "tools/pack/pack.h"
#include "tools/pack/phrases_compile.h"

#define WEIGHT_MAX 1000

/* A list that is being read. */
struct list {
    struct compile *compile;
    struct phrases phrases;
    bool found[EAR_PACK_LABELS_MAX]; /* the label has a phrase that does not cancel it */
};

static void print_help(void)
{
    puts("usage: earshot pack phrases KEYWORDS.tsv -o OUT.pack [OPTION...]\n"
         "\n"
         "Makes a pack that finds phrases in messages. Each line: LABEL, TAB, PHRASE, and if wanted TAB, WEIGHT (0 to\n"
         "1000, without one 1000), which is the score of the label. Lines that begin with # are comments.\n"
         "\n"
         "  refund         the word: REFUND and Refund too, refunds not     money back     words in a row\n"
         "  refund*        words that begin so     *fahrt   that end so     (a|b) c        a c, and b c\n"
         "  talk to _      any one word            #        any number      speak ... man  up to 3 words between\n"
         "  -do not cancel takes the label away from a message in which it is found\n"
         "\n" COMPILE_OPTIONS_HELP "\n"
         "  printf 'refund\\tmoney back\\nrefund\\trefund*\\n' >words.tsv\n"
         "  earshot pack phrases words.tsv -o tags.pack\n"
         "  echo 'I want my money back' | earshot judge --pack tags.pack\n"
         "\n"
         "docs/phrases.md tells all of it.");
}

/* The next column, cut off and trimmed; NULL: there is none. */
static char *column(char **rest)
{
    char *start = *rest;
    if (start == NULL) {
        return NULL;
    }
    char *tab = strchr(start, '\t');
    char *end = tab != NULL ? tab : start + strlen(start);
    *rest = tab != NULL ? tab + 1 : NULL;
    while (end > start && end[-1] == ' ') {
        end--;
    }
    *end = '\0';
    return start + strspn(start, " ");
}

static bool read_weight(struct list *list, uint32_t line, const char *text, struct phrase *phrase)
{
    char *end = NULL;
    phrase->weight = WEIGHT_MAX;
    if (text == NULL) {
        return true;
    }
    errno = 0;
    long weight = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || weight < 0 || weight > WEIGHT_MAX) {
        compile_fault(list->compile, line, "the weight is a whole number from 0 to 1000, not `%s`", text);
        return false;
    }
    if (phrase->cancels) {
        compile_fault(list->compile, line, "a phrase that cancels has no weight");
        return false;
    }
    phrase->weight = (uint16_t)weight;
    return true;
}

static void take_line(void *context, uint32_t line, char *text)
{
    struct list *list = context;
    char fault[PHRASE_FAULT_BYTES];
    char *rest = text;
    const char *label = column(&rest);
    const char *words = column(&rest);
    const char *weight = column(&rest);
    if (words == NULL || rest != NULL) {
        compile_fault(list->compile, line,
                      "a line is LABEL, TAB, PHRASE, or LABEL, TAB, PHRASE, TAB, WEIGHT; this one has %s",
                      words == NULL ? "no TAB" : "more columns");
        return;
    }
    struct phrase like = {.cancels = words[0] == '-', .line = line};
    int32_t number = compile_label(list->compile, line, label);
    if (number < 0 || !read_weight(list, line, weight, &like)) {
        return;
    }
    like.label = (uint16_t)number;
    list->found[number] = list->found[number] || !like.cancels;
    if (!phrases_add(&list->phrases, &like, words + like.cancels, fault)) {
        compile_fault(list->compile, line, "%s", fault);
    }
}

/* What is wrong with the list as a whole. */
static void look_over(struct list *list)
{
    struct compile *compile = list->compile;
    const struct phrase *first = NULL;
    const struct phrase *again = NULL;
    bool right = compile->faults == 0; /* else a label's phrases may be among what is wrong */
    for (uint16_t i = 0; right && i < compile->manifest.label_count; i++) {
        if (compile->used[i] != 0 && !list->found[i]) {
            compile_fault(compile, compile->used[i], "`%s` has phrases that cancel it and none that says it",
                          compile->labels[i]);
        }
    }
    if (compile->faults == 0 && phrases_twice(&list->phrases, &first, &again)) {
        compile_fault(compile, again->line, "this phrase is there already, in line %u", first->line);
    }
    if (compile->faults == 0 && list->phrases.count == 0) {
        compile_fault(compile, 0, "no phrases; a line is LABEL, TAB, PHRASE");
    }
}

int earshot_pack_phrases(int argc, char **argv)
{
    static struct compile compile;
    static struct list list;
    struct pack_bytes body = {0};
    compile_options(&compile, argc, argv, print_help);
    list.compile = &compile;
    compile_lines(&compile, take_line, &list);
    look_over(&list);
    if (compile.faults == 0 && !phrases_build(&list.phrases, &body)) {
        compile_fault(&compile, 0, "its phrases begin with more than 65,535 different words");
    }
    int status = compile_write(&compile, EAR_ENGINE_PHRASES, EAR_PHRASES_VERSION, &body,
                               keep_printf("%zu phrase%s", list.phrases.count, list.phrases.count == 1 ? "" : "s"));
    pack_bytes_free(&body);
    phrases_free(&list.phrases);
    return status;
}
