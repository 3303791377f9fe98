/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lm3s6965/ear_board_netif.c - the Stellaris Ethernet controller for lwIP. Register names as in the data sheet
 * of LM3S6965. Receiving interrupts; frames are fetched by the main loop. */
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_board.h"
#include "platform/lm3s6965/ear_board_parts.h"
#include "platform/lwip/ear_netif_words.h"

#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

enum { IRQ_ETHERNET = 42 };
enum {
    INTERRUPTS = 0x00,
    INTERRUPT_MASK = 0x04,
    RX_CONTROL = 0x08,
    TX_CONTROL = 0x0c,
    DATA = 0x10,
    ADDRESS_LOW = 0x14,
    ADDRESS_HIGH = 0x18,
    THRESHOLD = 0x1c,
    WAITING = 0x34,
    TX_REQUEST = 0x38
};
#define REG(offset) EAR_REGISTER(0x40048000u + (offset))

#define INT_RECEIVED 1u
#define INT_ALL 0x7fu
#define RX_RESET 0x10u
#define RX_ON 1u
#define TX_ON 0x0fu         /* on, padded, with CRC, full duplex */
#define THRESHOLD_OFF 0x3fu /* sent when asked to */
#define HEADER_BYTES 14u    /* the length that is sent does not count it */
#define LENGTH_BYTES 2u     /* the first word is the length and two bytes of the frame */
#define LENGTH_AND_CRC 6u   /* the length that is received counts itself and the CRC */
#define FRAME_MAX (1514u + LENGTH_AND_CRC)
#define MTU 1500
#define USER_REG0 EAR_REGISTER(0x400fe1e0) /* the address, three bytes each, as the factory writes it */
#define USER_REG1 EAR_REGISTER(0x400fe1e4)

static volatile bool received = true;

void ear_board_irq_ethernet(void);

void ear_board_irq_ethernet(void)
{
    REG(INTERRUPTS) = REG(INTERRUPTS);
    received = true;
    ear_board_wake();
}

void ear_board_mac(uint8_t mac[6])
{
    const uint32_t low = USER_REG0, high = USER_REG1;
    for (unsigned i = 0; i < 3; i++) {
        mac[i] = (uint8_t)(low >> (8 * i));
        mac[3 + i] = (uint8_t)(high >> (8 * i));
    }
}

static err_t transmit(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    while ((REG(TX_REQUEST) & 1u) != 0) { /* the frame before is on its way: 0.12 ms at most */
    }
    ear_netif_words_send(&REG(DATA), frame, frame->tot_len - HEADER_BYTES, LENGTH_BYTES);
    REG(TX_REQUEST) = 1;
    return ERR_OK;
}

static void receive(struct netif *netif)
{
    const uint32_t first = REG(DATA), length = first & 0xffffu;
    const uint32_t more = length > LENGTH_BYTES ? (length + 3u) / 4u - 1u : 0; /* words that are still in the FIFO */
    struct pbuf *frame = NULL;
    if (length > LENGTH_AND_CRC + HEADER_BYTES && length <= FRAME_MAX) {
        frame = pbuf_alloc(PBUF_RAW, (u16_t)(length - LENGTH_AND_CRC), PBUF_POOL);
    }
    ear_netif_words_fetch(&REG(DATA), frame, first, LENGTH_BYTES, more);
    if (frame != NULL && netif->input(frame, netif) != ERR_OK) {
        pbuf_free(frame);
    }
}

void ear_board_netif_poll(struct netif *netif)
{
    if (!received) {
        return;
    }
    received = false;
    while ((REG(WAITING) & 0x3fu) != 0) {
        receive(netif);
    }
}

signed char ear_board_netif_init(struct netif *netif)
{
    uint8_t *mac = netif->hwaddr;
    ear_board_mac(mac);
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->mtu = MTU;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP | NETIF_FLAG_ETHERNET;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = transmit;
    REG(INTERRUPT_MASK) = 0;
    REG(ADDRESS_LOW) = mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
    REG(ADDRESS_HIGH) = mac[4] | (uint32_t)mac[5] << 8;
    REG(RX_CONTROL) = RX_RESET;
    REG(TX_CONTROL) = TX_ON;
    REG(THRESHOLD) = THRESHOLD_OFF;
    REG(RX_CONTROL) = RX_ON;
    REG(INTERRUPTS) = INT_ALL;
    REG(INTERRUPT_MASK) = INT_RECEIVED;
    ear_start_enable_irq(IRQ_ETHERNET);
    return ERR_OK;
}
