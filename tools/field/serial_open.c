/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/serial_open.c - the ways to a serial line: a port of this machine, TCP, a Unix socket. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "tools/field/serial.h"

static const char *why(const char *port, int error, const char *hint)
{
    return keep_printf("%s: %s%s", port, strerror(error), hint);
}

static const char *port_hint(int error)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
        return " - no such port: is the cable plugged in? `ls /dev/serial/by-id` lists the ports that there are";
    case EACCES:
        return " - you may not use it: `sudo adduser $USER dialout`, then log in again";
    case EBUSY:
    case EWOULDBLOCK:
        return " - another program has it open: a terminal program, or a second earshot?";
    default:
        return "";
    }
}

/* 115200 baud, 8N1, no flow control, nothing translated, no echo. */
static bool make_raw(int fd)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) != 0) {
        return false;
    }
    cfmakeraw(&settings);
    settings.c_cflag |= (tcflag_t)(CLOCAL | CREAD);
    settings.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | HUPCL);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    return cfsetspeed(&settings, B115200) == 0 && tcsetattr(fd, TCSANOW, &settings) == 0;
}

static const char *open_port(struct serial *serial, const char *path)
{
    serial->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (serial->fd < 0) {
        return why(path, errno, port_hint(errno));
    }
    if (!isatty(serial->fd)) {
        return keep_printf(
            "%s: is no serial port; what is meant is one such as /dev/ttyUSB0, tcp:HOST:PORT or unix:PATH", path);
    }
    if (flock(serial->fd, LOCK_EX | LOCK_NB) != 0 || ioctl(serial->fd, TIOCEXCL) != 0) {
        return why(path, errno, port_hint(errno));
    }
    if (!make_raw(serial->fd)) {
        return why(path, errno, " - it cannot be set to 115200 baud");
    }
    tcflush(serial->fd, TCIOFLUSH);
    return NULL;
}

static const char *socket_hint(int error)
{
    return error == ECONNREFUSED || error == ENOENT ? " - nobody listens there: is the device (or QEMU) running?" : "";
}

static const char *open_unix(struct serial *serial, const char *port, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        return keep_printf("%s: a socket's path has at most %zu bytes", port, sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    serial->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (serial->fd < 0 || connect(serial->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        return why(port, errno, socket_hint(errno));
    }
    return NULL;
}

static const char *open_tcp(struct serial *serial, const char *port, const char *host_port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(host_port, ':');
    struct addrinfo *list = NULL;
    int error = ECONNREFUSED;

    if (colon == NULL || colon == host_port || colon[1] == '\0') {
        return keep_printf("%s: tcp:HOST:PORT is meant, such as tcp:127.0.0.1:4000", port);
    }
    const int found = getaddrinfo(keep(host_port, (size_t)(colon - host_port)), colon + 1, &hints, &list);
    if (found != 0) {
        return keep_printf("%s: %s", port, gai_strerror(found));
    }
    for (const struct addrinfo *at = list; at != NULL; at = at->ai_next) {
        serial->fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (serial->fd >= 0 && connect(serial->fd, at->ai_addr, at->ai_addrlen) == 0) {
            freeaddrinfo(list);
            return NULL;
        }
        error = errno;
        serial_close(serial);
    }
    freeaddrinfo(list);
    return why(port, error, socket_hint(error));
}

const char *serial_try(struct serial *serial, const char *port)
{
    const char *fault;

    *serial = (struct serial){.name = port, .fd = -1};
    ear_frame_reader_init(&serial->reader, serial->frame, SERIAL_FRAME_BYTES);
    if (strncmp(port, "unix:", 5) == 0) {
        fault = open_unix(serial, port, port + 5);
    } else if (strncmp(port, "tcp:", 4) == 0) {
        fault = open_tcp(serial, port, port + 4);
    } else {
        fault = open_port(serial, port);
    }
    if (fault != NULL) {
        serial_close(serial);
    } else {
        fcntl(serial->fd, F_SETFL, O_NONBLOCK);
    }
    return fault;
}

void serial_open(struct serial *serial, const char *port)
{
    const char *fault = serial_try(serial, port);

    if (fault != NULL) {
        die("%s", fault);
    }
}

void serial_close(struct serial *serial)
{
    if (serial->fd >= 0) {
        close(serial->fd);
        serial->fd = -1;
    }
}
