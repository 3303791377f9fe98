/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_records_page.h - the answer to {"ask":"records",...}: a page of conversations as one JSON
 * line. */
#ifndef EAR_RECORDS_PAGE_H
#define EAR_RECORDS_PAGE_H

#include "core/ear_agent.h"

/** Ask the agent as a request over MQTT would, and write the line with its '\n'. Bytes, or EAR_ERR_FULL. */
EAR_MUST_USE int32_t ear_records_page_write(struct ear_agent *agent, struct ear_str question, char *out,
                                            size_t capacity);

#endif
