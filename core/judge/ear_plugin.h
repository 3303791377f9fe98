/* SPDX-License-Identifier: Apache-2.0 */
/* core/judge/ear_plugin.h - the contract between a classifier and the agent. The only header a plugin includes.
 *
 * A plugin sees one message at a time (a *turn*) and a small fixed memory of its conversation, and answers questions
 * about it with *verdicts*. It allocates nothing, keeps no pointer that it was given, has no mutable global, and
 * returns within its budget. It cannot reach counters, storage or the network.
 *
 * Growth: a new field goes to the end of a struct and raises EAR_PLUGIN_ABI_MINOR; struct_size tells each side how much
 * of a struct the other knows. A change of meaning raises EAR_PLUGIN_ABI_MAJOR, and older plugins are refused. */
#ifndef EAR_PLUGIN_H
#define EAR_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EAR_PLUGIN_ABI_MAJOR 1
#define EAR_PLUGIN_ABI_MINOR 1

/** What can be asked about a message. A plugin declares which it answers; several plugins may answer one question, and
 *  then the first in ear_plugins.def that gives a verdict wins. */
enum ear_question {
    EAR_ASK_HUMAN_REQUESTED = 0, /* does the message ask for a person? label 1 = yes */
    EAR_ASK_REPETITION_LOOP = 1, /* is the conversation going in circles? label 1 = yes */
    EAR_ASK_LOW_CONFIDENCE = 2,  /* did the bot not know? label 1 = yes */
    EAR_ASK_INCOMPLETE_INFO = 3, /* is the message too vague to act on? label 1 = yes */
    EAR_ASK_SENTIMENT = 4,       /* label: enum ear_sentiment; score: strength, 0..1000 */
    EAR_ASK_TOPIC = 5,           /* label: index into the plugin's labels */
    EAR_ASK_LANGUAGE = 6,        /* label: index into the plugin's labels, which are ISO 639-1 codes */
    EAR_ASK_TAG = 7,             /* label: index into the plugin's labels; any number of verdicts a turn */
    EAR_ASK_REDACTION = 8,       /* label: enum ear_personal; span: bytes of the text that are personal; any number of
                                    verdicts a turn. A plugin with more to say than fits gives one last span that
                                    reaches to the end of the text. */
    EAR_ASK_COUNT = 9,
};
#define EAR_ASK_BIT(question) (1u << (question))

enum ear_sentiment { EAR_SENTIMENT_NEUTRAL = 0, EAR_SENTIMENT_POSITIVE = 1, EAR_SENTIMENT_NEGATIVE = 2 };

/** What is personal about a span of text. */
enum ear_personal {
    EAR_PERSONAL_OTHER = 0,
    EAR_PERSONAL_EMAIL = 1,
    EAR_PERSONAL_PHONE = 2,
    EAR_PERSONAL_CARD = 3,   /* of payment */
    EAR_PERSONAL_IBAN = 4,   /* account of a bank */
    EAR_PERSONAL_NUMBER = 5, /* any other long one: of a customer, order, passport */
    EAR_PERSONAL_NAME = 6,
    EAR_PERSONAL_COUNT = 7,
};

/** Who wrote a message. */
enum ear_from { EAR_FROM_USER = 0, EAR_FROM_BOT = 1, EAR_FROM_AGENT = 2, EAR_FROM_COUNT = 3 };
#define EAR_FROM_BIT(from) (1u << (from))

/** A word, number, ideograph, emoji or punctuation mark of the text, found once for all plugins (ear_text.h). */
struct ear_token {
    uint32_t hash;  /* ear_text_hash of the folded bytes: lower case, no diacritics where Latin has a plain letter */
    uint16_t start; /* first byte in text */
    uint8_t length; /* bytes in text; longer words are cut at 255 */
    uint8_t kind;   /* enum ear_token_kind */
};
enum ear_token_kind {
    EAR_TOKEN_WORD = 0,      /* letters, with inner apostrophes: "don't" */
    EAR_TOKEN_NUMBER = 1,    /* digits, with inner . and ,: "3.50"; hashed as written */
    EAR_TOKEN_IDEOGRAPH = 2, /* one Han character or kana */
    EAR_TOKEN_EMOJI = 3,     /* one pictograph, or an emoticon: all that smile are hashed as ":)", that frown as ":(" */
    EAR_TOKEN_MARK = 4, /* a run of one of . , ! ? ; : and their wide forms, hashed as one ASCII mark; length counts */
    EAR_TOKEN_SHOUT = 0x80, /* flag on a word: two or more letters, all capitals */
};
#define EAR_TOKEN_KIND(token) ((token).kind & 0x7fu)

