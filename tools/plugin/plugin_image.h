/* SPDX-License-Identifier: Apache-2.0 */
/* tools/plugin/plugin_image.h - a linked ELF for Cortex-M becomes a native plugin's image. Host only; exits with what
 * is wrong with it. */
#ifndef PLUGIN_IMAGE_H
#define PLUGIN_IMAGE_H

#include "tools/pack/pack_write.h"

/** Append the image (platform/firmware/sandbox/ear_sandbox_image.h) of the ELF in a file. name NULL: as its descriptor
 * says.
 */
void plugin_image_from_elf(struct pack_bytes *out, const char *path, const char *name, uint32_t counter);

/** Append an image that takes the plugin of this name back. */
void plugin_image_withdrawn(struct pack_bytes *out, const char *name, uint32_t counter);

#endif
