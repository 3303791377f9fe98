/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/device/ear_csr.h - a key that is made on the device, and the request by which a CA gives it a
 * certificate (PKCS #10, RFC 2986). P-256; a second or so on a small processor. Kconfig CSR. */
#ifndef EAR_CSR_H
#define EAR_CSR_H

#include "core/port/ear_entropy.h"
#include "platform/firmware/serial/ear_text_out.h"
#include "platform/tls/ear_tls.h"

#define EAR_CSR_KEY_BYTES 121u
#define EAR_CSR_NAME_BYTES 64u /* longest name */
#define EAR_CSR_BYTES 320u     /* longest request */

/** Make a private key, as DER (SEC 1, RFC 5915) with its public key. EAR_ERR_IO: no randomness, or no memory. */
EAR_MUST_USE enum ear_err ear_csr_make_key(const struct ear_entropy *entropy, uint8_t key[EAR_CSR_KEY_BYTES]);

/** A request for a certificate of this key in that name (CN), as DER: bytes written. EAR_ERR_CONFIG: not a key of P-256
 * with its public key; EAR_ERR_TOO_LONG: the name; EAR_ERR_IO: no randomness, or no memory. */
EAR_MUST_USE int32_t ear_csr_write(const struct ear_tls_bytes *key, const uint8_t point[65], const char *name,
                                   const struct ear_entropy *entropy, uint8_t request[EAR_CSR_BYTES]);

/** DER as PEM (RFC 7468), with a label such as "CERTIFICATE REQUEST". */
void ear_csr_print(const struct ear_text_out *out, const char *label, const uint8_t *der, size_t length);

#endif
