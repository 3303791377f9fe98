/* SPDX-License-Identifier: Apache-2.0 */
/* core/port/ear_delivery.h - port: something large comes to the device in pieces and is put to use there: a firmware
 * image, a native plugin. Packs are the core's own. Pieces come in order; what was written already may come again. */
#ifndef EAR_DELIVERY_H
#define EAR_DELIVERY_H

#include "core/base/ear_base.h"

/** Each: EAR_OK, or an error with *why in words for the field engineer (constant text): EAR_ERR_TOO_LONG no room for
 * it, EAR_ERR_RANGE a piece does not follow the last, EAR_ERR_CORRUPT not what it says it is or signature wrong,
 * EAR_ERR_EMPTY no key to check it under, EAR_ERR_CONFIG for another board or slot, EAR_ERR_VERSION older than what is
 * refused since (security counter), EAR_ERR_BUSY not now, EAR_ERR_IO storage. After RANGE and BUSY what was coming is
 * coming still; after any other it may be given up. None of them changes what is at work. */
struct ear_delivery_ops {
    enum ear_err (*begin)(void *context, const char *name, uint32_t bytes, const char **why);
    enum ear_err (*write)(void *context, uint32_t offset, const void *bytes, uint32_t length, const char **why);
    /** All of it is there: check it and put it to use, durable on return. *restart: it is at work after a restart. */
    enum ear_err (*finish)(void *context, bool *restart, const char **why);
    /** How far what is coming has come: its bytes so far; 0 where nothing is coming. Survives a restart where it can.
     */
    uint32_t (*written)(void *context, const char **name, uint32_t *bytes);
};

/** ops NULL: this device takes none. */
struct ear_delivery_port {
    const struct ear_delivery_ops *ops;
    void *context;
};

#endif
