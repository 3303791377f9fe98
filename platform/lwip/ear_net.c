/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_net.c - lwIP's netif, its timers, and the time by SNTP.
 *
 * lwIP asks for randomness, for the time server's port and tells the time through functions without a context
 * (lwipopts.h, arch/cc.h): they serve the one net that is open. */
#include "platform/lwip/ear_net.h"

#include "platform/firmware/ear_board.h"

#include <assert.h>
#include <string.h>

#include "lwip/apps/sntp.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/init.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

#define NEVER_MS UINT32_MAX
#define TIME_PAUSE_MS 3600000u       /* from one good answer to the next question */
#define TIME_REFUSED_PAUSE_MS 60000u /* after an answer that was not believed */

static struct ear_net *the_net;
static bool time_was_refused;

uint32_t sys_now(void)
{
    return (uint32_t)ear_board_monotonic_ms();
}

static void say(const struct ear_net *net, enum ear_log_level level, const char *message, const char *detail)
{
    net->config.log.line(net->config.log.context, level, message, detail, 0);
}

/* ---- what lwIP asks ---- */

uint32_t ear_net_random(void)
{
    uint32_t number;
    const struct ear_entropy *entropy = the_net->config.entropy;
    if (entropy != NULL && entropy->fill(entropy->context, (uint8_t *)&number, sizeof number) == 0) {
        return number;
    }
    the_net->guessable = the_net->guessable * 1664525u + 1013904223u + ear_board_ticks();
    return the_net->guessable;
}

uint16_t ear_net_time_port(void)
{
    return the_net->config.time_port;
}

uint32_t ear_net_time_pause_ms(void)
{
    return time_was_refused ? TIME_REFUSED_PAUSE_MS : TIME_PAUSE_MS;
}

void ear_net_time_told(uint32_t seconds, uint32_t us)
{
    struct ear_net *net = the_net;
    const int64_t ms = (int64_t)seconds * 1000 + us / 1000u;
    time_was_refused = ear_clock_board_set(net->config.clock, ms) != EAR_OK;
    if (time_was_refused) {
        net->time_refused++;
        net->config.log.line(net->config.log.context, EAR_LOG_WARNING,
                             "the time server's time lies before what it can be: not believed; seconds since 1970:",
                             NULL, (int64_t)seconds);
        return;
    }
    if (net->time_answers++ == 0) {
        net->config.log.line(net->config.log.context, EAR_LOG_NOTICE,
                             "time from the network, seconds since 1970:", NULL, (int64_t)seconds);
    }
}

/* ---- addresses ---- */

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool read_address(const struct ear_net *net, const char *what, const char *text, ip4_addr_t *address)
{
    ip4_addr_set_any(address);
    if (!is_set(text) || ip4addr_aton(text, address) != 0) {
        return true;
    }
    say(net, EAR_LOG_ERROR, what, text);
    return false;
}

static void start_time(struct ear_net *net)
{
    const char *server = net->config.time_server;
    ip_addr_t named;
    if (is_set(server) && ipaddr_aton(server, &named) == 0) {
        sntp_setservername(0, server);
    } else if (is_set(server)) {
        sntp_setserver(0, &named);
    } else if (ip_addr_isany(sntp_getserver(0))) { /* DHCP named none */
        sntp_setserver(0, &net->netif.gw);
    }
    sntp_stop();
    sntp_init();
}

static void note_address(struct ear_net *net)
{
    char text[16];
    const bool link_up = netif_is_link_up(&net->netif) != 0;
    const uint32_t address = link_up ? ip4_addr_get_u32(netif_ip4_addr(&net->netif)) : 0;
    if (link_up != net->link_up) {
        net->link_up = link_up;
        say(net, EAR_LOG_NOTICE, link_up ? "network cable is plugged in" : "network cable is pulled out", NULL);
    }
    if (address == net->noted_address) {
        return;
    }
    net->noted_address = address; /* one lease may follow another within a turn */
    net->has_address = address != 0;
    if (net->has_address) {
        say(net, EAR_LOG_NOTICE, "network address", ear_net_address(net, text));
        start_time(net);
    } else {
        say(net, EAR_LOG_WARNING, "no network address any more", NULL);
        sntp_stop();
        sntp_setserver(0, NULL); /* the next network may have another */
    }
}

/* ---- public ---- */

enum ear_err ear_net_open(struct ear_net *net, const struct ear_net_config *config)
{
    ip4_addr_t address = {0};
    ip4_addr_t mask = {0};
    ip4_addr_t gateway = {0};
    ip4_addr_t dns = {0};
    assert(the_net == NULL || the_net == net);
    *net = (struct ear_net){.config = *config};
    the_net = net;
    if (!config->dhcp &&
        (!read_address(net, "no address like 192.0.2.7: network.address is", config->address, &address) ||
         !read_address(net, "no mask like 255.255.255.0: network.mask is", config->mask, &mask) ||
         !read_address(net, "no address: network.gateway is", config->gateway, &gateway) ||
         !read_address(net, "no address: network.dns is", config->dns, &dns))) {
        return EAR_ERR_CONFIG;
    }
    lwip_init();
    if (netif_add(&net->netif, &address, &mask, &gateway, NULL, ear_board_netif_init, ethernet_input) == NULL) {
        say(net, EAR_LOG_ERROR, "the network controller does not answer", NULL);
        return EAR_ERR_IO;
    }
    net->guessable = (uint32_t)net->netif.hwaddr[5] << 16 | (uint32_t)net->netif.hwaddr[4] << 8 | net->netif.hwaddr[3];
    netif_set_hostname(&net->netif, config->host_name);
    netif_set_default(&net->netif);
    netif_set_up(&net->netif);
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_servermode_dhcp(!is_set(config->time_server));
    net->open = true;
    if (config->dhcp) {
        return dhcp_start(&net->netif) == ERR_OK ? EAR_OK : EAR_ERR_IO;
    }
    if (!ip4_addr_isany_val(dns)) {
        dns_setserver(0, &dns);
    }
    return EAR_OK;
}

void ear_net_poll(struct ear_net *net)
{
    if (!net->open) {
        return;
    }
    ear_board_netif_poll(&net->netif);
    sys_check_timeouts();
    note_address(net);
}

uint32_t ear_net_next_ms(const struct ear_net *net)
{
    const uint32_t ms = !net->open ? SYS_TIMEOUTS_SLEEPTIME_INFINITE : sys_timeouts_sleeptime();
    return ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? NEVER_MS : ms;
}

const char *ear_net_address(const struct ear_net *net, char text[16])
{
    text[0] = '\0';
    if (net->has_address) {
        (void)ip4addr_ntoa_r(netif_ip4_addr(&net->netif), text, 16);
    }
    return text;
}

const char *ear_net_why_offline(const struct ear_net *net)
{
    if (net->has_address) {
        return NULL;
    }
    if (!net->open) {
        return "the network could not be started: see the log";
    }
    if (!net->link_up) {
        return "no network: is the cable plugged in?";
    }
    return net->config.dhcp ? "no network address: nobody answers DHCP"
                            : "no network address: network.address is empty";
}
