/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/plugin_host/host_plugin.c - only constant data is read until the contract is known to be this
 * one. */
#include "platform/linux/native/plugin_host/host_plugin.h"

#include "core/judge/ear_plugin_export.h"
#include "platform/linux/native/plugin_host/host_sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Memory that ends with a page that cannot be touched. NULL: there is none. */
static void *guarded(size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t inner = (bytes + page - 1) / page * page;
    uint8_t *at = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || mprotect(at + page, inner, PROT_READ | PROT_WRITE) != 0) {
        return NULL;
    }
    return at + page + inner - ((bytes + 7u) & ~(size_t)7u);
}

/* --- loading --- */

/* A text of the plugin's, cut to the room there is, which is more than the host allows. */
static uint8_t copy_text(char *to, size_t capacity, const char *from)
{
    if (from == NULL) {
        return 0;
    }
    const size_t length = strnlen(from, capacity - 1);
    memcpy(to, from, length);
    to[length] = '\0';
    return 1;
}

static bool contract_is_ours(const struct ear_plugin *plugin)
{
    const size_t size = plugin->abi_minor == 0 ? offsetof(struct ear_plugin, label) : sizeof(struct ear_plugin);
    return plugin->abi_major == EAR_PLUGIN_ABI_MAJOR && plugin->abi_minor <= EAR_PLUGIN_ABI_MINOR &&
           plugin->struct_size == size;
}

static void describe_labels(const struct ear_plugin *plugin, struct ear_native_descriptor *about)
{
    const ear_plugin_label label = plugin->abi_minor > 0 ? plugin->label : NULL;
    about->has_labels = plugin->labels != NULL || label != NULL;
    for (uint16_t i = 0; about->has_labels && i < plugin->label_count && i < EAR_NATIVE_LABELS; i++) {
        const char *text = plugin->labels != NULL ? plugin->labels[i] : label(plugin->data, i);
        copy_text(about->labels[i], sizeof about->labels[i], text);
    }
}

static void describe(const struct ear_plugin *plugin, struct ear_native_descriptor *about)
{
    about->abi_major = plugin->abi_major;
    about->abi_minor = plugin->abi_minor;
    about->struct_size = plugin->struct_size;
    if (!contract_is_ours(plugin)) {
        return; /* where its other fields lie is not known */
    }
    about->has_name = copy_text(about->name, sizeof about->name, plugin->name);
    about->has_version = copy_text(about->version, sizeof about->version, plugin->version);
    about->questions = plugin->questions;
    about->hears = plugin->hears;
    about->budget_us = plugin->budget_us;
    about->state_size = plugin->state_size;
    about->label_count = plugin->label_count;
    about->has_on_turn = plugin->on_turn != NULL;
    describe_labels(plugin, about);
}

/* What the linker says, without the name that only this process knows. */
static void tell_linker(struct ear_native_response *response)
{
    const char *said = dlerror();
    const char *from = said != NULL ? said : "unknown";
    const size_t length = strlen(HOST_PLUGIN_PATH ": ");
    if (strncmp(from, HOST_PLUGIN_PATH ": ", length) == 0) {
        from += length;
    }
    copy_text(response->error, sizeof response->error, from);
}

bool host_plugin_load(struct host_plugin *host, struct ear_native_response *response)
{
    void *object = dlopen(HOST_PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        tell_linker(response);
        atomic_store(&response->stage, EAR_NATIVE_UNLOADABLE);
        return false;
    }
    host->plugin = dlsym(object, EAR_PLUGIN_ENTRY);
    if (host->plugin == NULL) {
        atomic_store(&response->stage, EAR_NATIVE_NO_ENTRY);
        return false;
    }
    if (host_sandbox_opened() != 0) { /* not by the linker: it would have given up */
        response->trapped = host_sandbox_opened();
        _exit(EAR_NATIVE_EXIT_TRAPPED);
    }
    host_sandbox_loaded();
    describe(host->plugin, &response->descriptor);
    host->items = guarded(EAR_VERDICTS * sizeof host->items[0]);
    host->state = guarded(response->descriptor.state_size);
    atomic_store(&response->stage, EAR_NATIVE_LOADED);
    return host->items != NULL && host->state != NULL;
}

/* --- a turn --- */

static void take_turn(struct host_plugin *host, const struct ear_native_request *request)
{
    host->turn = (struct ear_turn){.struct_size = sizeof host->turn,
                                   .from = request->from,
                                   .flags = request->flags,
                                   .confidence_permille = request->confidence_permille,
                                   .turn_index = request->turn_index,
                                   .text_length = request->text_length,
                                   .text = request->text,
                                   .tokens = request->tokens,
                                   .token_count = request->token_count,
                                   .language = {request->language[0], request->language[1]},
                                   .low_confidence_permille = request->low_confidence_permille};
    host->verdicts = (struct ear_verdicts){.items = host->items, .count = 0, .capacity = EAR_VERDICTS};
    host->call = (struct ear_plugin_call){.struct_size = sizeof host->call,
                                          .data = host->plugin->data,
                                          .state = host->state,
                                          .turn = &host->turn,
                                          .verdicts = &host->verdicts};
    memcpy(host->state, request->state, request->state_size);
}

void host_plugin_turn(struct host_plugin *host, const struct ear_native_request *request,
                      struct ear_native_response *response)
{
    take_turn(host, request);
    response->result = host->plugin->on_turn(&host->call);
    const uint16_t count = host->verdicts.count;
    if (host->verdicts.items != host->items || count > EAR_VERDICTS) {
        response->count = UINT32_MAX; /* the agent calls that a fault */
        return;
    }
    response->count = count;
    memcpy(response->verdicts, host->items, count * sizeof host->items[0]);
    memcpy(response->state, host->state, request->state_size);
}
