/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_link.c - dial, TLS and tunnel, one after the other. */
#include "platform/linux/mqtt/ear_link.h"

#include "platform/linux/system/ear_entropy_system.h"
#include "platform/linux/system/ear_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESOLVE_POLL_MS 20

static enum ear_err fail(struct ear_link *link, const char *reason)
{
    snprintf(link->reason, sizeof link->reason, "%s", reason);
    return EAR_ERR_IO;
}

/* --- certificates --- */

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool read_files(struct ear_file files[3], const struct ear_mqtt_config *config, char *reason)
{
    bool own = is_set(config->cert_file);
    return ear_file_read(&files[0], config->ca_file, reason, EAR_MQTT_REASON_BYTES) &&
           (!own || (ear_file_read(&files[1], config->cert_file, reason, EAR_MQTT_REASON_BYTES) &&
                     ear_file_read(&files[2], config->key_file, reason, EAR_MQTT_REASON_BYTES)));
}

static enum ear_err init_tls(struct ear_tls *tls, const struct ear_mqtt_config *config, char *reason)
{
    struct ear_file files[3] = {0};
    enum ear_err err = EAR_ERR_CONFIG;
    if (read_files(files, config, reason)) {
        const struct ear_tls_config all = {
            .ca = {files[0].bytes, files[0].length},
            .certificate = {files[1].bytes, files[1].length},
            .key = {files[2].bytes, files[2].length},
            .server_name = is_set(config->server_name) ? config->server_name : config->host,
            .min_version = config->tls_min,
            .max_version = config->tls_max,
            .entropy = config->entropy != NULL ? config->entropy : &ear_entropy_system,
        };
        err = ear_tls_init(tls, &all);
        if (err != EAR_OK) {
            snprintf(reason, EAR_MQTT_REASON_BYTES, "%s", ear_tls_reason(tls));
        }
    }
    for (unsigned i = 0; i < EAR_COUNT_OF(files); i++) {
        ear_file_free(&files[i]);
    }
    return err;
}

enum ear_err ear_link_init(struct ear_link *link, const struct ear_mqtt_config *config, int epoll_fd)
{
    memset(link, 0, sizeof *link);
    link->config = config;
    link->epoll_fd = epoll_fd;
    link->net_fd = link->dial.fd = link->tunnel.near = link->tunnel.far = -1;
    return init_tls(&link->tls, config, link->reason);
}

enum ear_err ear_link_reload(struct ear_link *link, char reason[EAR_MQTT_REASON_BYTES])
{
    struct ear_tls trial;
    enum ear_err err = init_tls(&trial, link->config, reason);
    if (err == EAR_OK) {
        ear_tls_free(&trial);
        link->reload_due = true;
    }
    return err;
}

/* --- the network --- */

static void watch(struct ear_link *link, int fd, uint32_t events, uint32_t *known)
{
    if (events == *known) {
        return;
    }
    int what = *known == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    struct epoll_event event = {.events = events, .data.fd = fd};
    (void)epoll_ctl(link->epoll_fd, what, fd, &event);
    *known = events;
}

static int32_t net_send(void *context, const uint8_t *bytes, size_t length)
{
    struct ear_link *link = context;
    ssize_t count = send(link->net_fd, bytes, length, MSG_NOSIGNAL);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR ? EAR_ERR_BUSY : EAR_ERR_IO;
    }
    link->counts.bytes_out += (uint64_t)count;
    return (int32_t)count;
}

static int32_t net_receive(void *context, uint8_t *bytes, size_t capacity)
{
    struct ear_link *link = context;
    ssize_t count = recv(link->net_fd, bytes, capacity, 0);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR ? EAR_ERR_BUSY : EAR_ERR_IO;
    }
    link->counts.bytes_in += (uint64_t)count;
    return (int32_t)count;
}

enum ear_err ear_link_start(struct ear_link *link)
{
    enum ear_err err = ear_dial_start(&link->dial, link->config->host, link->config->port);
    if (err == EAR_OK) {
        link->state = EAR_LINK_DIALLING;
        link->reason[0] = '\0';
    }
    return err;
}

/** Numbers of descriptors come back: the same one may be another attempt, which the epoll does not know. */
static void watch_attempt(struct ear_link *link, int fd)
{
    struct epoll_event event = {.events = EPOLLOUT, .data.fd = fd};
    if (fd >= 0) {
        (void)epoll_ctl(link->epoll_fd, EPOLL_CTL_ADD, fd, &event);
        link->net_events = EPOLLOUT;
    }
}

