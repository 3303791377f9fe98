/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_tls_reason.c - why TLS failed, in words. The library's own table of errors is left out of the build:
 * it is 20 KB and speaks to its authors. */
#include "platform/tls/ear_tls_reason.h"

#include "mbedtls/error.h"
#include "mbedtls/pem.h"
#include "mbedtls/x509.h"

#ifdef MBEDTLS_PEM_PARSE_C
#define HAS_PEM true
#else
#define HAS_PEM false
#endif
#ifdef MBEDTLS_RSA_C
#define KINDS_OF_KEYS "EC P-256, P-384, RSA"
#define AGREEMENT "no cipher or TLS version in common"
#else
#define KINDS_OF_KEYS "EC P-256"
#define AGREEMENT "no TLS version, no ECDSA P-256 in common" /* a board's reasons have 95 letters */
#endif

/** Text under construction; what does not fit is cut. */
struct pen {
    char *text;
    size_t room;
    size_t length;
};

static void put(struct pen *pen, const char *text)
{
    for (; *text != '\0' && pen->length < pen->room; text++) {
        pen->text[pen->length++] = *text;
    }
    pen->text[pen->length] = '\0';
}

/** " (mbedTLS -0x2700)", as its documents list errors. */
static void put_error(struct pen *pen, int error)
{
    static const char digits[] = "0123456789abcdef";
    unsigned number = error < 0 ? 0u - (unsigned)error : (unsigned)error;
    char hex[] = " (mbedTLS -0x0000)";
    for (unsigned i = 0; i < 4; i++) {
        hex[13 + i] = digits[(number >> (12 - 4 * i)) & 15u];
    }
    put(pen, hex);
}

/** What a certificate holds that this build has not. mbedTLS adds a cause in the lowest bits. */
static bool is_unknown_kind(int error)
{
    const unsigned main_part = error < 0 ? (0u - (unsigned)error) & 0xff80u : 0;
    return main_part == 0u - (unsigned)MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG ||
           main_part == 0u - (unsigned)MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
           main_part == 0u - (unsigned)MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE;
}

void ear_tls_reason_parse(char *text, size_t capacity, const char *what, int error)
{
    struct pen pen = {.text = text, .room = capacity - 1};
    put(&pen, what);
    switch (error) {
    case EAR_TLS_ERROR_NOT_A_PAIR:
        put(&pen, " does not belong to the device's certificate");
        return;
    case EAR_TLS_ERROR_VERSIONS:
        put(&pen, " are the wrong way round: the lowest is above the highest");
        return;
    case EAR_TLS_ERROR_TOO_NEW:
        put(&pen, " are newer than any that this build has: it has 1.2");
        return;
    case EAR_TLS_ERROR_NO_ENTROPY:
        put(&pen, " gives nothing");
        return;
    case MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT:
    case MBEDTLS_ERR_X509_INVALID_FORMAT:
        put(&pen, HAS_PEM ? " is neither PEM nor DER" : " is not DER");
        break;
    case MBEDTLS_ERR_PK_PASSWORD_REQUIRED:
        put(&pen, " is encrypted; a device needs one without a password");
        break;
    case MBEDTLS_ERR_PK_KEY_INVALID_FORMAT:
        put(&pen, " is not a key of a kind that is known here (" KINDS_OF_KEYS ")");
        break;
    default:
        put(&pen, error > 0                ? " holds a certificate that cannot be read"
                  : is_unknown_kind(error) ? " is not of a kind that is known here (" KINDS_OF_KEYS ")"
                                           : " cannot be read");
    }
    put_error(&pen, error);
}

struct phrase {
    uint32_t code;
    const char *says;
};

/* In order of what helps most where several are true. */
static const struct phrase verify_phrases[] = {
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "the broker's certificate is not vouched for by our CA (wrong CA)"},
    {MBEDTLS_X509_BADCERT_EXPIRED, "the broker's certificate has expired"},
    {MBEDTLS_X509_BADCERT_FUTURE, "the broker's certificate is not valid yet; is this device's clock right?"},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, "the broker's certificate is for another name than "},
    {MBEDTLS_X509_BADCERT_REVOKED, "the broker's certificate has been revoked"},
    {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
     "the broker's certificate is signed in a way that is not safe"},
    {MBEDTLS_X509_BADCERT_MISSING, "the broker gave no certificate"},
    {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
     "the broker's certificate is not one for a server"},
};

