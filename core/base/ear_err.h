/* SPDX-License-Identifier: Apache-2.0 */
/* core/base/ear_err.h - the one list of errors. Pure. */
#ifndef EAR_ERR_H
#define EAR_ERR_H

/** Zero is success, negatives are errors; a call that counts returns int32_t: the count, or one of these. */
enum ear_err {
    EAR_OK = 0,
    EAR_ERR_SYNTAX = -1,    /* the bytes are not what the format asks for */
    EAR_ERR_TYPE = -2,      /* a field has the wrong type */
    EAR_ERR_RANGE = -3,     /* a value is outside what is allowed */
    EAR_ERR_MISSING = -4,   /* a field that this kind needs is absent */
    EAR_ERR_UNKNOWN = -5,   /* a kind, name or label that is not in the vocabulary */
    EAR_ERR_TOO_LONG = -6,  /* longer than the configured limit */
    EAR_ERR_DUPLICATE = -7, /* the same key twice */
    EAR_ERR_UTF8 = -8,      /* text that is not UTF-8 */
    EAR_ERR_DEPTH = -9,     /* nested deeper than allowed */
    EAR_ERR_VERSION = -10,  /* made by or for another version */
    EAR_ERR_FULL = -11,     /* a fixed table or buffer has no room */
    EAR_ERR_EMPTY = -12,    /* nothing there */
    EAR_ERR_BUSY = -13,     /* not now; try again later */
    EAR_ERR_TIME = -14,     /* a time that cannot be placed */
    EAR_ERR_IO = -15,       /* a port failed */
    EAR_ERR_CORRUPT = -16,  /* stored bytes fail their checksum */
    EAR_ERR_CONFIG = -17,   /* a setting, or a combination of settings, that cannot work */
};

#define EAR_ERR_COUNT 18 /* for tables by -err */

/** The error's stable lower-case name, as it appears in answers and logs: "too_long". Never NULL. */
const char *ear_err_name(int err);

#endif
