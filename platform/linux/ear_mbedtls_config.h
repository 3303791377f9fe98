/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_mbedtls_config.h - what of mbedTLS the daemon and the tools are built with: all that is common,
 * and what a machine with memory can have besides. Included by mbedTLS itself (MBEDTLS_CONFIG_FILE). The system gives
 * a clock for certificates and malloc; no threads: one task owns the connection. */
#define EAR_MBEDTLS_BROAD
#define EAR_MBEDTLS_TLS13
#include "platform/tls/ear_mbedtls_common.h"

#define MBEDTLS_SSL_IN_CONTENT_LEN 16384 /* what a TLS 1.3 server may send at once */
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

/* Certificates and keys in PEM, too */
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_BASE64_C

#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_AESNI_C
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