/* Alerts of RFC 8446 section 6 that a broker sends. */
static const struct phrase alert_phrases[] = {
    {MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA, "the broker refused our certificate: unknown CA"},
    {MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED, "the broker refused our certificate: expired"},
    {MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED, "the broker refused our certificate: revoked"},
    {MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN, "the broker refused our certificate: not acceptable"},
    {MBEDTLS_SSL_ALERT_MSG_BAD_CERT, "the broker refused our certificate: bad certificate"},
    {MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT, "the broker refused our certificate: unsupported kind"},
    {MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR, "the broker refused our certificate: signature does not fit"},
    {MBEDTLS_SSL_ALERT_MSG_NO_CERT, "the broker asks for a client certificate and got none"},
    {116 /* certificate_required */, "the broker asks for a client certificate and got none"},
    {MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED, "the broker denies us access"},
    {MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION, "the broker speaks no TLS version that is allowed here"},
    {MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY, "the broker wants stronger ciphers than there are here"},
    {MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME, "the broker does not know the server name that we ask for"},
    {MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR, "the broker had an internal error in TLS"},
};

static bool put_phrase(struct pen *pen, const struct phrase *phrases, size_t count, uint32_t code, bool is_mask)
{
    for (size_t i = 0; i < count; i++) {
        if (is_mask ? (phrases[i].code & code) != 0 : phrases[i].code == code) {
            put(pen, phrases[i].says);
            return true;
        }
    }
    return false;
}

static void put_verify(struct pen *pen, const struct ear_tls *tls)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    if (flags == UINT32_MAX || !put_phrase(pen, verify_phrases, EAR_COUNT_OF(verify_phrases), flags, true)) {
        put(pen, "the broker's certificate does not verify");
        return;
    }
    bool name_only =
        (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0 &&
        (flags & (MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) == 0;
    put(pen, name_only ? tls->server_name : "");
}

static void put_alert(struct pen *pen, const struct ear_tls *tls, int error)
{
    const unsigned char *alert = tls->ssl.MBEDTLS_PRIVATE(in_msg); /* level, description; no accessor gives it */
    uint32_t description = alert != NULL ? alert[1] : 0;
    if (description == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE) {
        bool no_certificate = tls->certificate.raw.p == NULL;
        put(pen, no_certificate
                     ? "the broker refused the handshake; it may ask for a client certificate, and none is set"
                     : "the broker refused the handshake: " AGREEMENT ", or our certificate");
    } else if (!put_phrase(pen, alert_phrases, EAR_COUNT_OF(alert_phrases), description, false)) {
        put(pen, "the broker sent a TLS alert");
        put_error(pen, error);
    }
}

static bool is_tls_record(uint8_t first_byte)
{
    return first_byte >= MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC && first_byte <= MBEDTLS_SSL_MSG_APPLICATION_DATA;
}

void ear_tls_reason_connection(struct ear_tls *tls, int error)
{
    struct pen pen = {.text = tls->reason, .room = sizeof tls->reason - 1};
    tls->reason[0] = '\0';
    if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
        put_verify(&pen, tls);
    } else if (!tls->established && tls->heard && !is_tls_record(tls->first_byte)) {
        put(&pen, "the broker does not speak TLS on this port");
    } else if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        put_alert(&pen, tls, error);
    } else if (error == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE) {
        put(&pen, "the broker gave no certificate");
    } else if (error == MBEDTLS_ERR_SSL_INTERNAL_ERROR &&
               tls->established) { /* what the callbacks say for EAR_ERR_IO */
        put(&pen, "the connection to the broker broke");
    } else if (error == 0 || error == MBEDTLS_ERR_SSL_CONN_EOF || error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ||
               error == MBEDTLS_ERR_SSL_INTERNAL_ERROR) {
        put(&pen, tls->established ? "the broker closed the connection"
                  : tls->heard     ? "the broker closed the connection during the TLS handshake"
                                   : "the broker closed the connection without a word of TLS: a plain-text port?");
    } else if (error == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION) {
        put(&pen, "the broker speaks no TLS version that is allowed here");
    } else if (error == MBEDTLS_ERR_SSL_ALLOC_FAILED) {
        put(&pen, "no memory for a TLS connection");
    } else {
        put(&pen, "TLS with the broker failed");
        put_error(&pen, error);
    }
}
