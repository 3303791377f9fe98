/* SPDX-License-Identifier: Apache-2.0 */
/* platform/mps2/ear_board_netif.c - SMSC LAN9118 for lwIP. Register names as in its data sheet. Receiving interrupts;
 * frames are fetched by the main loop. */
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/ear_board.h"
#include "platform/lwip/ear_netif_words.h"
#include "platform/mps2/ear_board_parts.h"

#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

enum { IRQ_ETHERNET = 13 };
enum {
    RX_DATA = 0x00,
    TX_DATA = 0x20,
    RX_STATUS = 0x40,
    TX_STATUS = 0x48,
    IRQ_CFG = 0x54,
    INT_STS = 0x58,
    INT_EN = 0x5c,
    BYTE_TEST = 0x64,
    FIFO_INT = 0x68,
    RX_CFG = 0x6c,
    TX_CFG = 0x70,
    HW_CFG = 0x74,
    RX_FIFO_INF = 0x7c,
    TX_FIFO_INF = 0x80,
    MAC_COMMAND = 0xa4,
    MAC_DATA = 0xa8
};
enum { MAC_CONTROL = 1, MAC_ADDRESS_HIGH = 2, MAC_ADDRESS_LOW = 3 };
#define REG(offset) EAR_REGISTER(0x40200000u + (offset))

#define BYTE_TEST_IS 0x87654321u
#define MAC_BUSY 0x80000000u
#define MAC_READ 0x40000000u
#define MAC_CONTROL_ON 0x0010000cu            /* full duplex, send, receive */
#define HW_CFG_RESET 1u                       /* soft reset */
#define HW_CFG_FIFO ((5u << 16) | (1u << 20)) /* 5 KB for sending; must be one */
#define TX_COMMAND ((1u << 13) | (1u << 12))  /* first and last segment */
#define INT_RX_STATUS 8u                      /* a received frame's status is there */
#define IRQ_CFG_ON 0x111u                     /* enabled, active high, push-pull */
#define RX_STATUS_ERROR 0x8000u
#define CRC_BYTES 4u
#define FRAME_MIN 18u
#define FRAME_MAX 1522u
#define MTU 1500
#define TRIES 100000u

static volatile bool received = true;

void ear_board_irq_ethernet(void);

void ear_board_irq_ethernet(void)
{
    REG(INT_STS) = REG(INT_STS);
    received = true;
    ear_board_wake();
}

static void mac_wait(void)
{
    for (uint32_t i = 0; i < TRIES && (REG(MAC_COMMAND) & MAC_BUSY) != 0; i++) {
    }
}

static void mac_write(uint32_t number, uint32_t value)
{
    mac_wait();
    REG(MAC_DATA) = value;
    REG(MAC_COMMAND) = MAC_BUSY | number;
    mac_wait();
}

static uint32_t mac_read(uint32_t number)
{
    mac_wait();
    REG(MAC_COMMAND) = MAC_BUSY | MAC_READ | number;
    mac_wait();
    return REG(MAC_DATA);
}

/** The controller has its address from its EEPROM. */
void ear_board_mac(uint8_t mac[6])
{
    const uint32_t low = mac_read(MAC_ADDRESS_LOW), high = mac_read(MAC_ADDRESS_HIGH);
    for (unsigned i = 0; i < 4; i++) {
        mac[i] = (uint8_t)(low >> (8 * i));
    }
    mac[4] = (uint8_t)high;
    mac[5] = (uint8_t)(high >> 8);
}

static err_t transmit(struct netif *netif, struct pbuf *frame)
{
    const uint32_t length = frame->tot_len;
    (void)netif;
    if ((REG(TX_FIFO_INF) & 0xffffu) < length + 16u) {
        return ERR_MEM;
    }
    REG(TX_DATA) = TX_COMMAND | length;
    REG(TX_DATA) = length;
    ear_netif_words_send(&REG(TX_DATA), frame, 0, 0);
    while (((REG(TX_FIFO_INF) >> 16) & 0xffu) != 0) {
        (void)REG(TX_STATUS);
    }
    return ERR_OK;
}

static void receive(struct netif *netif)
{
    const uint32_t status = REG(RX_STATUS), length = (status >> 16) & 0x3fffu, words = (length + 3u) / 4u;
    struct pbuf *frame = NULL;
    if ((status & RX_STATUS_ERROR) == 0 && length >= FRAME_MIN && length <= FRAME_MAX) {
        frame = pbuf_alloc(PBUF_RAW, (u16_t)(length - CRC_BYTES), PBUF_POOL);
    }
    if (words > 0) {
        ear_netif_words_fetch(&REG(RX_DATA), frame, REG(RX_DATA), 0, words - 1u);
    }
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
    while (((REG(RX_FIFO_INF) >> 16) & 0xffu) != 0) {
        receive(netif);
    }
}

static bool wake_controller(void)
{
    if (REG(BYTE_TEST) != BYTE_TEST_IS) {
        return false;
    }
    REG(HW_CFG) = HW_CFG_RESET;
    for (uint32_t i = 0; i < TRIES && (REG(HW_CFG) & HW_CFG_RESET) != 0; i++) {
    }
    REG(HW_CFG) = HW_CFG_FIFO;
    return true;
}

signed char ear_board_netif_init(struct netif *netif)
{
    if (!wake_controller()) {
        return ERR_IF;
    }
    ear_board_mac(netif->hwaddr);
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->mtu = MTU;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP | NETIF_FLAG_ETHERNET;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = transmit;
    REG(TX_CFG) = 2; /* sending on */
    REG(RX_CFG) = 0;
    REG(FIFO_INT) = 0;
    REG(INT_STS) = UINT32_MAX;
    mac_write(MAC_CONTROL, MAC_CONTROL_ON);
    REG(INT_EN) = INT_RX_STATUS;
    REG(IRQ_CFG) = IRQ_CFG_ON;
    ear_start_enable_irq(IRQ_ETHERNET);
    return ERR_OK;
}
