/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_tls_certificates.c - certificates as people keep them: PEM on hosts; DER, one after the other, in a
 * board's flash, where they can stay. */
#include "platform/tls/ear_tls_parts.h"

#include "mbedtls/asn1.h"

#define DER_SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

/* Length of the first SEQUENCE, head and all; 0: there is none that is whole. */
static size_t first_length(const uint8_t *bytes, size_t length)
{
    unsigned char *at = (unsigned char *)(uintptr_t)bytes; /* mbedTLS reads only */
    size_t body = 0;
    if (mbedtls_asn1_get_tag(&at, bytes + length, &body, DER_SEQUENCE) != 0) {
        return 0;
    }
    return (size_t)(at - bytes) + body;
}

static int parse_der(mbedtls_x509_crt *chain, struct ear_tls_bytes bytes, bool in_place)
{
    int error = MBEDTLS_ERR_X509_INVALID_FORMAT;
    do {
        const size_t length = first_length(bytes.bytes, bytes.length);
        if (length == 0) {
            return MBEDTLS_ERR_X509_INVALID_FORMAT;
        }
        error = in_place ? mbedtls_x509_crt_parse_der_nocopy(chain, bytes.bytes, length)
                         : mbedtls_x509_crt_parse_der(chain, bytes.bytes, length);
        bytes.bytes += length;
        bytes.length -= length;
    } while (error == 0 && bytes.length > 0);
    return error;
}

int ear_tls_parse_certificates(mbedtls_x509_crt *chain, struct ear_tls_bytes bytes, bool in_place)
{
#ifdef MBEDTLS_PEM_PARSE_C
    if (bytes.length == 0 || (bytes.bytes[0] != DER_SEQUENCE && bytes.bytes[bytes.length - 1] == '\0')) {
        return mbedtls_x509_crt_parse(chain, bytes.bytes, bytes.length);
    }
#endif
    return parse_der(chain, bytes, in_place);
}
