/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/packs/ear_packs.h - the packs that are part of the program: those of ear_packs.def that Kconfig leaves in.
 * Const; made by cmake/packs.py. */
#ifndef EAR_PACKS_H
#define EAR_PACKS_H

#include "core/model/ear_pack.h"

/** In order of precedence. */
extern const struct ear_pack_image ear_packs[];
extern const size_t ear_packs_count;

#endif
