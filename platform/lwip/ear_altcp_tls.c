/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_altcp_tls.c - DIALLING (TCP) -> SHAKING (TLS) -> UP, and back to OFF by `drop`, the only place
 * where a connection ends. */
#include "platform/lwip/ear_altcp_tls.h"

#include <assert.h>
#include <string.h>

#include "lwip/altcp_tcp.h"
#include "lwip/priv/altcp_priv.h"

#define READ_BYTES 256u     /* decrypted at once; on the stack */
#define READS_A_POLL 16u    /* then others have their turn */
#define RECORD_OVERHEAD 64u /* of TLS, a record */
#define KEEP_IDLE_MS 60000u /* silence after which TCP itself asks */
#define KEEP_STEP_MS 10000u
#define KEEP_COUNT 3u

static void note(struct altcp_tls_config *link, const char *reason)
{
    if (link->reason[0] == '\0') { /* the first reason is the true one */
        strncpy(link->reason, reason, sizeof link->reason - 1);
    }
}

/* ---- TCP's callbacks: they only note ---- */

static err_t on_received(void *arg, struct tcp_pcb *tcp, struct pbuf *bytes, err_t error)
{
    struct altcp_tls_config *link = arg;
    (void)tcp;
    (void)error;
    link->again = true;
    if (bytes == NULL) {
        link->closed = true;
    } else if (link->received == NULL) {
        link->received = bytes;
    } else {
        pbuf_cat(link->received, bytes);
    }
    return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *tcp, u16_t length)
{
    struct altcp_tls_config *link = arg;
    (void)tcp;
    (void)length;
    link->again = true;
    return ERR_OK;
}

static void on_broken(void *arg, err_t error)
{
    struct altcp_tls_config *link = arg;
    link->tcp = NULL; /* lwIP has freed it */
    link->broke = true;
    link->error = error;
    link->again = true;
}

static err_t on_dialled(void *arg, struct tcp_pcb *tcp, err_t error)
{
    struct altcp_tls_config *link = arg;
    (void)tcp;
    (void)error; /* always ERR_OK */
    link->dialled = true;
    link->again = true;
    return ERR_OK;
}

/* ---- the stream below TLS ---- */

