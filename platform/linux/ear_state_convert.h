/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_state_convert.h - a log in a file of another size. */
#ifndef EAR_STATE_CONVERT_H
#define EAR_STATE_CONVERT_H

#include "platform/linux/ear_storage_file.h"

/** Copy the live records of the log in *file, which is open, to a file of this geometry, in their order, and put that
 * in its place; *file is then the new one. Of what does not fit the oldest go, and the log says how many. Cut off at
 * any moment, either the old file is there or the new one, whole. Where the new one cannot be made, the log says why
 * and *file stays the old one. EAR_ERR_IO, EAR_ERR_BUSY: not even that; it is closed. */
EAR_MUST_USE enum ear_err ear_state_convert(struct ear_storage_file *file, const char *path, uint32_t sector_bytes,
                                            uint32_t sector_count, const struct ear_log *log);

#endif
