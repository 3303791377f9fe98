/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_host.h - keeps the plugin contract: checks, calls, meters, quarantines. Called by the agent only.
 *
 * The host lives as long as the process and is not saved: it holds pointers and meters. What a plugin remembers of a
 * conversation is in the conversation, as EAR_PLUGIN_STATE_BYTES bytes that the caller keeps; they are meaningful to a
 * host with the same ear_host_fingerprint only, and are to be zeroed otherwise. */
#ifndef EAR_HOST_H
#define EAR_HOST_H

#include "core/base/ear_base.h"
#include "core/judge/ear_plugin.h"

/** Strikes (faults and overruns) that quarantine a plugin, and the good calls in a row that forgive them. */
#define EAR_HOST_STRIKES 3
#define EAR_HOST_FORGIVE_CALLS 1024

/** Every turn is metered as a whole. Its calls are metered one by one in the first turns, then in one of so many, and
 * for a while after a turn took longer than the smallest budget of all: while none does, no call has overrun. (A
 * reading of the counter costs as much as a small plugin.) */
#define EAR_HOST_METER_EVERY 16
#define EAR_HOST_METER_AFTER 1024

/** Why a plugin was not taken. Names for status and logs: ear_refusal_name. */
#define EAR_REFUSALS(X)                                                                         \
    X(NONE, "none")                                                                             \
    X(ABSENT, "absent")           /* no descriptor */                                           \
    X(ABI_MAJOR, "abi_major")     /* made for another contract */                               \
    X(ABI_MINOR, "abi_minor")     /* made for a newer contract than this agent's */             \
    X(STRUCT_SIZE, "struct_size") /* descriptor of a size that its ABI does not have */         \
    X(NAME, "name")               /* not [a-z0-9_]{1,23} */                                     \
    X(VERSION, "version")         /* not 1 to 15 printable characters */                        \
    X(CALLBACK, "callback")       /* nothing to call */                                         \
    X(QUESTIONS, "questions")     /* none, or one that does not exist */                        \
    X(HEARS, "hears")             /* nobody, or a sender that does not exist */                 \
    X(LABELS, "labels")           /* missing, empty, or too long where a question needs them */ \
    X(BUDGET, "budget")           /* none */                                                    \
    X(DUPLICATE, "duplicate")     /* a plugin of that name is loaded */                         \
    X(STATE_BYTES, "state_bytes") /* no room left in EAR_PLUGIN_STATE_BYTES */                  \
    X(FULL, "full")               /* no room left in EAR_PLUGINS */
enum ear_refusal {
#define EAR_REFUSAL(NAME, name) EAR_REFUSAL_##NAME,
    EAR_REFUSALS(EAR_REFUSAL)
#undef EAR_REFUSAL
        EAR_REFUSAL_COUNT
};
const char *ear_refusal_name(enum ear_refusal refusal);

/** The counter that calls are metered with: time on Linux, cycles or instructions on a microcontroller. It may wrap. */
struct ear_ticks {
    uint32_t (*now)(void *context);
    void *context;
    uint32_t per_us; /* at least 1 */
};

/** What one plugin cost and did since it was loaded. Counts stop at their highest value. */
struct ear_plugin_meter {
    uint64_t ticks;     /* of the calls that were metered one by one */
    uint32_t metered;   /* those */
    uint32_t ticks_max; /* of them */
    uint32_t calls;
    uint32_t faults;      /* calls that returned an error or gave a verdict that the contract forbids */
    uint32_t overruns;    /* calls that took longer than budget_us */
    uint32_t quarantines; /* times it was quarantined */
};

/** In which order plugins are asked: by rank, and within a rank as they came. Of two that answer the same question the
 * first wins, but what rules say replaces what was said before. */
enum ear_rank {
    EAR_RANK_PACK = 0,     /* installed packs: a shop's own classifiers come before those of the build */
    EAR_RANK_NATIVE = 1,   /* loaded plugins with code */
    EAR_RANK_BUILT_IN = 2, /* packs of the build, in the order of ear_packs.def */
    EAR_RANK_LINKED = 3,   /* plugins of the build, in the order of ear_plugins.def */
    EAR_RANK_RULES = 4,    /* packs that combine verdicts */
};

/** A plugin that is loaded. */
struct ear_host_plugin {
    struct ear_plugin plugin; /* our own copy: what was checked is what is used */
    uint32_t budget_ticks;
    uint16_t state_at;   /* where its bytes are in the conversation's */
    uint16_t good_calls; /* since the last strike */
    uint8_t strikes;
    uint8_t rank; /* enum ear_rank */
    bool loaded;  /* else this place is free */
    bool quarantined;
    struct ear_plugin_meter meter;
};

