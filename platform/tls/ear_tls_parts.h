/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_tls_parts.h - what differs between builds of mbedTLS. Only for ear_tls.c. */
#ifndef EAR_TLS_PARTS_H
#define EAR_TLS_PARTS_H

#include "platform/tls/ear_tls.h"

/** Start PSA, which TLS 1.3 does its cryptography through; nothing without TLS 1.3. False: no randomness. */
bool ear_tls_psa_start(const struct ear_entropy *entropy);

/** What is to be asked of a peer only where the build has it. */
void ear_tls_configure_build(mbedtls_ssl_config *config);

/** Into an empty chain: PEM where the build has it, or certificates in DER, one after the other. 0, or mbedTLS's error,
 * or how many certificates could not be read. */
int ear_tls_parse_certificates(mbedtls_x509_crt *chain, struct ear_tls_bytes bytes, bool in_place);

#endif
