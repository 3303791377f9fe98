/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/provision.h - what `earshot provision` was asked for, and its steps. Host only; each exits with what,
 * where and what to do. */
#ifndef FIELD_PROVISION_H
#define FIELD_PROVISION_H

#include "tools/field/device.h"
#include "tools/field/sign.h"

#define PROVISION_SETTINGS 64

struct provision {
    const char *port;
    const char *tenant, *site, *name; /* of the device */
    const char *broker;               /* HOST:PORT */
    const char *ca;                   /* file: who vouches for the broker */
    const char *pack_key;             /* file, or NULL */
    struct signer signer;             /* ca NULL: signed elsewhere */
    const char *request_out;          /* file, where it is */
    const char *certificate;          /* file, likewise */
    bool new_key;                     /* not the one that it may have */
    bool only_check;
    int64_t wait_s;
    char *settings[PROVISION_SETTINGS];
    size_t setting_count;

    struct der ca_der, pack_key_der, certificate_der;
    struct device device;
};

/** "section.name=value", to be set; exits where there are too many. */
void provision_add_setting(struct provision *provision, const char *setting);

/** Read every file and look at every setting, before the device is touched. */
void provision_prepare(struct provision *provision);

/** Seed, time, settings. */
void provision_set_up(struct provision *provision);

/** Let the device make its key; its certificate request as PEM. */
const char *provision_request(struct provision *provision);

/** Give it certificate, CA and the key of packs. */
void provision_give(struct provision *provision);

/** Ask `test` until all is well. False: it is not after wait_s; device.said is what it said last. */
bool provision_test(struct provision *provision, int64_t wait_s);

/** What to stick on the box. */
void provision_print_label(struct provision *provision);

#endif
