/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/pack_write.h - the writer of packs: a manifest from a struct, an envelope around it. For tools and tests.
 *
 * What it writes is core/model/PACK.md, deterministic (RFC 8949 4.2.1): the same struct gives the same bytes. It checks
 * nothing that ear_pack_read checks, so that tests can write what is wrong; who writes for people reads back. Uses the
 * heap and nothing else of a system: its sources run on every target. */
#ifndef PACK_WRITE_H
#define PACK_WRITE_H

#include "core/model/ear_cose.h"
#include "core/model/ear_pack.h"
#include "core/port/ear_signature.h"

/** Bytes that grow. Begin with {0}; free with pack_bytes_free. */
struct pack_bytes {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
};

/** Append. Ends the program where there is no memory. */
void pack_bytes_add(struct pack_bytes *out, const void *bytes, size_t length);
void pack_bytes_free(struct pack_bytes *out);

/** Append a number, little-endian, for bodies. */
void pack_bytes_add_le16(struct pack_bytes *out, uint16_t value);
void pack_bytes_add_le32(struct pack_bytes *out, uint32_t value);

/** Append the head of a CBOR item (RFC 8949 3), in its shortest form. major: 0 uint .. 7. */
void pack_bytes_add_cbor(struct pack_bytes *out, uint8_t major, uint64_t value);

struct pack_source {
    const char *name;
    const char *licence; /* SPDX identifier where there is one */
};

struct pack_accuracy {
    const char *set;
    uint32_t messages;
    uint16_t accuracy_permille;
    uint16_t macro_f1_permille;
};

/** A manifest as a struct. Pointers stay the caller's. Texts that are NULL and lists that are empty are left out. */
struct pack_manifest {
    const char *name;
    const char *version;
    uint32_t counter;
    uint16_t engine; /* enum ear_engine_id */
    uint16_t engine_version;
    uint32_t text_version; /* 0: EAR_TEXT_VERSION */
    uint8_t question;      /* enum ear_question */
    uint8_t hears;         /* EAR_FROM_BITs */
    bool has_reject;
    uint16_t reject; /* label, with has_reject */
    uint16_t label_count;
    uint32_t budget_us;
    const char *const *labels;  /* UTF-8, terminated */
    const uint16_t *thresholds; /* label_count of them, 0..1001; NULL: all 0 */
    const char *const *languages;
    size_t language_count;
    const char *about;
    const struct pack_source *sources;
    size_t source_count;
    const struct pack_accuracy *accuracies;
    size_t accuracy_count;
    const uint8_t *body;
    size_t body_bytes;
};

/** Append the payload: an unsigned pack. */
void pack_write_manifest(struct pack_bytes *out, const struct pack_manifest *manifest);

/** Append the payload with another counter or version (NULL: as it is), all else as it is, unknown keys too. False: the
 * bytes are no manifest; nothing is appended. */
EAR_MUST_USE bool pack_write_changed(struct pack_bytes *out, const uint8_t *payload, size_t length,
                                     const uint32_t *counter, const char *version);

/** Who signs. pack_sign.h makes one from a key. */
struct pack_signer {
    /** ES256 over head, then payload, as struct ear_signature verifies it. False: it failed. */
    bool (*sign)(void *context, const struct ear_signed *bytes, uint8_t signature[EAR_COSE_SIGNATURE_BYTES]);
    void *context;
    uint8_t key_id[EAR_COSE_KEY_ID_BYTES];
    uint16_t key_id_bytes; /* 0: the envelope names none */
};

/** Append an envelope around a payload: a signed pack. False: the signer failed; nothing is appended. */
EAR_MUST_USE bool pack_write_envelope(struct pack_bytes *out, const uint8_t *payload, size_t length,
                                      const struct pack_signer *signer);

/** The payload within the bytes of a file, signed or not. False: an envelope that cannot be read. */
EAR_MUST_USE bool pack_payload(const uint8_t *file, size_t length, const uint8_t **payload, size_t *payload_bytes);

#endif
