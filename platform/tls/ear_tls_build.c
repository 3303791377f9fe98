/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_tls_build.c - what depends on how mbedTLS is built: with TLS 1.3, which needs PSA, or without; for
 * records of full length, or for shorter ones. */
#include "platform/tls/ear_tls_parts.h"

#ifdef MBEDTLS_PSA_CRYPTO_C
#include "psa/crypto.h"

/* PSA has no context of its own to draw randomness from, so there is one source for the whole program: that of the
 * first ear_tls_init. */
static struct ear_entropy psa_entropy;

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (psa_entropy.fill == NULL || psa_entropy.fill(psa_entropy.context, output, output_size) != 0) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *output_length = output_size;
    return PSA_SUCCESS;
}

bool ear_tls_psa_start(const struct ear_entropy *entropy)
{
    if (psa_entropy.fill == NULL) {
        psa_entropy = *entropy;
    }
    return psa_crypto_init() == PSA_SUCCESS;
}
#else
bool ear_tls_psa_start(const struct ear_entropy *entropy)
{
    uint8_t one;
    return entropy->fill(entropy->context, &one, sizeof one) == 0;
}
#endif

/* The longest record that TLS 1.2 can agree on, both ways, where the full length does not fit. */
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && MBEDTLS_SSL_IN_CONTENT_LEN < 16384
#define FITS(length) (MBEDTLS_SSL_IN_CONTENT_LEN >= (length) && MBEDTLS_SSL_OUT_CONTENT_LEN >= (length))
#define FRAGMENT                                  \
    (FITS(4096)   ? MBEDTLS_SSL_MAX_FRAG_LEN_4096 \
     : FITS(2048) ? MBEDTLS_SSL_MAX_FRAG_LEN_2048 \
                  : MBEDTLS_SSL_MAX_FRAG_LEN_1024)
#endif

#ifdef MBEDTLS_ECP_RESTARTABLE
#include "mbedtls/ecp.h"

#define OPERATIONS_A_STEP 120u /* on an elliptic curve, some thousand instructions each */
#endif

void ear_tls_configure_build(mbedtls_ssl_config *config)
{
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(config,
                                                             MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#ifdef FRAGMENT
    (void)mbedtls_ssl_conf_max_frag_len(config, FRAGMENT); /* fails only where it is longer than the buffer */
#endif
#ifdef MBEDTLS_ECP_RESTARTABLE
    mbedtls_ecp_set_max_ops(OPERATIONS_A_STEP);
#endif
    (void)config;
}
