/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mbedtls_config.h - what of mbedTLS a board is built with: what is common, by Kconfig with TLS 1.3
 * and with RSA, in little memory. Included by mbedTLS itself (MBEDTLS_CONFIG_FILE). */
#include "ear_config.h"

#ifdef EAR_TLS_BROAD
#define EAR_MBEDTLS_BROAD
#define MBEDTLS_MPI_MAX_SIZE 512
#else
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 1
#define MBEDTLS_MPI_MAX_SIZE 48
#endif

#ifdef EAR_TLS13
#define EAR_MBEDTLS_TLS13
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8
#else
#define MBEDTLS_ECP_RESTARTABLE /* the loop goes round within a handshake; PSA, which 1.3 needs, cannot */
#endif

#include "platform/tls/ear_mbedtls_common.h"

/* The board: memory from a static arena, time and calendar from ear_tls_board.c, randomness from the port. */
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_TIME_ALT
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT
#define MBEDTLS_PLATFORM_EXIT_ALT
#define MBEDTLS_PLATFORM_SNPRINTF_ALT
#define MBEDTLS_NO_PLATFORM_ENTROPY

#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#define MBEDTLS_SSL_IN_CONTENT_LEN EAR_TLS_IN_BYTES
#define MBEDTLS_SSL_OUT_CONTENT_LEN EAR_TLS_OUT_BYTES

#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
