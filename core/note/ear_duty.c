/* SPDX-License-Identifier: Apache-2.0 */
#include "core/note/ear_duty.h"

struct ear_login *ear_duty_find(struct ear_duty *duty, uint16_t agent)
{
    for (unsigned i = 0; i < EAR_DUTY; i++) {
        if (duty->logins[i].agent == agent) {
            return &duty->logins[i];
        }
    }
    return NULL;
}

void ear_duty_login(struct ear_duty *duty, uint16_t agent, uint8_t slice, int64_t at_ms)
{
    if (ear_duty_find(duty, agent) != NULL) {
        return;
    }
    struct ear_login *login = ear_duty_find(duty, 0);
    if (login == NULL) {
        duty->overflows += duty->overflows < UINT32_MAX ? 1u : 0u;
        return;
    }
    *login = (struct ear_login){.since_ms = at_ms, .counted_to_ms = at_ms, .agent = agent, .slice = slice};
}

void ear_duty_logout(struct ear_login *login)
{
    *login = (struct ear_login){0};
}

void ear_duty_shift(struct ear_duty *duty, int64_t known_ms, int64_t offset_ms)
{
    for (unsigned i = 0; i < EAR_DUTY; i++) {
        if (duty->logins[i].agent != 0 && duty->logins[i].counted_to_ms < known_ms) {
            duty->logins[i].counted_to_ms += offset_ms;
        }
        if (duty->logins[i].agent != 0 && duty->logins[i].since_ms < known_ms) {
            duty->logins[i].since_ms += offset_ms;
        }
    }
}
