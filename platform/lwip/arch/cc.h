/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/arch/cc.h - what lwIP asks of compiler and program. Included by lwIP. */
#ifndef EAR_LWIP_CC_H
#define EAR_LWIP_CC_H

#include <assert.h>
#include <stdint.h>

#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1
#define LWIP_PLATFORM_DIAG(text) (void)0
#define LWIP_PLATFORM_ASSERT(text) assert(0) /* without the text: they are 10 KB of flash */

/* For what nobody may guess: ports, numbers of queries, the beginning of TCP's count. */
uint32_t ear_net_random(void);
#define LWIP_RAND() ear_net_random()

#endif
