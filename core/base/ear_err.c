/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_err.c - the names of errors. Pure. */
#include "core/base/ear_err.h"

const char *ear_err_name(int err)
{
    switch (err) {
    case EAR_OK:
        return "ok";
    case EAR_ERR_SYNTAX:
        return "syntax";
    case EAR_ERR_TYPE:
        return "type";
    case EAR_ERR_RANGE:
        return "range";
    case EAR_ERR_MISSING:
        return "missing";
    case EAR_ERR_UNKNOWN:
        return "unknown";
    case EAR_ERR_TOO_LONG:
        return "too_long";
    case EAR_ERR_DUPLICATE:
        return "duplicate";
    case EAR_ERR_UTF8:
        return "utf8";
    case EAR_ERR_DEPTH:
        return "depth";
    case EAR_ERR_VERSION:
        return "version";
    case EAR_ERR_FULL:
        return "full";
    case EAR_ERR_EMPTY:
        return "empty";
    case EAR_ERR_BUSY:
        return "busy";
    case EAR_ERR_TIME:
        return "time";
    case EAR_ERR_IO:
        return "io";
    case EAR_ERR_CORRUPT:
        return "corrupt";
    case EAR_ERR_CONFIG:
        return "config";
    default:
        return "error";
    }
}