/** What is known about a turn beside its text. Flags of struct ear_turn. */
enum ear_turn_flag {
    EAR_TURN_HAS_CONFIDENCE = 1u << 0, /* confidence_permille is the bot's own */
    EAR_TURN_FALLBACK = 1u << 1,       /* the source says that the bot gave its fallback answer */
    EAR_TURN_ATTACHMENT = 1u << 2,     /* a picture or file came with it, or is all there is */
    EAR_TURN_TEXT_CUT = 1u << 3,       /* the text was longer than the host holds; its beginning is here */
};

/** One message, as a plugin sees it. All pointers are valid during the call only. */
struct ear_turn {
    uint32_t struct_size;
    uint8_t from;                 /* enum ear_from */
    uint8_t flags;                /* enum ear_turn_flag */
    uint16_t confidence_permille; /* 0..1000, with EAR_TURN_HAS_CONFIDENCE */
    uint16_t turn_index;          /* messages of this conversation before this one; stops at 65535 */
    uint16_t text_length;         /* bytes */
    const char *text;             /* valid UTF-8, not terminated, may be empty */
    const struct ear_token *tokens;
    uint16_t token_count;
    char language[2];                 /* ISO 639-1 as the source gave it, or two zero bytes */
    uint16_t low_confidence_permille; /* the operator's threshold: a bot less sure than this did not know */
};

/** One answer. */
struct ear_verdict {
    uint16_t question;   /* enum ear_question, one of those that the plugin declared */
    uint16_t label;      /* see enum ear_question */
    int16_t score;       /* confidence of the label, 0..1000 */
    uint16_t span_start; /* EAR_ASK_REDACTION: first byte of text, else 0 */
    uint16_t span_length;
};

/** Where verdicts go: append at items[count], up to capacity. A plugin that has more to say than fits stops there. */
struct ear_verdicts {
    struct ear_verdict *items;
    uint16_t count;
    uint16_t capacity;
};

/** The arguments of a call. One struct, so that it can grow. */
struct ear_plugin_call {
    uint32_t struct_size;
    const void *data; /* the plugin's own constant data (struct ear_plugin.data) */
    void *state;      /* this conversation's state_size bytes, 8-aligned; all zero at its first turn */
    const struct ear_turn *turn;
    struct ear_verdicts *verdicts; /* empty at the start of each call */
};

/** Judge one turn. 0, or a negative number for a fault: its verdicts are then discarded and the fault is counted; after
 *  a few the plugin is quarantined. */
typedef int (*ear_plugin_on_turn)(const struct ear_plugin_call *call);

/** The text of a label, terminated, for index < label_count. It lives as long as data. */
typedef const char *(*ear_plugin_label)(const void *data, uint16_t index);

/** Longest text of a label in bytes. Where a device keeps fewer (LABEL_BYTES), it cuts. */
#define EAR_PLUGIN_LABEL_BYTES 63

/** A classifier. Const; lives as long as the agent. The host checks every field before the first call and refuses with
 * a reason that `status` shows. */
struct ear_plugin {
    uint16_t abi_major;   /* EAR_PLUGIN_ABI_MAJOR */
    uint16_t abi_minor;   /* EAR_PLUGIN_ABI_MINOR that it was compiled with */
    uint32_t struct_size; /* sizeof(struct ear_plugin) */
    const char *name;     /* [a-z0-9_]{1,23}, unique among those loaded */
    const char *version;  /* "1.0.0", at most 15 bytes */
    uint32_t questions;   /* EAR_ASK_BIT of each question it answers; no others are taken from it */
    uint32_t hears;       /* EAR_FROM_BIT of each sender whose turns it is called for */
    uint16_t state_size;  /* bytes of memory per conversation; 0: none */
    uint16_t label_count;
    uint32_t budget_us;        /* longest time one call may take on the slowest supported board */
    const char *const *labels; /* for EAR_ASK_TOPIC, _LANGUAGE and _TAG; else NULL */
    const void *data;          /* handed back in every call: a pack, a table; may be NULL */
    ear_plugin_on_turn on_turn;
    /* since 1.1 */
    ear_plugin_label label; /* where labels is NULL: gives them one by one, for labels that lie in data; else NULL */
};

/** The opening of every descriptor: `EAR_PLUGIN_HEADER, .name = "repetition_loop", ...`. */
#define EAR_PLUGIN_HEADER                                                 \
    .abi_major = EAR_PLUGIN_ABI_MAJOR, .abi_minor = EAR_PLUGIN_ABI_MINOR, \
    .struct_size = (uint32_t)sizeof(struct ear_plugin)

/** Append a verdict. False if there was no room. */
static inline bool ear_verdict_add(struct ear_verdicts *verdicts, enum ear_question question, uint16_t label,
                                   int16_t score)
{
    if (verdicts->count >= verdicts->capacity) {
        return false;
    }
    verdicts->items[verdicts->count++] =
        (struct ear_verdict){.question = (uint16_t)question, .label = label, .score = score};
    return true;
}

#endif