static int32_t stream_send(void *context, const uint8_t *bytes, size_t length)
{
    struct altcp_tls_config *link = context;
    if (link->tcp == NULL) {
        return EAR_ERR_IO;
    }
    const size_t room = tcp_sndbuf(link->tcp);
    const u16_t step = (u16_t)(length < room ? length : room);
    if (step == 0 || tcp_write(link->tcp, bytes, step, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        return EAR_ERR_BUSY;
    }
    (void)tcp_output(link->tcp); /* what cannot leave now leaves by TCP's timer */
    return step;
}

static int32_t stream_receive(void *context, uint8_t *bytes, size_t capacity)
{
    struct altcp_tls_config *link = context;
    if (link->received == NULL) {
        return link->broke ? EAR_ERR_IO : link->closed ? 0 : EAR_ERR_BUSY;
    }
    const u16_t most = (u16_t)(capacity < UINT16_MAX ? capacity : UINT16_MAX);
    const u16_t count = pbuf_copy_partial(link->received, bytes, most, 0);
    link->received = pbuf_free_header(link->received, count);
    if (link->tcp != NULL) {
        tcp_recved(link->tcp, count);
    }
    return count;
}

/* ---- the end ---- */

static void end_tcp(struct altcp_tls_config *link, bool abruptly)
{
    struct tcp_pcb *tcp = link->tcp;
    link->tcp = NULL;
    if (tcp == NULL) {
        return;
    }
    tcp_arg(tcp, NULL);
    tcp_recv(tcp, NULL);
    tcp_sent(tcp, NULL);
    tcp_err(tcp, NULL);
    if (abruptly || tcp_close(tcp) != ERR_OK) {
        tcp_abort(tcp);
    }
}

static void drop(struct altcp_tls_config *link, bool abruptly)
{
    ear_tls_close(&link->tls);
    end_tcp(link, abruptly);
    if (link->received != NULL) {
        pbuf_free(link->received);
        link->received = NULL;
    }
    if (link->conn != NULL) {
        altcp_free(link->conn);
        link->conn = NULL;
    }
    link->state = EAR_ALTCP_TLS_OFF;
    link->owes = false;
    link->again = false;
}

/* It ended by itself: the application hears of it. */
static void fail(struct altcp_tls_config *link, const char *reason)
{
    const altcp_err_fn err = link->conn->err;
    void *const arg = link->conn->arg;
    note(link, reason);
    drop(link, false);
    if (err != NULL) {
        err(arg, ERR_CLSD);
    }
}

/* ---- going on ---- */

static void go_on_dialling(struct altcp_tls_config *link)
{
    const struct ear_tls_stream stream = {.send = stream_send, .receive = stream_receive, .context = link};
    if (link->broke && !link->dialled) {
        fail(link, link->error == ERR_RST ? "refused" : "no answer");
    } else if (link->dialled && ear_tls_open(&link->tls, &stream) != EAR_OK) {
        fail(link, ear_tls_reason(&link->tls));
    } else if (link->dialled) {
        link->state = EAR_ALTCP_TLS_SHAKING;
        link->again = true;
    }
}

static void go_on_shaking(struct altcp_tls_config *link)
{
    const enum ear_err err = ear_tls_handshake_step(&link->tls);
    if (err == EAR_ERR_BUSY) {
        link->again = ear_tls_wants(&link->tls) == EAR_TLS_WANTS_TIME;
        return;
    }
    if (err != EAR_OK) {
        fail(link, ear_tls_reason(&link->tls));
        return;
    }
    link->handshakes++;
    link->resumed += link->tls.resumed;
    link->state = EAR_ALTCP_TLS_UP;
    link->again = true;
    memset(&link->gather, 0, sizeof link->gather);
    (void)link->conn->connected(link->conn->arg, link->conn, ERR_OK);
}

/* Get rid of what mbedTLS has encrypted and TCP had no room for. */
static void pay(struct altcp_tls_config *link)
{
    const enum ear_err err = link->owes ? ear_tls_flush(&link->tls) : EAR_OK;
    if (err == EAR_OK) {
        link->owes = false;
    } else if (err != EAR_ERR_BUSY) {
        fail(link, ear_tls_reason(&link->tls));
    }
}

/* One piece to the application. False: it has closed the connection. */
static bool hand_over(struct altcp_tls_config *link, const uint8_t *bytes, size_t length)
{
    struct pbuf *piece = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_REF);
    if (piece == NULL) {
        fail(link, "no memory for what the broker sends");
        return false;
    }
    ((struct pbuf_rom *)(void *)piece)->payload = bytes;
    (void)link->conn->recv(link->conn->arg, link->conn, piece, ERR_OK); /* frees it */
    return link->conn != NULL;
}

static bool hand_over_all(struct altcp_tls_config *link, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        const uint8_t *piece = NULL;
        size_t length = 0;
        const int32_t taken = ear_mqtt_gather(&link->gather, bytes, count, &piece, &length);
        if (taken < 0) {
            fail(link, "the broker does not speak MQTT");
            return false;
        }
        if (length > 0 && !hand_over(link, piece, length)) {
            return false;
        }
        bytes += taken;
        count -= (size_t)taken;
    }
    return true;
}

static void take_in(struct altcp_tls_config *link)
{
    uint8_t bytes[READ_BYTES];
    for (unsigned i = 0; i < READS_A_POLL; i++) {
        const int32_t count = ear_tls_read(&link->tls, bytes, sizeof bytes);
        if (count == EAR_ERR_BUSY) {
            return;
        }
        if (count <= 0) {
            fail(link, ear_tls_reason(&link->tls));
            return;
        }
        if (!hand_over_all(link, bytes, (size_t)count)) {
            return;
        }
    }
    link->again = true;
}

static void go_on_up(struct altcp_tls_config *link)
{
    pay(link);
    if (link->conn != NULL) {
        take_in(link);
    }
    if (link->conn != NULL && link->conn->poll != NULL) {
        (void)link->conn->poll(link->conn->arg, link->conn); /* sends what waits in the application's ring */
    }
}

