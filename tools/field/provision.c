/* SPDX-License-Identifier: Apache-2.0 */
/* tools/field/provision.c - earshot provision: from a board with an image to a device that talks to its broker. */
#include "tools/field/provision.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/earshot/earshot.h"
#include "tools/field/field.h"

static void print_help(void)
{
    puts(
        "usage: earshot provision --serial PORT --device NAME --broker HOST:PORT --ca FILE\n"
        "           (--sign-ca FILE --sign-key FILE | --csr-out FILE) [OPTION...]\n"
        "       earshot provision --serial PORT --device NAME --ca FILE --cert FILE [OPTION...]\n"
        "       earshot provision --serial PORT --check\n"
        "\n"
        "Lets a device make its key, which never leaves it, has its certificate request signed, gives it certificate,\n"
        "CA and settings, restarts it, waits until it is connected to its broker, and prints what to stick on the "
        "box.\n"
        "\n"
        "  --serial PORT             /dev/ttyUSB0, tcp:HOST:PORT or unix:PATH\n"
        "  --device NAME             the device's name, and its certificate's\n"
        "  --tenant NAME, --site NAME\n"
        "                            the first two levels of its topics\n"
        "  --broker HOST:PORT        where it connects; without :PORT 8883\n"
        "  --ca FILE                 who vouches for the broker\n"
        "  --sign-ca FILE            certificate of the CA that signs devices, and\n"
        "  --sign-key FILE           its private key\n"
        "  --days N                  how long what it signs is valid (825)\n"
        "  --csr-out FILE            write the certificate request for somebody else to sign, and stop;\n"
        "  --cert FILE               go on with the certificate that came back\n"
        "  --new-key                 it forgets the key that it has, and makes another\n"
        "  --pack-key FILE           public key under which packs, images and plugins may come\n"
        "  --set section.name=value  a setting; may be repeated\n"
        "  --wait TIME               how long it may take to connect (60s)\n"
        "  --check                   change nothing; say how the device is\n"
        "\n"
        "  earshot provision --serial /dev/ttyUSB0 --device till-7 --tenant shop --site berlin \\\n"
        "      --broker mqtt.example.com:8883 --ca ca.pem --sign-ca ca.pem --sign-key ca.key");
}

static void print_indented(const char *text)
{
    for (const char *at = text; at != NULL && *at != '\0';) {
        const size_t length = strcspn(at, "\n");
        printf("    %.*s\n", (int)length, at);
        at += length + (at[length] == '\n' ? 1 : 0);
    }
}

static int fail_test(const struct provision *provision, int64_t waited_s)
{
    fflush(stdout);
    fprintf(stderr,
            "earshot: %s: the device has all it needs, but not everything works after %lld s. Its `test` says:\n%s\n"
            "Mend that, then `earshot provision --serial %s --check`: nothing else has to be done again.\n",
            provision->port, (long long)waited_s, provision->device.said.bytes, provision->port);
    return EARSHOT_FAILED;
}

static int check(struct provision *provision)
{
    device_open(&provision->device, provision->port);
    print_indented(provision->device.said.bytes);
    const bool well = provision_test(provision, provision->wait_s);
    print_indented(provision->device.said.bytes);
    puts(well ? "all is well" : "not all is well");
    device_close(&provision->device);
    return well ? 0 : EARSHOT_FAILED;
}

static int run(struct provision *provision)
{
    provision_prepare(provision);
    device_open(&provision->device, provision->port);
    printf("a device answers at %s\n", provision->port);
    provision_set_up(provision);
    if (provision->certificate == NULL) {
        const char *request = provision_request(provision);
        if (provision->request_out != NULL) {
            write_file(provision->request_out, request, strlen(request));
            printf("%s: have it signed for TLS clients, then come back with --cert; the device may be switched off "
                   "meanwhile\n",
                   provision->request_out);
            device_close(&provision->device);
            return 0;
        }
        provision->certificate_der = sign_request(&provision->signer, request);
        if (!credentials_answer_request(&provision->certificate_der, request)) {
            die("openssl made a certificate for another key than the device's");
        }
        puts("its certificate is signed");
    }
    provision_give(provision);
    device_restart(&provision->device);
    printf("it has restarted; waiting until it is connected (at most %lld s)\n", (long long)provision->wait_s);
    if (!provision_test(provision, provision->wait_s)) {
        return fail_test(provision, provision->wait_s);
    }
    puts("its `test` says that all is well");
    provision_print_label(provision);
    device_close(&provision->device);
    return 0;
}

