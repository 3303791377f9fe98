/* SPDX-License-Identifier: Apache-2.0 */
/* core/model/ear_pack.h - a pack: a classifier as data. What its manifest says, read in place. Pure.
 *
 * A pack is a CBOR map (core/model/PACK.md, pack.cddl), signed as the payload of a COSE_Sign1 envelope. Its body is run
 * where it lies, in flash or in a mapped file: nothing is copied but what struct ear_pack holds. The same bytes mean
 * the same on every target. */
#ifndef EAR_PACK_H
#define EAR_PACK_H

#include "core/base/ear_base.h"
#include "core/judge/ear_plugin.h"

#define EAR_PACK_FORMAT 1u /* of the manifest */
#define EAR_PACK_LABELS_MAX 1024u
#define EAR_PACK_NO_LABEL 0xFFFFu
#define EAR_PACK_NEVER 1001u /* a threshold that no score reaches */

/** Manifest keys, in the order in which they come. ? optional. */
enum ear_pack_key {
    EAR_PACK_KEY_FORMAT = 1,         /* uint: EAR_PACK_FORMAT */
    EAR_PACK_KEY_NAME = 2,           /* tstr: as a plugin's, [a-z0-9_]{1,23}; where it is kept on a device */
    EAR_PACK_KEY_VERSION = 3,        /* tstr: as a plugin's */
    EAR_PACK_KEY_COUNTER = 4,        /* uint32: security counter; a device takes none that is lower than it has seen */
    EAR_PACK_KEY_ENGINE = 5,         /* uint: enum ear_engine_id */
    EAR_PACK_KEY_ENGINE_VERSION = 6, /* uint: of the body's format */
    EAR_PACK_KEY_TEXT_VERSION = 7,   /* uint: EAR_TEXT_VERSION of the tokens that it was made for */
    EAR_PACK_KEY_QUESTION = 8,       /* uint: enum ear_question */
    EAR_PACK_KEY_HEARS = 9,          /* uint: EAR_FROM_BITs */
    EAR_PACK_KEY_BUDGET_US = 10,     /* uint32: as a plugin's */
    EAR_PACK_KEY_LABELS = 11,        /* tstr: the labels, each ended by a zero byte */
    EAR_PACK_KEY_LABEL_OFFSETS = 12, /* bstr: where each begins in labels, uint16 little-endian */
    EAR_PACK_KEY_THRESHOLDS = 13, /* ? bstr: least score of each label, 0..1001, uint16 little-endian; absent: all 0 */
    EAR_PACK_KEY_REJECT = 14,     /* ? uint: the label that stands for "none of these": no verdict is given */
    EAR_PACK_KEY_LANGUAGES = 15,  /* ? [tstr]: of the texts that it understands, ISO 639-1 */
    EAR_PACK_KEY_ABOUT = 16,      /* ? tstr: a sentence for people */
    EAR_PACK_KEY_SOURCES = 17,    /* ? [[name, licence]]: of the training data */
    EAR_PACK_KEY_ACCURACY = 18,   /* ? [[set, messages, accuracy permille, macro F1 permille]] */
    EAR_PACK_KEY_BODY = 24,       /* bstr: the engine's */
};

/** For yes-or-no questions label 0 means no and label 1 yes; for sentiment they are enum ear_sentiment; so a manifest
 * bears two labels, or three, in that order. For language they are ISO 639-1 codes. */

enum ear_engine_id { EAR_ENGINE_LINEAR = 1, EAR_ENGINE_PHRASES = 2, EAR_ENGINE_RULES = 3 };

/** What a manifest says. Pointers go into the bytes that were read. */
struct ear_pack {
    char name[24];
    char version[16];
    const uint8_t *body;
    const char *labels;
    const uint8_t *label_offsets;
    const uint8_t *thresholds; /* NULL: all 0 */
    uint32_t body_bytes;
    uint32_t counter;
    uint32_t budget_us;
    uint32_t text_version;
    uint16_t engine;
    uint16_t engine_version;
    uint16_t label_count;
    uint16_t reject; /* EAR_PACK_NO_LABEL: none */
    uint8_t question;
    uint8_t hears;
};

/** A pack that is part of a program's image: its payload, unsigned; who vouches for the image vouches for it. */
struct ear_pack_image {
    const uint8_t *bytes;
    uint32_t length;
};

/** Why a pack was not taken. Names for status, answers and logs: ear_pack_refusal_name. */
#define EAR_PACK_REFUSALS(X)                                                                                  \
    X(NONE, "none")                                                                                           \
    X(ENVELOPE, "envelope")             /* not a COSE_Sign1, or one with another algorithm */                 \
    X(KEY, "key")                       /* no key for packs on this device, or none of that id */             \
    X(SIGNATURE, "signature")           /* the signature is not that of this pack */                          \
    X(COUNTER, "counter")               /* older than one that this device had */                             \
    X(MANIFEST, "manifest")             /* a key that is missing, of the wrong type, or outside its range */  \
    X(FORMAT, "format")                 /* of another version of the manifest */                              \
    X(NAME, "name")                     /* not the name under which it was sent */                            \
    X(ENGINE, "engine")                 /* no such engine here */                                             \
    X(ENGINE_VERSION, "engine_version") /* made for another version of it */                                  \
    X(TEXT_VERSION, "text_version")     /* made for tokens of another kind */                                 \
    X(LABELS, "labels")                 /* missing, or not those that the question needs */                   \
    X(BODY, "body")                     /* the engine cannot run it */                                        \
    X(SIZE, "size")                     /* larger than a slot of this device, or not of the announced size */ \
    X(CHECKSUM, "checksum")             /* what was stored is not what was sent */                            \
    X(FULL, "full")                     /* this device has as many packs as it can hold */                    \
    X(STORAGE, "storage")               /* it could not be written */                                         \
    X(HOST, "host")                     /* the plugin host refused it: see its refusals */
enum ear_pack_refusal {
#define EAR_PACK_REFUSAL(NAME, name) EAR_PACK_REFUSAL_##NAME,
    EAR_PACK_REFUSALS(EAR_PACK_REFUSAL)
#undef EAR_PACK_REFUSAL
        EAR_PACK_REFUSAL_COUNT
};
const char *ear_pack_refusal_name(enum ear_pack_refusal refusal);

/** Why, and where. */
struct ear_pack_fault {
    uint8_t reason; /* enum ear_pack_refusal */
    uint8_t key;    /* of the manifest; 0: does not apply */
    uint32_t at;    /* byte of the file, or of the body for BODY, where it was noticed */
};

/** Read a manifest (the payload, without its envelope). Unknown keys are passed over. Everything that struct ear_pack
 * promises holds afterwards: names are well formed, labels are terminated UTF-8 within their bounds and as many as the
 * question needs, thresholds in range. The body is not looked at. False: *fault says why. One pass. */
EAR_MUST_USE bool ear_pack_read(const uint8_t *bytes, uint32_t length, struct ear_pack *pack,
                                struct ear_pack_fault *fault);

/** A label's text, terminated. index < label_count. */
const char *ear_pack_label(const struct ear_pack *pack, uint16_t index);

/** A label's least score. index < label_count. */
uint16_t ear_pack_threshold(const struct ear_pack *pack, uint16_t index);

#endif
