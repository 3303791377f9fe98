/* SPDX-License-Identifier: Apache-2.0 */
/* platform/tls/ear_tls.c - mbedTLS 3.6 as a client over two callbacks.
 *
 * A connection's mbedtls_ssl_context (with its buffers, some 22 KB) exists from ear_tls_open to ear_tls_close; between
 * connections only the certificates, the key and the session to resume are held. */
#include "platform/tls/ear_tls.h"

#include "platform/tls/ear_tls_parts.h"
#include "platform/tls/ear_tls_reason.h"

#include <assert.h>
#include <string.h>

#include "mbedtls/platform_util.h"

static int fill_random(void *context, unsigned char *bytes, size_t length)
{
    const struct ear_entropy *entropy = context;
    return entropy->fill(entropy->context, bytes, length) == 0 ? 0 : -1;
}

/** A send that fails is not reported: what the other side said before it hung up (an alert, with the reason) can still
 * be read, and a read comes next and tells. */
static int stream_send(void *context, const unsigned char *bytes, size_t length)
{
    struct ear_tls *tls = context;
    int32_t sent = tls->stream.send(tls->stream.context, bytes, length);
    if (sent == EAR_ERR_BUSY) {
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    return sent < 0 ? (int)length : (int)sent;
}

static int stream_receive(void *context, unsigned char *bytes, size_t capacity)
{
    struct ear_tls *tls = context;
    int32_t received = tls->stream.receive(tls->stream.context, bytes, capacity);
    if (received == EAR_ERR_BUSY) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    if (received > 0 && !tls->heard) {
        tls->heard = true;
        tls->first_byte = bytes[0];
    }
    return received < 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : (int)received;
}

/** Called for each certificate of the server's chain, so not at all when a session is resumed. */
static int note_full_handshake(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct ear_tls *tls = context;
    (void)certificate;
    (void)depth;
    (void)flags;
    tls->resumed = false;
    return 0;
}

static enum ear_err config_fault(struct ear_tls *tls, const char *what, int error)
{
    ear_tls_reason_parse(tls->reason, sizeof tls->reason, what, error);
    ear_tls_free(tls);
    return EAR_ERR_CONFIG;
}

static enum ear_err parse_own(struct ear_tls *tls, const struct ear_tls_config *config)
{
    if (config->certificate.length == 0) {
        return EAR_OK;
    }
    int error = ear_tls_parse_certificates(&tls->certificate, config->certificate, config->in_place);
    if (error != 0) {
        return config_fault(tls, "the device's certificate", error);
    }
    error = mbedtls_pk_parse_key(&tls->key, config->key.bytes, config->key.length, NULL, 0, fill_random, &tls->entropy);
    if (error != 0) {
        return config_fault(tls, "the device's key", error);
    }
    error = mbedtls_pk_check_pair(&tls->certificate.pk, &tls->key, fill_random, &tls->entropy);
    if (error != 0) {
        return config_fault(tls, "the device's key", EAR_TLS_ERROR_NOT_A_PAIR);
    }
    error = mbedtls_ssl_conf_own_cert(&tls->config, &tls->certificate, &tls->key);
    return error == 0 ? EAR_OK : config_fault(tls, "the device's certificate", error);
}

static mbedtls_ssl_protocol_version version_of(enum ear_tls_version version)
{
    version = version > EAR_TLS_NEWEST ? EAR_TLS_NEWEST : version;
    return version == EAR_TLS_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
}

static void configure(struct ear_tls *tls, const struct ear_tls_config *config)
{
    mbedtls_ssl_conf_authmode(&tls->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&tls->config, &tls->ca, NULL);
    mbedtls_ssl_conf_rng(&tls->config, fill_random, &tls->entropy);
    mbedtls_ssl_conf_verify(&tls->config, note_full_handshake, tls);
    mbedtls_ssl_conf_min_tls_version(&tls->config, version_of(config->min_version));
    mbedtls_ssl_conf_max_tls_version(&tls->config, version_of(config->max_version));
    mbedtls_ssl_conf_session_tickets(&tls->config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    ear_tls_configure_build(&tls->config);
}

enum ear_err ear_tls_init(struct ear_tls *tls, const struct ear_tls_config *config)
{
    assert(config->server_name != NULL && config->entropy != NULL);
    memset(tls, 0, sizeof *tls);
    tls->entropy = *config->entropy;
    tls->server_name = config->server_name;
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_config_init(&tls->config);
    mbedtls_x509_crt_init(&tls->ca);
    mbedtls_x509_crt_init(&tls->certificate);
    mbedtls_pk_init(&tls->key);
    mbedtls_ssl_session_init(&tls->session);
    if (config->min_version > config->max_version) {
        return config_fault(tls, "the TLS versions", EAR_TLS_ERROR_VERSIONS);
    }
    if (config->min_version > EAR_TLS_NEWEST) {
        return config_fault(tls, "the TLS versions", EAR_TLS_ERROR_TOO_NEW);
    }
    if (!ear_tls_psa_start(config->entropy)) {
        return config_fault(tls, "the source of randomness", EAR_TLS_ERROR_NO_ENTROPY);
    }
    int error = mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                            MBEDTLS_SSL_PRESET_DEFAULT);
    if (error != 0) {
        return config_fault(tls, "TLS", error);
    }
    error = ear_tls_parse_certificates(&tls->ca, config->ca, config->in_place);
    if (error != 0) {
        return config_fault(tls, "the CA's certificate", error);
    }
    enum ear_err err = parse_own(tls, config);
    if (err == EAR_OK) {
        configure(tls, config);
    }
    return err;
}

static void forget_session(struct ear_tls *tls)
{
    mbedtls_ssl_session_free(&tls->session);
    mbedtls_ssl_session_init(&tls->session);
    tls->session_kept = false;
}

static void keep_session(struct ear_tls *tls)
{
    forget_session(tls);
    tls->session_kept = mbedtls_ssl_get_session(&tls->ssl, &tls->session) == 0;
}

/* Of TLS 1.2 the connection has all that is to be kept again when it stands, and memory is short meanwhile. Of 1.3 it
 * may come to be kept later, or never. */
static bool offer_session(struct ear_tls *tls)
{
    const bool offered = tls->session_kept && mbedtls_ssl_set_session(&tls->ssl, &tls->session) == 0;
    if (!offered || tls->session.MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_2) {
        forget_session(tls);
    }
    return offered;
}

enum ear_err ear_tls_open(struct ear_tls *tls, const struct ear_tls_stream *stream)
{
    assert(!tls->open);
    tls->stream = *stream;
    tls->established = false;
    tls->heard = false;
    tls->wants = EAR_TLS_WANTS_WRITE;
    tls->reason[0] = '\0';
    tls->open = true;
    int error = mbedtls_ssl_setup(&tls->ssl, &tls->config);
    if (error == 0) {
        error = mbedtls_ssl_set_hostname(&tls->ssl, tls->server_name);
    }
    if (error != 0) {
        ear_tls_reason_connection(tls, error);
        ear_tls_close(tls);
        return EAR_ERR_IO;
    }
    tls->resumed = offer_session(tls);
    mbedtls_ssl_set_bio(&tls->ssl, tls, stream_send, stream_receive, NULL);
    return EAR_OK;
}

/** EAR_ERR_BUSY with what is waited for, or EAR_ERR_IO with the reason. */
static enum ear_err not_now(struct ear_tls *tls, int error)
{
    if (error == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS) {
        tls->wants = EAR_TLS_WANTS_TIME;
        return EAR_ERR_BUSY;
    }
    if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE) {
        tls->wants = error == MBEDTLS_ERR_SSL_WANT_READ ? EAR_TLS_WANTS_READ : EAR_TLS_WANTS_WRITE;
        return EAR_ERR_BUSY;
    }
    ear_tls_reason_connection(tls, error);
    return EAR_ERR_IO;
}

