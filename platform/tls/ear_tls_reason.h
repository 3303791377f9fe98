/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_tls_reason.h - why TLS failed, in words for a field engineer. Only for ear_tls.c. */
#ifndef EAR_TLS_REASON_H
#define EAR_TLS_REASON_H

#include "platform/tls/ear_tls.h"

/** Faults of our own that mbedTLS has no number for. Positive: it uses negatives. */
enum ear_tls_error {
    EAR_TLS_ERROR_NOT_A_PAIR = 1,
    EAR_TLS_ERROR_VERSIONS = 2,
    EAR_TLS_ERROR_NO_ENTROPY = 3,
    EAR_TLS_ERROR_TOO_NEW = 4,
};

/** "<what> cannot be read: it is neither PEM nor DER (-0x2180)" into text. */
void ear_tls_reason_parse(char *text, size_t capacity, const char *what, int error);

/** Into tls->reason: why this connection failed or ended, from mbedTLS's error, the verification's result, the alert
 * that came, and what the first byte was. */
void ear_tls_reason_connection(struct ear_tls *tls, int error);

#endif
