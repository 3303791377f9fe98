/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/plugin_host/host_sandbox.h - locks this process in. Called once, before anything foreign is
 * mapped. */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include "platform/linux/native/ear_native_wire.h"

/** The name under which the plugin's file can be opened while `loading`; every other file is not there. */
#define HOST_PLUGIN_PATH "/proc/self/fd/6"

/** Limits, no new privileges, no debugger, end with the parent; then the filter of system calls. From here on a call
 * that is not on the list ends the process, with its number in response->trapped. False: it could not be done. */
bool host_sandbox_enter(const struct ear_native_request *request, struct ear_native_response *response);

/** The plugin is loaded: files are no longer there even by that name, and asking for one ends the process. */
void host_sandbox_loaded(void);

/** While loading, a file other than the plugin's was asked for and was "not there": the call's number + 1, or 0. */
uint32_t host_sandbox_opened(void);

#endif
