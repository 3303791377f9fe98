/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tell/ear_health.h"

#include <string.h>

const struct ear_health_line ear_health_table[] = {
#define EAR_HEALTH(key, ident, name, KIND, unit, says) \
    {name, unit, says, (uint16_t)offsetof(struct ear_health, ident), (key), EAR_HEALTH_##KIND},
#include "core/tell/ear_health.def"
};
const uint16_t ear_health_count = EAR_COUNT_OF(ear_health_table);

uint32_t ear_health_get(const struct ear_health *health, const struct ear_health_line *line)
{
    uint32_t value;
    memcpy(&value, (const uint8_t *)health + line->offset, sizeof value);
    return value;
}