/* After mbedTLS has gone on with the handshake as far as it could. */
static enum ear_err went_on(struct ear_tls *tls, int error)
{
    if (error != 0) {
        enum ear_err err = not_now(tls, error);
        if (err == EAR_ERR_IO) {
            forget_session(tls);
        }
        return err;
    }
    tls->established = true;
    if (mbedtls_ssl_get_version_number(&tls->ssl) == MBEDTLS_SSL_VERSION_TLS1_2) {
        keep_session(tls); /* with 1.3 it comes in a ticket after the handshake, see ear_tls_read */
    }
    return EAR_OK;
}

enum ear_err ear_tls_handshake(struct ear_tls *tls)
{
    return went_on(tls, mbedtls_ssl_handshake(&tls->ssl));
}

enum ear_err ear_tls_handshake_step(struct ear_tls *tls)
{
    const int error = mbedtls_ssl_handshake_step(&tls->ssl);
    if (error == 0 && mbedtls_ssl_is_handshake_over(&tls->ssl) == 0) {
        tls->wants = EAR_TLS_WANTS_TIME;
        return EAR_ERR_BUSY;
    }
    return went_on(tls, error);
}

int32_t ear_tls_read(struct ear_tls *tls, uint8_t *bytes, size_t capacity)
{
    int count = mbedtls_ssl_read(&tls->ssl, bytes, capacity);
    while (count == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        keep_session(tls);
        count = mbedtls_ssl_read(&tls->ssl, bytes, capacity);
    }
    if (count > 0) {
        return count;
    }
    if (count == 0 || count == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || count == MBEDTLS_ERR_SSL_CONN_EOF) {
        ear_tls_reason_connection(tls, count);
        return 0;
    }
    return not_now(tls, count);
}

