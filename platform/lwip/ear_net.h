/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_net.h - the network of a board: lwIP 2.2 without an operating system, over the board's controller.
 * DHCP or a fixed address, DNS, the time by SNTP. One task; nothing blocks. lwIP has one stack for the program, so
 * there is one ear_net. */
#ifndef EAR_NET_H
#define EAR_NET_H

#include "core/port/ear_entropy.h"
#include "core/port/ear_log.h"
#include "platform/firmware/ear_clock_board.h"

#include "lwip/netif.h"

/** As ear_device_settings has it; texts live as long as the net. */
struct ear_net_config {
    bool dhcp;
    const char *address; /* "192.0.2.7": without DHCP, as the next three; "" none */
    const char *mask;
    const char *gateway;
    const char *dns;
    const char *time_server;           /* name or address; "": the one that DHCP offers (option 42), else the gateway */
    uint16_t time_port;                /* 123 */
    const char *host_name;             /* told to the DHCP server */
    const struct ear_entropy *entropy; /* for what a stranger must not guess: ports, numbers of queries */
    struct ear_clock_board *clock;
    struct ear_log log;
};

/** Public only so that callers can allocate it. */
struct ear_net {
    struct ear_net_config config;
    struct netif netif;
    bool open;
    bool link_up;
    bool has_address;
    uint32_t noted_address; /* that the log has told of; 0: none */
    uint32_t guessable;     /* state of the makeshift that is used while entropy gives nothing */
    uint32_t time_answers;  /* SNTP answers that were believed */
    uint32_t time_refused;  /* SNTP answers below the clock's floor; they were not */
};

/** EAR_ERR_CONFIG: an address cannot be read (the log says which); EAR_ERR_IO: no network controller answers. The
 * other functions then do nothing. *net does not move. */
EAR_MUST_USE enum ear_err ear_net_open(struct ear_net *net, const struct ear_net_config *config);

/** Take in what came, run lwIP's timers; log when an address comes or goes. */
void ear_net_poll(struct ear_net *net);

/** When it wants to be polled again, even if nothing comes in: ms from now. */
uint32_t ear_net_next_ms(const struct ear_net *net);

/** The address as text, "" while there is none. */
const char *ear_net_address(const struct ear_net *net, char text[16]);

/** Why nobody can be reached, for people; NULL: there is an address. */
const char *ear_net_why_offline(const struct ear_net *net);

#endif
