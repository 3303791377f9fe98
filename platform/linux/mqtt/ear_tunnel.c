/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_tunnel.c - a socketpair's far end to and from TLS, and the one wrapped symbol. */
#include "platform/linux/mqtt/ear_tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SENTINEL_ADDRESS 0x7ffffffeu /* 127.255.255.254 */
#define MOVES_AT_ONCE 32             /* buffers, before others get their turn */

/* The linker gives these two their meaning (--wrap=connect). */
int __real_connect(int fd, const struct sockaddr *address, socklen_t length); // NOLINT
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length); // NOLINT

/** Runs on the library's thread. Keeps the descriptor's number and its O_NONBLOCK. */
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length) // NOLINT
{
    const struct sockaddr_in *in = (const void *)address;
    if (address->sa_family != AF_INET || in->sin_addr.s_addr != htonl(SENTINEL_ADDRESS)) {
        return __real_connect(fd, address, length);
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || dup3(ntohs(in->sin_port), fd, O_CLOEXEC) < 0) {
        return -1;
    }
    return fcntl(fd, F_SETFL, flags);
}

enum ear_err ear_tunnel_open(struct ear_tunnel *tunnel, struct ear_tls *tls)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return EAR_ERR_IO;
    }
    *tunnel = (struct ear_tunnel){.near = pair[0], .far = pair[1], .tls = tls};
    return EAR_OK;
}

void ear_tunnel_uri(const struct ear_tunnel *tunnel, char uri[EAR_TUNNEL_URI_BYTES])
{
    snprintf(uri, EAR_TUNNEL_URI_BYTES, "tcp://127.255.255.254:%u", (unsigned)(uint16_t)tunnel->near);
}

void ear_tunnel_handed_over(struct ear_tunnel *tunnel)
{
    if (tunnel->near >= 0) {
        close(tunnel->near);
        tunnel->near = -1;
    }
}

static enum ear_err write_out(struct ear_tunnel *tunnel)
{
    tunnel->net_wants_write = false;
    while (tunnel->out_sent < tunnel->out_length) {
        int32_t count =
            ear_tls_write(tunnel->tls, tunnel->out + tunnel->out_sent, (size_t)(tunnel->out_length - tunnel->out_sent));
        if (count < 0) {
            tunnel->net_wants_write = count == EAR_ERR_BUSY && ear_tls_wants(tunnel->tls) == EAR_TLS_WANTS_WRITE;
            return (enum ear_err)count;
        }
        tunnel->out_sent = (uint16_t)(tunnel->out_sent + count);
        tunnel->bytes_out += (uint64_t)count;
    }
    tunnel->out_sent = tunnel->out_length = 0;
    return EAR_OK;
}

/** One buffer from the library to TLS. EAR_OK: moved; EAR_ERR_BUSY; EAR_ERR_EMPTY: hung up; EAR_ERR_IO. */
static enum ear_err move_out(struct ear_tunnel *tunnel)
{
    if (tunnel->out_length > 0) {
        return write_out(tunnel);
    }
    ssize_t count = recv(tunnel->far, tunnel->out, sizeof tunnel->out, MSG_DONTWAIT);
    if (count > 0) {
        tunnel->out_length = (uint16_t)count;
        return write_out(tunnel);
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return EAR_ERR_BUSY;
    }
    return EAR_ERR_EMPTY;
}

static bool is_old_connack(const struct ear_tunnel *tunnel)
{
    const uint8_t connack = 0x20;
    return tunnel->mqtt_5 && tunnel->in_length >= 2 && tunnel->in[0] == connack && tunnel->in[1] == 2;
}

/** One buffer from TLS to the library. EAR_OK: moved; EAR_ERR_BUSY; EAR_ERR_EMPTY: hung up; EAR_ERR_IO; _VERSION and
 * _TOO_LONG as ear_tunnel_pump. */
static enum ear_err move_in(struct ear_tunnel *tunnel)
{
    if (tunnel->in_length == 0) {
        int32_t count = ear_tls_read(tunnel->tls, tunnel->in, sizeof tunnel->in);
        if (count <= 0) {
            return count == EAR_ERR_BUSY ? EAR_ERR_BUSY : EAR_ERR_IO;
        }
        tunnel->in_length = (uint16_t)count;
        if (tunnel->bytes_in == 0 && is_old_connack(tunnel)) {
            return EAR_ERR_VERSION;
        }
        tunnel->bytes_in += (uint64_t)count;
        if (!ear_mqtt_frame_pass(&tunnel->frame, tunnel->in, tunnel->in_length)) {
            return EAR_ERR_TOO_LONG;
        }
    }
    ssize_t count = send(tunnel->far, tunnel->in + tunnel->in_sent, (size_t)(tunnel->in_length - tunnel->in_sent),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
        tunnel->far_wants_write = errno == EAGAIN;
        return errno == EAGAIN || errno == EINTR ? EAR_ERR_BUSY : EAR_ERR_EMPTY;
    }
    tunnel->in_sent = (uint16_t)(tunnel->in_sent + count);
    if (tunnel->in_sent == tunnel->in_length) {
        tunnel->in_sent = tunnel->in_length = 0;
    }
    return EAR_OK;
}

enum ear_err ear_tunnel_pump(struct ear_tunnel *tunnel)
{
    tunnel->far_wants_write = false;
    for (int i = 0; i < MOVES_AT_ONCE; i++) {
        enum ear_err out = move_out(tunnel);
        enum ear_err in = move_in(tunnel);
        if (in == EAR_ERR_VERSION || in == EAR_ERR_TOO_LONG || in == EAR_ERR_IO || out == EAR_ERR_IO) {
            return out == EAR_ERR_IO ? out : in;
        }
        if (out == EAR_ERR_EMPTY) {
            return EAR_ERR_EMPTY;
        }
        if (out != EAR_OK && in != EAR_OK) {
            return EAR_ERR_BUSY;
        }
    }
    return EAR_OK;
}

uint32_t ear_tunnel_far_events(const struct ear_tunnel *tunnel)
{
    return (tunnel->out_length == 0 ? EPOLLIN : 0u) | (tunnel->far_wants_write ? EPOLLOUT : 0u);
}

uint32_t ear_tunnel_net_events(const struct ear_tunnel *tunnel)
{
    return (tunnel->in_length == 0 ? EPOLLIN : 0u) | (tunnel->net_wants_write ? EPOLLOUT : 0u);
}

void ear_tunnel_close(struct ear_tunnel *tunnel)
{
    ear_tunnel_handed_over(tunnel);
    if (tunnel->far >= 0) {
        close(tunnel->far);
        tunnel->far = -1;
    }
    explicit_bzero(tunnel->out, sizeof tunnel->out);
    explicit_bzero(tunnel->in, sizeof tunnel->in);
}
