/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fault/sim/campaign.h - the same script again and again, each time with another fault. */
#ifndef FAULT_CAMPAIGN_H
#define FAULT_CAMPAIGN_H

#include "tests/fault/sim/script.h"

/** What a row of the table says. */
struct campaign {
    const char *name;
    const char *says;  /* what is done to the device */
    uint64_t possible; /* places for the (first) fault that there are */
    uint64_t covered;  /* of them, so many were tried */
    uint64_t runs;
    uint64_t cuts;             /* of power */
    uint64_t starts;           /* after these */
    uint64_t losses;           /* runs after which something was not as it should be */
    uint64_t mended;           /* runs whose device could do no more, said so, and was mended */
    uint64_t again;            /* events that were given twice and counted once */
    struct device_start worst; /* start */
    double seconds;
    char first[384]; /* the first loss */
};

/** How much of it. */
struct campaign_options {
    uint64_t seed;
    double seconds; /* at most, for each campaign; 0: all of it */
    bool verbose;   /* each loss on standard error */
};

/** A script played without a fault: what comes of it, and copies of the device on the way. */
struct reference {
    const struct script *script;
    uint64_t seed;
    uint64_t *operations;    /* before each step; the last is at the end of the script */
    uint64_t all_operations; /* with bringing everything to the server */
    uint64_t calls;          /* of storage */
    uint64_t port_calls[PORTS];
    bool only_sums;  /* hold only the sums of windows against it */
    uint32_t stride; /* steps between copies */
    struct image *images;
    struct device_server **finished; /* what the server knows if it ends at a step; made when asked for */
};

/** A copy of the device with its client. */
struct image {
    struct device device;
    struct client client;
};
void image_take(struct image *image);
void image_put(const struct image *image);

/** Play it without a fault. False, with the reason on standard error: that alone fails. */
bool reference_make(struct reference *reference, const struct script *script, uint64_t seed);

/** The device as it was before a step. */
void reference_put(const struct reference *reference, uint32_t step);

/** Play from here to a step, coming up after each cut, end there, and look. False, with client.says: a loss. */
bool campaign_play(struct reference *reference, struct campaign *campaign, uint32_t until);

/** A run is over. */
void campaign_count(struct campaign *campaign, const struct campaign_options *options, bool good, const char *what,
                    uint64_t number, uint64_t second);

double campaign_now(void);

/** The journal by itself, cut thousands of times. */
void campaign_journal(uint64_t seed, const struct campaign_options *options, struct campaign *campaign);

/** Power goes at every operation, in each way. */
void campaign_cut_once(struct reference *reference, const struct campaign_options *options, struct campaign *campaign);
/** And again at every operation of the start that follows. */
void campaign_cut_twice(struct reference *reference, const struct campaign_options *options, struct campaign *campaign);
/** The n-th call of storage fails, once or for good until the device is mended. */
void campaign_storage_fails(struct reference *reference, const struct campaign_options *options,
                            struct campaign *campaign, bool for_good);
/** The n-th call of another port fails. */
void campaign_port_fails(struct reference *reference, const struct campaign_options *options, struct campaign *campaign,
                         enum device_port port, bool for_good);
/** Sectors of the state go bad: each one, saying so or not. */
void campaign_bad_sector(struct reference *reference, const struct campaign_options *options,
                         struct campaign *campaign);
/** Bits turn over in sectors that are read often. */
void campaign_disturbed(struct reference *reference, const struct campaign_options *options, struct campaign *campaign);
/** All partitions hold anything at all. */
void campaign_random_contents(struct reference *reference, const struct campaign_options *options,
                              struct campaign *campaign);

#endif
