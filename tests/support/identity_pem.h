/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/identity_pem.h - an identity for tests: the key of RFC 6979 A.2.5, certificates for it and for another
 * key (CN kiosk-7, to 2051-07-12), and the CA that signed them (to 2100-10-23). Made with openssl. */
#ifndef IDENTITY_PEM_H
#define IDENTITY_PEM_H

#include <stdint.h>

static const uint8_t identity_key[] = {
    0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20, 0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21,
    0x57, 0x67, 0xb1, 0xd6, 0x93, 0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12,
    0x0f, 0x67, 0x21, 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1, 0x44, 0x03,
    0x42, 0x00, 0x04, 0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb, 0x74, 0xc6, 0x35, 0x6d,
    0x68, 0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c, 0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6, 0x79,
    0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc, 0x99, 0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64, 0xf2, 0xf1, 0xb2,
    0x0c, 0x2d, 0x7e, 0x9f, 0x51, 0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99,
};

static const char identity_ca[] = "-----BEGIN CERTIFICATE-----\n"
                                  "MIIBejCCASGgAwIBAgIUETzetw/EOTVhJPdfskCPqmX6V5owCgYIKoZIzj0EAwIw\n"
                                  "EjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yNjExMjAxMjA5NDFaGA8yMTAwMTAyMzEy\n"
                                  "MDk0MVowEjEQMA4GA1UEAwwHVGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
                                  "A0IABILVRPJFX4cS9lZG3HjuHgQJ5656eqEYpqdI7Pen7ZF959WgUDJq/3LDS4ag\n"
                                  "Jn3gg4RSTdhVNbgGKrVHCqDUM0KjUzBRMB0GA1UdDgQWBBSZyULBn9JbPw2nIH47\n"
                                  "sDjMmObBezAfBgNVHSMEGDAWgBSZyULBn9JbPw2nIH47sDjMmObBezAPBgNVHRMB\n"
                                  "Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIE1LogXV1giuShFU31+yO5K64E15\n"
                                  "eajQPvJ5vGlqD1rvAiBo0pcn8j3qq+qnhofpS9fZk7auPMN1GBnxMngcXpmYng==\n"
                                  "-----END CERTIFICATE-----\n";

static const char identity_certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                           "MIIBHzCBxwIUJuhEzOXNQp8JbsHJPWspWhDLqTEwCgYIKoZIzj0EAwIwEjEQMA4G\n"
                                           "A1UEAwwHVGVzdCBDQTAgFw0yNjExMjAxMjA5NDFaGA8yMDUxMDcxMjEyMDk0MVow\n"
                                           "EjEQMA4GA1UEAwwHa2lvc2stNzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGD+\n"
                                           "1LolWp0xyWHrdMY1bWjASbiSO2H6bOZpYi5g8p+2eQP+EAi4vJmkGunpVii8ZPLx\n"
                                           "sgwtfp9Rd6PClNRGIpkwCgYIKoZIzj0EAwIDRwAwRAIgehYNJgp4LPuzbk0qYDLZ\n"
                                           "sg6YqD2/RSj/1E7I7ugzcJMCIE9bkQ0p2hFDsU4c1sCjAfUdrw2YYsrsBiYs1QGJ\n"
                                           "EBI9\n"
                                           "-----END CERTIFICATE-----\n";

static const char identity_other_certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                                 "MIIBHzCBxwIUeP/3mA2W9ApdUwJViK6uXMVWW1swCgYIKoZIzj0EAwIwEjEQMA4G\n"
                                                 "A1UEAwwHVGVzdCBDQTAgFw0yNjExMjAxMjA5NDFaGA8yMDUxMDcxMjEyMDk0MVow\n"
                                                 "EjEQMA4GA1UEAwwHa2lvc2stNzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABL5T\n"
                                                 "HNGWM6OxfouEg2wHP4xF+Y1r2hgOMxA8OW565xM26W5knWPPOcexI0jkLLtZyf6L\n"
                                                 "uOyxpPjfwDwrkk6/dYMwCgYIKoZIzj0EAwIDRwAwRAIgEtZ5CLKcBesMj1yhV4M8\n"
                                                 "Eqc+1UvuWjaMwMnCciZTVzECIB2iws6DpAtJPGultaZDh8r7xHWS30PlT8AoxXdW\n"
                                                 "j3DP\n"
                                                 "-----END CERTIFICATE-----\n";

static const char identity_public_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
                                          "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                                          "-----END PUBLIC KEY-----\n";

#endif
