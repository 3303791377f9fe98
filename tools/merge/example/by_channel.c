/* SPDX-License-Identifier: Apache-2.0 */
/* tools/merge/example/by_channel.c - reads lines of topic and payload in hexadecimal, prints the resolution rate of
 * each channel. Shown in docs/merge.md. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <earshot_merge.h>

int main(void)
{
    static char line[1 << 16];
    static unsigned char payload[1 << 15];
    struct earshot_store *store = earshot_store_new();

    while (fgets(line, sizeof line, stdin) != NULL) {
        char *hex = strchr(line, ' ');
        size_t length = 0;
        if (hex == NULL) {
            continue;
        }
        *hex++ = '\0';
        for (; hex[0] > ' ' && hex[1] > ' '; hex += 2) {
            payload[length++] = (unsigned char)strtoul((char[]){hex[0], hex[1], '\0'}, NULL, 16);
        }
        const char *why;
        if (earshot_store_take(store, line, payload, length, &why) == EARSHOT_TOOK_BROKEN) {
            fprintf(stderr, "%s: %s\n", line, why);
        }
    }
    const char *channel;
    for (size_t i = 0; (channel = earshot_store_value(store, EARSHOT_CHANNEL, i)) != NULL; i++) {
        struct earshot_filter filter = {.resolution = EARSHOT_HOUR};
        filter.parts[EARSHOT_CHANNEL] = channel;
        struct earshot_total *total = earshot_total_new(store, &filter);
        uint64_t conversations;
        double rate;
        earshot_total_count(total, "conversations", &conversations);
        printf("%s: %" PRIu64 " conversations, ", channel, conversations);
        if (earshot_total_derive(total, "resolution_rate", &rate)) {
            printf("%.0f %% resolved\n", 100 * rate);
        } else {
            printf("no data\n");
        }
        earshot_total_free(total);
    }
    earshot_store_free(store);
    return 0;
}
