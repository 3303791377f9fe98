/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/lwipopts.h - what of lwIP 2.2 a device has: an IPv4 client with DHCP, DNS, SNTP, TCP and MQTT, without
 * an operating system. Included by lwIP. Sizes come from Kconfig. */
#ifndef EAR_LWIPOPTS_H
#define EAR_LWIPOPTS_H

#include "ear_config.h"

/* One task, no interrupts in the stack. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS 0
#define LWIP_SINGLE_NETIF 1

/* Protocols */
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ICMP 1
#define LWIP_RAW 0
#define LWIP_IGMP 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define IP_FORWARD 0
#define LWIP_ACD 0
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define DHCP_COARSE_TIMER_SECS 1 /* lwIP's 60 end a lease of 89 s unrenewed, and hold one of 150 s for 180 */
#define DHCP_TIMEOUT_SIZE_T u32_t
#define DHCP_DEFINE_CUSTOM_TIMEOUTS
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T0_LEASE(result, dhcp) ((result) = LWIP_MAX((dhcp)->offered_t0_lease, 1u))
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T1_RENEW(result, dhcp) ((result) = LWIP_MAX((dhcp)->offered_t1_renew, 1u))
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T2_REBIND(result, dhcp) ((result) = LWIP_MAX((dhcp)->offered_t2_rebind, 1u))
#define DHCP_NEXT_TIMEOUT_THRESHOLD 60u /* RFC 2131, 4.4.5: not more often */
#define DHCP_REQUEST_BACKOFF_SEQUENCE(tries) ((u16_t)(((tries) < 6 ? 1u << (tries) : 60u) * 1000u))
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_LINK_CALLBACK 0
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_TCP_KEEPALIVE 1
#define TCP_LISTEN_BACKLOG 0
#define TCP_QUEUE_OOSEQ 0
#define LWIP_TCP_RTO_TIME 1000 /* RFC 6298; a SYN is sent again each time */
#define TCP_SYNMAXRTX 12
#define ARP_TABLE_SIZE 4
#define ARP_QUEUEING 1 /* time and broker are asked at once, often by way of one gateway */
#define ARP_QUEUE_LEN 3
#define MEMP_NUM_ARP_QUEUE 4
#define ETHARP_SUPPORT_STATIC_ENTRIES 0

/* Memory: pools and a heap of its own, all static. */
#define MEM_LIBC_MALLOC 0
#define MEM_ALIGNMENT 4
#define MEM_SIZE EAR_NET_HEAP_BYTES
#define PBUF_POOL_SIZE EAR_NET_POOL
#define TCP_MSS EAR_NET_SEGMENT_BYTES
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define MEMP_NUM_TCP_SEG 16
#define MEMP_NUM_TCP_PCB 3 /* the connection, and former ones that linger */
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_UDP_PCB 3 /* DHCP, DNS, SNTP */
#define MEMP_NUM_PBUF 4
#define MEMP_NUM_ALTCP_PCB 1
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 3) /* two of SNTP, one of MQTT */

/* Names */
#define LWIP_DNS 1
#define DNS_TABLE_SIZE 2
#define DNS_MAX_SERVERS 2
#define DNS_MAX_NAME_LENGTH 64
#define DNS_LOCAL_HOSTLIST 0

/* Time. An answer counts if it repeats what the question held in place of a time: a random number. */
#define LWIP_DHCP_GET_NTP_SRV 1
#define LWIP_DHCP_MAX_NTP_SERVERS 1
#define SNTP_MAX_SERVERS 1
#define SNTP_SERVER_DNS 1
#define SNTP_CHECK_RESPONSE 2
#define SNTP_COMP_ROUNDTRIP 0
#define SNTP_MONITOR_SERVER_REACHABILITY 0
#define SNTP_STARTUP_DELAY 0
#define SNTP_RECV_TIMEOUT 2000
#define SNTP_RETRY_TIMEOUT 1000
#define SNTP_RETRY_TIMEOUT_MAX 60000
#define SNTP_SUPPRESS_DELAY_CHECK
#define SNTP_UPDATE_DELAY ear_net_time_pause_ms()
#define SNTP_PORT ear_net_time_port()
#define SNTP_GET_SYSTEM_TIME_NTP(seconds, fraction) \
    do {                                            \
        (seconds) = (s32_t)LWIP_RAND();             \
        (fraction) = LWIP_RAND();                   \
    } while (0)
#define SNTP_SET_SYSTEM_TIME_US(seconds, us) ear_net_time_told(seconds, us)

/* MQTT over our own TLS layer (ear_altcp_tls.h). The ring holds one message whole: a summary is the longest. */
#define LWIP_ALTCP 1
#define LWIP_ALTCP_TLS 1
#define MQTT_OUTPUT_RINGBUF_SIZE (EAR_SUMMARY_BYTES + EAR_TOPIC_BYTES + 32)
#define MQTT_VAR_HEADER_BUFFER_LEN (EAR_TOPIC_BYTES + 32)
#define MQTT_REQ_MAX_IN_FLIGHT (EAR_IN_FLIGHT + 1)
#define MQTT_CYCLIC_TIMER_INTERVAL 1
#define MQTT_REQ_TIMEOUT 30
#define MQTT_CONNECT_TIMOUT 60 /* ours comes first */

#ifndef __ASSEMBLER__
#include <stdint.h>
uint32_t ear_net_time_pause_ms(void);
uint16_t ear_net_time_port(void);
void ear_net_time_told(uint32_t seconds, uint32_t us);
#endif

#endif