void ear_altcp_tls_poll(struct altcp_tls_config *link)
{
    link->again = false;
    switch (link->state) {
    case EAR_ALTCP_TLS_DIALLING:
        go_on_dialling(link);
        break;
    case EAR_ALTCP_TLS_SHAKING:
        go_on_shaking(link);
        break;
    case EAR_ALTCP_TLS_UP:
        go_on_up(link);
        break;
    default:
        break;
    }
}

bool ear_altcp_tls_is_busy(const struct altcp_tls_config *link)
{
    return link->again;
}

/* ---- what lwIP's altcp calls ---- */

static err_t layer_bind(struct altcp_pcb *conn, const ip_addr_t *address, u16_t port)
{
    (void)conn;
    (void)address;
    (void)port;
    return ERR_OK; /* any: TCP chooses when it dials */
}

static err_t layer_connect(struct altcp_pcb *conn, const ip_addr_t *address, u16_t port, altcp_connected_fn connected)
{
    struct altcp_tls_config *link = conn->state;
    conn->connected = connected;
    link->state = EAR_ALTCP_TLS_DIALLING;
    return tcp_connect(link->tcp, address, port, on_dialled);
}

static void layer_abort(struct altcp_pcb *conn)
{
    drop(conn->state, true);
}

static err_t layer_close(struct altcp_pcb *conn)
{
    drop(conn->state, false);
    return ERR_OK;
}

static u16_t layer_sndbuf(struct altcp_pcb *conn)
{
    const struct altcp_tls_config *link = conn->state;
    if (link->state != EAR_ALTCP_TLS_UP || link->owes || link->tcp == NULL) {
        return 0;
    }
    const u16_t room = tcp_sndbuf(link->tcp);
    return room <= 2 * RECORD_OVERHEAD ? 0 : (u16_t)LWIP_MIN(room - RECORD_OVERHEAD, EAR_TLS_OUT_BYTES);
}

static err_t layer_write(struct altcp_pcb *conn, const void *bytes, u16_t length, u8_t flags)
{
    struct altcp_tls_config *link = conn->state;
    (void)flags; /* TCP copies */
    if (length == 0) {
        return ERR_OK;
    }
    if (layer_sndbuf(conn) < length) {
        return ERR_MEM;
    }
    const int32_t written = ear_tls_write(&link->tls, bytes, length);
    if (written == EAR_ERR_BUSY && ear_tls_wants(&link->tls) == EAR_TLS_WANTS_WRITE) {
        link->owes = true;
        return ERR_OK;
    }
    if (written < 0) {
        return written == EAR_ERR_BUSY ? ERR_MEM : ERR_CLSD; /* the read to come finds the same fault, and ends it */
    }
    assert(written == length);
    return ERR_OK;
}

static const struct altcp_functions layer = {
    .bind = layer_bind,
    .connect = layer_connect,
    .abort = layer_abort,
    .close = layer_close,
    .write = layer_write,
    .sndbuf = layer_sndbuf,
};

struct altcp_pcb *altcp_tls_new(struct altcp_tls_config *config, u8_t ip_type)
{
    struct altcp_tls_config *link = config;
    (void)ip_type;
    assert(link->conn == NULL && link->tcp == NULL);
    link->conn = altcp_alloc();
    link->tcp = tcp_new();
    if (link->conn == NULL || link->tcp == NULL) {
        note(link, "no memory for a connection");
        drop(link, true);
        return NULL;
    }
    link->conn->state = link;
    link->conn->fns = &layer;
    link->dialled = false;
    link->closed = false;
    link->broke = false;
    link->owes = false;
    memset(link->reason, 0, sizeof link->reason);
    tcp_arg(link->tcp, link);
    tcp_recv(link->tcp, on_received);
    tcp_sent(link->tcp, on_sent);
    tcp_err(link->tcp, on_broken);
    tcp_nagle_disable(link->tcp);
    ip_set_option(link->tcp, SOF_KEEPALIVE);
    link->tcp->keep_idle = KEEP_IDLE_MS;
    link->tcp->keep_intvl = KEEP_STEP_MS;
    link->tcp->keep_cnt = KEEP_COUNT;
    return link->conn;
}

/** Asked for where no TLS is wanted. There is no such thing here. */
struct altcp_pcb *altcp_tcp_new_ip_type(u8_t ip_type)
{
    (void)ip_type;
    return NULL;
}