static void check_usage(const struct provision *provision)
{
    const bool signs = provision->signer.ca != NULL;

    if (provision->name == NULL || provision->ca == NULL) {
        die_usage("--device and --ca are needed");
    }
    if (signs != (provision->signer.key != NULL)) {
        die_usage("--sign-ca and --sign-key go together");
    }
    if ((signs ? 1 : 0) + (provision->request_out != NULL ? 1 : 0) + (provision->certificate != NULL ? 1 : 0) != 1) {
        die_usage("one way to a certificate is needed: --sign-ca with --sign-key, or --csr-out, or --cert");
    }
    if (provision->new_key && provision->certificate != NULL) {
        die_usage("--new-key and --cert: the certificate is of the key that it has");
    }
    if (provision->broker == NULL && provision->certificate == NULL) {
        die_usage("--broker HOST:PORT is needed");
    }
}

/* Options that bear a text come first: their numbers are places in a table. */
enum option_number {
    SERIAL = 1,
    DEVICE,
    TENANT,
    SITE,
    BROKER,
    CA,
    SIGN_CA,
    SIGN_KEY,
    CSR_OUT,
    CERT,
    PACK_KEY,
    TEXTS,
    DAYS,
    SET,
    WAIT,
    NEW_KEY,
    CHECK
};

static void take_text(struct provision *provision, int option)
{
    const char **const texts[TEXTS] = {
        [SERIAL] = &provision->port,       [DEVICE] = &provision->name,         [TENANT] = &provision->tenant,
        [SITE] = &provision->site,         [BROKER] = &provision->broker,       [CA] = &provision->ca,
        [SIGN_CA] = &provision->signer.ca, [SIGN_KEY] = &provision->signer.key, [CSR_OUT] = &provision->request_out,
        [CERT] = &provision->certificate,  [PACK_KEY] = &provision->pack_key,
    };

    *texts[option] = optarg;
}

/* False: there is no such option. */
static bool take_option(struct provision *provision, int option)
{
    switch (option) {
    case DAYS:
        provision->signer.days = (unsigned)parse_number("--days", optarg, 1, 36500);
        return true;
    case WAIT:
        provision->wait_s = parse_duration_s("--wait", optarg);
        return true;
    case NEW_KEY:
        provision->new_key = true;
        return true;
    case CHECK:
        provision->only_check = true;
        return true;
    case SET:
        provision_add_setting(provision, optarg);
        return true;
    default:
        if (option >= TEXTS) {
            return false;
        }
        take_text(provision, option);
        return true;
    }
}

int earshot_provision(int argc, char **argv)
{
    static const struct option options[] = {{"serial", required_argument, NULL, SERIAL},
                                            {"device", required_argument, NULL, DEVICE},
                                            {"tenant", required_argument, NULL, TENANT},
                                            {"site", required_argument, NULL, SITE},
                                            {"broker", required_argument, NULL, BROKER},
                                            {"ca", required_argument, NULL, CA},
                                            {"sign-ca", required_argument, NULL, SIGN_CA},
                                            {"sign-key", required_argument, NULL, SIGN_KEY},
                                            {"days", required_argument, NULL, DAYS},
                                            {"csr-out", required_argument, NULL, CSR_OUT},
                                            {"cert", required_argument, NULL, CERT},
                                            {"pack-key", required_argument, NULL, PACK_KEY},
                                            {"set", required_argument, NULL, SET},
                                            {"wait", required_argument, NULL, WAIT},
                                            {"new-key", no_argument, NULL, NEW_KEY},
                                            {"check", no_argument, NULL, CHECK},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct provision *provision = grow(NULL, sizeof *provision);

    *provision = (struct provision){.wait_s = 60, .signer = {.days = 825}};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (!take_option(provision, option)) {
            return EARSHOT_USAGE;
        }
    }
    if (optind < argc) {
        die_usage("%s: what is this for?", argv[optind]);
    }
    if (provision->port == NULL) {
        die_usage("--serial PORT is needed, such as /dev/ttyUSB0");
    }
    if (provision->only_check) {
        return check(provision);
    }
    check_usage(provision);
    return run(provision);
}
