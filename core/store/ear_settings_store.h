/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_settings_store.h - settings that were made on the device, on a record log: `section.name=value` a
 * record, the newest of each counts, what equals its default is not kept. Called from the agent's task. */
#ifndef EAR_SETTINGS_STORE_H
#define EAR_SETTINGS_STORE_H

#include "core/base/ear_settings.h"
#include "core/store/ear_record_log.h"

/** A table and the struct that it describes. */
struct ear_settings_target {
    const struct ear_setting_table *table;
    void *settings;
};

/** Public only so that callers can allocate it; read the counters. */
struct ear_settings_store {
    struct ear_record_log log;
    const struct ear_settings_target *targets;
    size_t target_count;
    uint32_t unknown; /* kept settings that this build does not know, or whose value it does not take: passed over */
    uint32_t corrupt;
};

/** Read what is kept into the targets, which have their defaults already. Works, reading only, on a partition that
 * cannot be written. EAR_ERR_IO; EAR_ERR_CONFIG: impossible geometry. */
EAR_MUST_USE enum ear_err ear_settings_store_open(struct ear_settings_store *store, const struct ear_storage *storage,
                                                  const struct ear_settings_target *targets, size_t target_count);

/** Set one, now and after each start; durable on return. A cut of power leaves the former value or the new one. Errors
 * of ear_settings_set, with *fault; EAR_ERR_IO: nothing changed; EAR_ERR_FULL: no more settings fit. */
EAR_MUST_USE enum ear_err ear_settings_store_set(struct ear_settings_store *store, const char *section,
                                                 const char *name, const char *value, struct ear_setting_fault *fault);

#endif
