/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_duty.h - which human agents are logged in. Pure. No pointers inside, all zero is empty. */
#ifndef EAR_DUTY_H
#define EAR_DUTY_H

#include "core/base/ear_base.h"

struct ear_login {
    int64_t since_ms;
    int64_t counted_to_ms; /* the time since the login is counted up to here */
    uint16_t agent;        /* label; 0: free */
    uint8_t slice;
};

struct ear_duty {
    uint32_t overflows; /* logins that found no room: their time is not counted */
    struct ear_login logins[EAR_DUTY];
};

/** A login at at_ms. One who is logged in already stays so since before. */
void ear_duty_login(struct ear_duty *duty, uint16_t agent, uint8_t slice, int64_t at_ms);

/** The login of an agent, or NULL: to count what is left and then end it with ear_duty_logout. */
struct ear_login *ear_duty_find(struct ear_duty *duty, uint16_t agent);

void ear_duty_logout(struct ear_login *login);

/** The time is known: move what lies before known_ms by offset_ms. */
void ear_duty_shift(struct ear_duty *duty, int64_t known_ms, int64_t offset_ms);

#endif