static enum ear_err open_tls(struct ear_link *link)
{
    const struct ear_tls_stream stream = {.send = net_send, .receive = net_receive, .context = link};
    if (link->reload_due) {
        link->reload_due = false;
        ear_tls_free(&link->tls);
        if (init_tls(&link->tls, link->config, link->reason) != EAR_OK) {
            link->reload_due = true;
            return EAR_ERR_IO;
        }
    }
    return ear_tls_open(&link->tls, &stream) == EAR_OK ? EAR_OK : fail(link, ear_tls_reason(&link->tls));
}

static enum ear_err run_dial(struct ear_link *link, int64_t now_ms)
{
    int32_t fd = ear_dial_run(&link->dial, now_ms);
    if (fd == EAR_ERR_IO) {
        return fail(link, link->dial.reason);
    }
    watch_attempt(link, fd >= 0 ? fd : ear_dial_fd(&link->dial));
    if (fd < 0) {
        link->look_ms = now_ms + RESOLVE_POLL_MS;
        return EAR_ERR_BUSY;
    }
    link->net_fd = fd;
    link->state = EAR_LINK_SHAKING;
    return open_tls(link);
}

static enum ear_err run_handshake(struct ear_link *link)
{
    enum ear_err err = ear_tls_handshake(&link->tls);
    if (err == EAR_ERR_BUSY) {
        uint32_t events = ear_tls_wants(&link->tls) == EAR_TLS_WANTS_WRITE ? EPOLLOUT : EPOLLIN;
        watch(link, link->net_fd, events, &link->net_events);
        return EAR_ERR_BUSY;
    }
    if (err != EAR_OK) {
        return fail(link, ear_tls_reason(&link->tls));
    }
    link->counts.handshakes++;
    link->counts.resumed += link->tls.resumed ? 1u : 0u;
    if (ear_tunnel_open(&link->tunnel, &link->tls) != EAR_OK) {
        return fail(link, "no descriptors left for a connection");
    }
    link->state = EAR_LINK_OPEN;
    return EAR_OK;
}

static enum ear_err run_tunnel(struct ear_link *link)
{
    enum ear_err err = ear_tunnel_pump(&link->tunnel);
    if (err == EAR_ERR_TOO_LONG) {
        snprintf(link->reason, sizeof link->reason, "the broker sent a packet of more than %u bytes",
                 EAR_MQTT_PACKET_BYTES);
        return EAR_ERR_IO;
    }
    if (err == EAR_ERR_IO) {
        return fail(link, ear_tls_reason(&link->tls));
    }
    if (err != EAR_ERR_EMPTY) {
        watch(link, link->tunnel.far, ear_tunnel_far_events(&link->tunnel), &link->far_events);
        watch(link, link->net_fd, ear_tunnel_net_events(&link->tunnel), &link->net_events);
    }
    return err;
}

enum ear_err ear_link_run(struct ear_link *link, int64_t now_ms)
{
    if (link->state == EAR_LINK_OPEN) {
        return run_tunnel(link);
    }
    enum ear_err err = link->state == EAR_LINK_DIALLING ? run_dial(link, now_ms) : EAR_OK;
    return err == EAR_OK ? run_handshake(link) : err;
}

int ear_link_timeout_ms(const struct ear_link *link, int64_t now_ms)
{
    if (link->state != EAR_LINK_DIALLING) {
        return -1;
    }
    bool resolving = ear_dial_fd(&link->dial) < 0;
    int64_t left_ms = (resolving ? link->look_ms : link->dial.attempt_until_ms) - now_ms;
    return left_ms > 0 ? (int)left_ms : 0;
}

void ear_link_drain(struct ear_link *link)
{
    watch(link, link->tunnel.far, 0, &link->far_events);
    watch(link, link->net_fd, 0, &link->net_events);
    (void)shutdown(link->tunnel.far, SHUT_WR);
}

void ear_link_close(struct ear_link *link)
{
    ear_tunnel_close(&link->tunnel); /* closed descriptors leave the epoll by themselves */
    ear_tls_close(&link->tls);
    ear_dial_stop(&link->dial);
    if (link->net_fd >= 0) {
        close(link->net_fd);
        link->net_fd = -1;
    }
    link->net_events = 0;
    link->far_events = 0;
    link->state = EAR_LINK_OFF;
}

void ear_link_free(struct ear_link *link)
{
    ear_link_close(link);
    ear_tls_free(&link->tls);
}
