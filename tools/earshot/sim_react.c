/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/sim_react.c - what people do beside talking. Host only. */
#include "tools/earshot/sim_tell.h"
#include "tools/earshot/sim_words.h"

/* A purchase goes this way, one step after a bot's message, and often no further. */
enum { LOOKING, ASKED, CHOSEN, PAID, LEFT_THE_SHOP };

enum {
    LONG_REACH_MS = 7200000, /* beyond this the simulator does not wait for an order that comes too late */
    SOON_MS = 600000,
};

/* When somebody who clicked now will buy: mostly soon, else at the very end of the attribution time or after it. */
static int64_t order_after_ms(struct sim_plan *plan)
{
    const int64_t reach_ms = plan->options->attribution_ms;

    if (reach_ms <= LONG_REACH_MS) {
        switch (sim_random(plan, 6)) {
        case 0:
            return reach_ms;
        case 1:
            return reach_ms + 1;
        case 2:
            return reach_ms + sim_between(plan, 2, SOON_MS);
        default:
            break;
        }
    }
    return sim_between(plan, 1, reach_ms < SOON_MS ? reach_ms : SOON_MS);
}

static void buy(struct teller *teller)
{
    struct sim_plan *plan = teller->plan;
    const struct ear_str currency = sim_word(plan, SIM_CURRENCIES);
    const struct ear_event event = {.present = EAR_HAS(amount) | EAR_HAS(currency),
                                    .kind = EAR_KIND_ORDER,
                                    .amount = (uint32_t)sim_between(plan, 499, 25999),
                                    .currency = {currency.bytes[0], currency.bytes[1], currency.bytes[2]}};
    const int64_t now_ms = teller->at_ms;

    teller->at_ms += order_after_ms(plan);
    tell_now(teller, &event);
    teller->at_ms = now_ms; /* meanwhile the talk goes on */
}

static void look_at_product(struct teller *teller)
{
    struct sim_plan *plan = teller->plan;
    struct ear_event event = {.present = EAR_HAS(product),
                              .kind = EAR_KIND_PRODUCT_CLICK,
                              .product = sim_string(PICK(plan, "kettle-2", "lamp-17", "hose-25m"))};

    tell_next(teller, &event);
    if (teller->user.length > 0 && sim_chance(plan, 60)) {
        buy(teller);
    }
    if (sim_chance(plan, 50)) {
        event.kind = EAR_KIND_ADD_TO_CART;
        tell_next(teller, &event);
    }
}

static void shop(struct teller *teller)
{
    static const char *const steps[] = {[ASKED] = "asked", [CHOSEN] = "chosen", [PAID] = "paid"};

    if (teller->shopping == PAID || !sim_chance(teller->plan, 75)) {
        teller->shopping = LEFT_THE_SHOP;
    }
    if (teller->shopping == LEFT_THE_SHOP) {
        return;
    }
    teller->shopping++;
    tell_label(teller, EAR_KIND_STEP, sim_string(steps[teller->shopping]));
    if (teller->shopping == CHOSEN) {
        look_at_product(teller);
    }
}

static void bear(struct teller *teller, uint8_t kind, enum sim_words words)
{
    const struct ear_str word = sim_word(teller->plan, words);

    if (tell_bears(teller, kind, word)) {
        tell_label(teller, kind, word);
    }
}

void tell_reaction(struct teller *teller)
{
    struct sim_plan *plan = teller->plan;

    if (teller->shopping != LOOKING || sim_chance(plan, 25)) {
        shop(teller);
    }
    switch (sim_random(plan, 24)) {
    case 0:
        tell_label(teller, EAR_KIND_LINK_CLICK, sim_string(PICK(plan, "opening-hours", "price-list", "map")));
        break;
    case 1:
        look_at_product(teller);
        break;
    case 2:
        bear(teller, EAR_KIND_TAG, SIM_TAGS);
        break;
    case 3:
    case 4:
        bear(teller, EAR_KIND_TOPIC, SIM_TOPICS);
        break;
    case 5:
        bear(teller, EAR_KIND_PROCEDURE, SIM_PROCEDURES);
        break;
    case 6: /* steps also come in no order */
        tell_label(teller, EAR_KIND_STEP, sim_string(PICK(plan, "asked", "chosen", "paid")));
        break;
    default:
        break;
    }
}
