/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_tls.h - a verified TLS connection, as a client, over any byte stream. mbedTLS driven through two
 * callbacks; no system in it, so the same code serves Linux and boards. One task; nothing blocks.
 *
 * The server's certificate and name are always checked, and there is no way to turn that off.
 *
 *     ear_tls_init(&tls, &config);              // parses certificates; once
 *     ear_tls_open(&tls, &stream);              // for each connection
 *     while ((err = ear_tls_handshake(&tls)) == EAR_ERR_BUSY) { wait for ear_tls_wants(&tls) }
 *     ear_tls_read, ear_tls_write, ...
 *     ear_tls_close(&tls);                      // ready for the next ear_tls_open, which resumes the session
 *     ear_tls_free(&tls); */
#ifndef EAR_TLS_H
#define EAR_TLS_H

#include "core/base/ear_base.h"
#include "core/port/ear_entropy.h"

#include "mbedtls/ssl.h"

#define EAR_TLS_REASON_BYTES 160

enum ear_tls_version { EAR_TLS_1_2 = 0, EAR_TLS_1_3 = 1 };

/** The newest version that this build has; a max_version above it means this one. */
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
#define EAR_TLS_NEWEST EAR_TLS_1_3
#else
#define EAR_TLS_NEWEST EAR_TLS_1_2
#endif

/** Bytes of certificates or of a key: DER, certificates one after the other; or, where the build has it, PEM with its
 * terminating zero byte counted. */
struct ear_tls_bytes {
    const uint8_t *bytes;
    size_t length;
};

/** Read by ear_tls_init; nothing of it but server_name and the source of entropy needs to live longer, and with
 * in_place the certificates. */
struct ear_tls_config {
    struct ear_tls_bytes ca;          /* one or more certificates: who may vouch for the server */
    struct ear_tls_bytes certificate; /* ours, with its chain; length 0: none is offered */
    struct ear_tls_bytes key;         /* of our certificate */
    const char *server_name;          /* what the server's certificate must bear */
    enum ear_tls_version min_version;
    enum ear_tls_version max_version;
    const struct ear_entropy *entropy;
    bool in_place; /* certificates in DER stay where they are: they are not copied */
};

/** The byte stream below. Counts, or: 0 from receive: the other side closed; EAR_ERR_BUSY: would block; EAR_ERR_IO. */
struct ear_tls_stream {
    int32_t (*send)(void *context, const uint8_t *bytes, size_t length);
    int32_t (*receive)(void *context, uint8_t *bytes, size_t capacity);
    void *context;
};

enum ear_tls_wants {
    EAR_TLS_WANTS_READ = 1,
    EAR_TLS_WANTS_WRITE = 2,
    EAR_TLS_WANTS_TIME = 3, /* nothing: call again at once */
};

/** Public only so that callers can allocate it; use the functions. Does not move once initialised. */
struct ear_tls {
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    mbedtls_ssl_session session; /* of the last connection, to be resumed */
    struct ear_tls_stream stream;
    struct ear_entropy entropy;
    const char *server_name;
    bool session_kept;
    bool open;
    bool established;
    bool resumed;       /* this connection took the short way */
    bool heard;         /* anything at all from the other side */
    uint8_t first_byte; /* of the other side: tells TLS from plain text */
    uint8_t wants;      /* enum ear_tls_wants */
    char reason[EAR_TLS_REASON_BYTES];
};

/** Parse and set up. EAR_ERR_CONFIG: the reason names the certificate or key and what is wrong with it. */
EAR_MUST_USE enum ear_err ear_tls_init(struct ear_tls *tls, const struct ear_tls_config *config);

/** Begin a connection over a connected stream. EAR_ERR_IO where mbedTLS has no memory for it. */
EAR_MUST_USE enum ear_err ear_tls_open(struct ear_tls *tls, const struct ear_tls_stream *stream);

/** Go on with the handshake. EAR_OK: established; EAR_ERR_BUSY: wait for what ear_tls_wants says; EAR_ERR_IO: refused,
 *  by us or by them, see ear_tls_reason. With TLS 1.3 a server that refuses our certificate says so at the first read.
 */
EAR_MUST_USE enum ear_err ear_tls_handshake(struct ear_tls *tls);

/** The same, no more than one step of it, for callers who have others to serve meanwhile: a step still takes as long as
 * an operation on an elliptic curve. EAR_ERR_BUSY may also want EAR_TLS_WANTS_TIME. */
EAR_MUST_USE enum ear_err ear_tls_handshake_step(struct ear_tls *tls);

/** Bytes read; 0: closed in an orderly way; EAR_ERR_BUSY; EAR_ERR_IO. */
EAR_MUST_USE int32_t ear_tls_read(struct ear_tls *tls, uint8_t *bytes, size_t capacity);

/** Bytes written, at least one; EAR_ERR_BUSY (then again with the same bytes); EAR_ERR_IO. With EAR_ERR_BUSY that wants
 * EAR_TLS_WANTS_WRITE the bytes have been taken and encrypted: ear_tls_flush sends them as well. */
EAR_MUST_USE int32_t ear_tls_write(struct ear_tls *tls, const uint8_t *bytes, size_t length);

/** Send what was encrypted and found no room below. EAR_OK: nothing waits; EAR_ERR_BUSY; EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_tls_flush(struct ear_tls *tls);

/** Decrypted bytes that wait for ear_tls_read and that no poll on the stream below will announce. */
bool ear_tls_has_pending(const struct ear_tls *tls);

/** What the last EAR_ERR_BUSY waits for: enum ear_tls_wants. */
uint8_t ear_tls_wants(const struct ear_tls *tls);

/** Why the last call failed, for people: "the broker's certificate has expired". */
const char *ear_tls_reason(const struct ear_tls *tls);

/** "TLSv1.3", or "" before the handshake. */
const char *ear_tls_version_name(const struct ear_tls *tls);

/** Say goodbye (close_notify, as far as the stream takes it now) and be ready for ear_tls_open. */
void ear_tls_close(struct ear_tls *tls);
void ear_tls_free(struct ear_tls *tls);

#endif
