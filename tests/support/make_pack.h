/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/make_pack.h - packs for tests on every target: small ones that an engine runs, signed by a fake that
 * needs no mbedTLS. */
#ifndef MAKE_PACK_H
#define MAKE_PACK_H

#include "tools/pack/pack_write.h"

/** What fake_signature knows, and a key that it does not. */
enum { FAKE_KEY = 1, FAKE_KEY_OTHER = 2, FAKE_KEY_UNKNOWN = 3 };

/** Signatures by keys of these numbers: a checksum of the bytes and the key. */
struct pack_signer fake_signer(uint8_t key);

/** The port, with FAKE_KEY and FAKE_KEY_OTHER. */
extern const struct ear_signature fake_signature;

/** A manifest with all that is needed: tags "one" and "two", the engine for phrases, a body without any. */
struct pack_manifest small_manifest(const char *name, uint32_t counter);

/** Such a pack, signed with FAKE_KEY; about is as long as said, so that the file can be of any size. Appends. */
void make_pack(struct pack_bytes *file, const char *name, uint32_t counter, size_t about_bytes);

/** Any manifest, signed with a key. Appends. */
void sign_pack(struct pack_bytes *file, const struct pack_manifest *manifest, uint8_t key);

#endif
