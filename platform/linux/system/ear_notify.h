/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_notify.h - telling systemd how the service is (sd_notify(3)), without its library. */
#ifndef EAR_NOTIFY_H
#define EAR_NOTIFY_H

#include "core/base/ear_base.h"

/** Send "READY=1" and the like. Does nothing where no service manager asked for it. */
void ear_notify(const char *state);

/** "RELOADING=1" with the time that systemd wants beside it. */
void ear_notify_reloading(void);

/** How often "WATCHDOG=1" is to be sent: half of what the service manager allows. 0: not at all. */
uint32_t ear_notify_watchdog_ms(void);

#endif
