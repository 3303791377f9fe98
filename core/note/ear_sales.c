/* SPDX-License-Identifier: Apache-2.0 */
#include "core/note/ear_sales.h"

/* Whether click a goes before click b. */
static bool is_older(const struct ear_click *a, const struct ear_click *b)
{
    return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->serial < b->serial);
}

static struct ear_click *place_for(struct ear_sales *sales, uint64_t user, uint8_t slice)
{
    struct ear_click *oldest = &sales->clicks[0];

    for (unsigned i = 0; i < EAR_CLICKS; i++) {
        struct ear_click *click = &sales->clicks[i];
        if (click->user == user && click->slice == slice) {
            return click;
        }
        if (oldest->user != 0 && (click->user == 0 || is_older(click, oldest))) {
            oldest = click;
        }
    }
    return oldest;
}

void ear_sales_click(struct ear_sales *sales, uint64_t user, uint8_t slice, int64_t at_ms)
{
    struct ear_click *click = place_for(sales, user, slice);

    if (click->user == user && click->slice == slice) {
        click->at_ms = at_ms > click->at_ms ? at_ms : click->at_ms;
        return;
    }
    if (click->user != 0 && sales->forgotten < UINT32_MAX) {
        sales->forgotten++;
    }
    if (click->user == 0 || at_ms >= click->at_ms) {
        *click = (struct ear_click){.user = user, .at_ms = at_ms, .serial = sales->next_serial++, .slice = slice};
    } /* else the new click is the oldest of all: it is the one that goes */
}

int ear_sales_attribute(const struct ear_sales *sales, uint64_t user, int64_t order_ms,
                        const struct ear_sales_reach *reach)
{
    const struct ear_click *best = NULL;

    for (unsigned i = 0; i < EAR_CLICKS; i++) {
        const struct ear_click *click = &sales->clicks[i];
        if (click->user == user && click->at_ms <= order_ms &&
            (best == NULL || click->at_ms > best->at_ms ||
             (click->at_ms == best->at_ms && click->serial < best->serial)) &&
            order_ms - click->at_ms <= reach->ms(reach->context, click->slice)) {
            best = click;
        }
    }
    return best != NULL ? best->slice : -1;
}

void ear_sales_shift(struct ear_sales *sales, int64_t known_ms, int64_t offset_ms)
{
    for (unsigned i = 0; i < EAR_CLICKS; i++) {
        if (sales->clicks[i].user != 0 && sales->clicks[i].at_ms < known_ms) {
            sales->clicks[i].at_ms += offset_ms;
        }
    }
}
