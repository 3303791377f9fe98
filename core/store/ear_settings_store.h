/* SPDX-License-Identifier: Apache-2.0 */
/* core/store/ear_settings_store.h - settings that were made on the device: `section.name=value` each, kept in a
 * partition (ear_kept.h). What equals its default is not kept. Called from the agent's task. */
#ifndef EAR_SETTINGS_STORE_H
#define EAR_SETTINGS_STORE_H

#include "core/base/ear_settings.h"
#include "core/store/ear_kept.h"

#define EAR_SETTINGS_STORE_BYTES 160u /* longest `section.name=value` */

/** A table and the struct that it describes. */
struct ear_settings_target {
    const struct ear_setting_table *table;
    void *settings;
};

/** Public only so that callers can allocate it; read the counters. */
struct ear_settings_store {
    struct ear_kept kept;
    const struct ear_settings_target *targets;
    size_t target_count;
    uint32_t unknown; /* kept settings that this build does not know, or whose value it does not take: passed over */
};

/** Read what is kept into the targets, which have their defaults already. Works, reading only, on a partition that
 * cannot be written. storage NULL: there is none, and nothing can be set. EAR_ERR_IO; EAR_ERR_CONFIG: impossible
 * geometry. The targets keep their defaults then. */
EAR_MUST_USE enum ear_err ear_settings_store_open(struct ear_settings_store *store, const struct ear_storage *storage,
                                                  const struct ear_settings_target *targets, size_t target_count);

/** Set one, now and after each start; durable on return. A cut of power leaves the former value or the new one. Errors
 * of ear_settings_set and ear_settings_check, with *fault; EAR_ERR_IO; EAR_ERR_FULL: no more settings fit. None of them
 * changes anything. */
EAR_MUST_USE enum ear_err ear_settings_store_set(struct ear_settings_store *store, const char *section,
                                                 const char *name, const char *value, struct ear_setting_fault *fault);

/** The line of this name, and the struct that holds it. NULL: no target has it. */
const struct ear_setting *ear_settings_store_find(const struct ear_settings_store *store, const char *section,
                                                  const char *name, const struct ear_settings_target **target);

#endif
