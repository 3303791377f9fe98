/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_status_page.h - the answer to {"ask":"status"}: how the daemon is, as one JSON line. */
#ifndef EAR_STATUS_PAGE_H
#define EAR_STATUS_PAGE_H

#include "core/ear_agent.h"
#include "platform/linux/ear_linux_settings.h"
#include "platform/linux/mqtt/ear_mqtt.h"
#include "platform/linux/native/ear_native.h"
#include "platform/linux/socket/ear_socket.h"
#include "platform/linux/storage/ear_state.h"

struct ear_status_page {
    const struct ear_agent *agent;
    const struct ear_daemon_settings *settings;
    const struct ear_mqtt *mqtt;
    const struct ear_socket *socket; /* NULL: none */
    struct ear_native *native;
    const struct ear_state *state;
};

/** Write the line with its '\n'. Bytes, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_status_page_write(const struct ear_status_page *page, char *out, size_t capacity);

#endif