/** A plugin that was refused, for status; the latest few are kept. */
#define EAR_HOST_REFUSED 4
struct ear_host_refused {
    char name[24];  /* "" if even the name could not be read */
    uint8_t reason; /* enum ear_refusal */
};

struct ear_host {
    struct ear_ticks ticks;
    struct ear_host_plugin plugins[EAR_PLUGINS];
    struct ear_host_refused refused[EAR_HOST_REFUSED]; /* the latest */
    uint64_t turn_ticks;                               /* all turns, all plugins */
    uint32_t refused_count;                            /* ever */
    uint32_t least_budget_ticks;                       /* of all plugins */
    uint32_t wanted;            /* EAR_ASK_BIT of the questions asked: plugins with no other rest */
    uint32_t verdicts_dropped;  /* tags and spans that found no room in a judgement */
    uint16_t count;             /* places of plugins that are or were in use */
    uint16_t singly;            /* turns to go in which calls are metered one by one */
    uint8_t turns;              /* since calls were metered one by one */
    uint8_t loaded;             /* plugins */
    uint8_t order[EAR_PLUGINS]; /* their places, as they are asked */
    struct {
        uint32_t calls, faults, overruns, quarantines;
    } gone; /* what was metered of plugins that were removed */
};

/** What the plugins say about one turn. by[q] means something only if answered has EAR_ASK_BIT(q). */
struct ear_judgement {
    uint16_t answered; /* questions that got a verdict; not EAR_ASK_TAG, EAR_ASK_REDACTION */
    uint16_t yes;      /* of the yes-or-no questions: those answered with yes */
    struct {
        uint16_t label;
        int16_t score;
        uint8_t plugin; /* index into host->plugins: whose labels they are */
    } by[EAR_ASK_COUNT];
    bool redacted;        /* all that is personal is in extra: every plugin for that has looked, and there is one */
    uint16_t extra_count; /* tags and spans */
    struct {
        struct ear_verdict verdict;
        uint8_t plugin;
    } extra[EAR_VERDICTS];
};

/** Load plugins as EAR_RANK_LINKED, in this order, which is the order of precedence. NULL entries are plugins that the
 * build left out and are passed over; a plugin that is refused is noted in host->refused and the others go on. */
void ear_host_init(struct ear_host *host, const struct ear_plugin *const *plugins, size_t count,
                   const struct ear_ticks *ticks);

/** Load one more, as the last of its rank. EAR_REFUSAL_NONE, or why not. The descriptor is copied; what it points to
 *  must live until it is removed. May be called between turns at any time: a plugin without state changes nothing that
 *  others remember. */
enum ear_refusal ear_host_add(struct ear_host *host, const struct ear_plugin *plugin, enum ear_rank rank);

/** Unload a plugin; no effect if none of this name is loaded. Its place, and the place of its state, may then be
 *  another's. */
void ear_host_remove(struct ear_host *host, const char *name);

/** The place of a loaded plugin in plugins, or EAR_ERR_UNKNOWN. */
int32_t ear_host_find(const struct ear_host *host, const char *name);

/** A number that is equal for hosts whose plugins with state are the same, of the same versions and places of it. */
uint32_t ear_host_fingerprint(const struct ear_host *host);

/** Ask every plugin that hears this sender. state: this conversation's EAR_PLUGIN_STATE_BYTES bytes, 8-aligned.
 *  Verdicts of a call that faults are discarded; those of a call that only took too long count. */
void ear_host_judge(struct ear_host *host, void *state, const struct ear_turn *turn, struct ear_judgement *judgement);

/** Give a quarantined plugin another chance: after it was mended, or on an operator's word. */
void ear_host_release(struct ear_host *host, uint16_t plugin);

static inline bool ear_judgement_yes(const struct ear_judgement *judgement, enum ear_question question)
{
    return (judgement->yes & EAR_ASK_BIT(question)) != 0;
}

/** The label's text of a TOPIC, LANGUAGE or TAG verdict. */
static inline const char *ear_host_label(const struct ear_host *host, uint8_t plugin, uint16_t label)
{
    const struct ear_plugin *p = &host->plugins[plugin].plugin;
    return p->labels != NULL ? p->labels[label] : p->label(p->data, label);
}

#endif
