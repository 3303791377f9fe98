/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/plugin_host/host_plugin.h - the plugin of this process: found, described, called. */
#ifndef HOST_PLUGIN_H
#define HOST_PLUGIN_H

#include "platform/linux/native/ear_native_wire.h"

struct host_plugin {
    const struct ear_plugin *plugin; /* its own memory: never trusted outside of this process */
    struct ear_plugin_call call;
    struct ear_turn turn;
    struct ear_verdicts verdicts;
    struct ear_verdict *items; /* these two end where their page ends, and behind it nothing is mapped */
    uint8_t *state;
};

/** Load the file and describe it in the response; its stage says how that went. True: it can be called. */
bool host_plugin_load(struct host_plugin *host, struct ear_native_response *response);

/** Make the call that the request asks for, and put down what came of it. */
void host_plugin_turn(struct host_plugin *host, const struct ear_native_request *request,
                      struct ear_native_response *response);

#endif