int32_t ear_tls_write(struct ear_tls *tls, const uint8_t *bytes, size_t length)
{
    int count = mbedtls_ssl_write(&tls->ssl, bytes, length);
    while (count == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) { /* one that a read has begun to take in */
        keep_session(tls);
        count = mbedtls_ssl_write(&tls->ssl, bytes, length);
    }
    return count > 0 ? count : (int32_t)not_now(tls, count);
}

enum ear_err ear_tls_flush(struct ear_tls *tls)
{
    if (tls->ssl.MBEDTLS_PRIVATE(out_left) == 0) { /* no accessor gives it */
        return EAR_OK;
    }
    const uint8_t unread = 0; /* as long as a record waits, a write sends that one and looks at nothing else */
    const int32_t count = ear_tls_write(tls, &unread, sizeof unread);
    return count < 0 ? (enum ear_err)count : EAR_OK;
}

bool ear_tls_has_pending(const struct ear_tls *tls)
{
    return tls->open && mbedtls_ssl_check_pending(&tls->ssl) != 0;
}

uint8_t ear_tls_wants(const struct ear_tls *tls)
{
    return tls->wants;
}

const char *ear_tls_reason(const struct ear_tls *tls)
{
    return tls->reason;
}

const char *ear_tls_version_name(const struct ear_tls *tls)
{
    return tls->established ? mbedtls_ssl_get_version(&tls->ssl) : "";
}

void ear_tls_close(struct ear_tls *tls)
{
    if (tls->open && tls->established) {
        (void)mbedtls_ssl_close_notify(&tls->ssl);
    }
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_init(&tls->ssl);
    tls->open = false;
    tls->established = false;
}

void ear_tls_free(struct ear_tls *tls)
{
    ear_tls_close(tls);
    forget_session(tls);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->ca);
    mbedtls_x509_crt_free(&tls->certificate);
    mbedtls_pk_free(&tls->key);
}
