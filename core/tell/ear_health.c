/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tell/ear_health.h"

uint32_t *ear_health_refused(struct ear_health *health, int err)
{
    switch (err) {
    case EAR_ERR_SYNTAX:
        return &health->refused_syntax;
    case EAR_ERR_TYPE:
        return &health->refused_type;
    case EAR_ERR_RANGE:
        return &health->refused_range;
    case EAR_ERR_MISSING:
        return &health->refused_missing;
    case EAR_ERR_UNKNOWN:
        return &health->refused_unknown;
    case EAR_ERR_TOO_LONG:
        return &health->refused_too_long;
    case EAR_ERR_DUPLICATE:
        return &health->refused_duplicate;
    case EAR_ERR_UTF8:
        return &health->refused_utf8;
    case EAR_ERR_DEPTH:
        return &health->refused_depth;
    case EAR_ERR_VERSION:
        return &health->refused_version;
    case EAR_ERR_TIME:
        return &health->refused_time;
    default:
        return &health->refused_other;
    }
}
