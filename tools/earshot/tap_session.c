/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap_session.h"

#include "tools/earshot/earshot.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

enum { RETRY_MS = 1000, REDRAW_MS = 500, CHECK_MS = 500, TABLE_WIDTH = 110, TABLE_ROWS = 24 };

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static struct winsize terminal_size(void)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        size.ws_col = TABLE_WIDTH;
        size.ws_row = TABLE_ROWS;
    }
    return size;
}

/* Over what was drawn before: up by its lines, or on a clear screen if they are more than it has; each line cleared to
 * its end. */
static void draw_table(struct tap *tap)
{
    struct text table = {0}, screen = {0};

    const struct winsize size = terminal_size();

    const struct tap_size whole = {.width = TABLE_WIDTH, .height = UINT_MAX};
    const struct tap_size screen_size = {.width = size.ws_col, .height = size.ws_row - 1u};

    /* the last one, which stays, is whole */
    tap_to_table(&tap->store, tap->resolution, tap->terminal && !tap->concluding ? screen_size : whole, &table);
    if (tap->terminal && tap->drawn_lines >= size.ws_row) {
        text_printf(&screen, "\033[H\033[2J");
    } else if (tap->terminal && tap->drawn_lines > 0) {
        text_printf(&screen, "\033[%uA\r", tap->drawn_lines);
    }
    unsigned lines = 0;
    if (tap->terminal && tap->last_reason[0] != '\0') {
        text_printf(&table, "no session: %s\n", tap->last_reason);
    }
    for (char *rest = table.bytes, *line; (line = strsep(&rest, "\n")) != NULL && rest != NULL; lines++) {
        text_printf(&screen, "%s%s\n", line, tap->terminal ? "\033[K" : "");
    }
    if (tap->terminal) {
        text_printf(&screen, "\033[J");
    }
    fwrite(screen.bytes, 1, screen.length, stdout);
    fflush(stdout);
    tap->drawn_lines = lines;
    tap->drawn_ms = monotonic_ms();
    tap->changed = false;
    text_free(&table);
    text_free(&screen);
}

/* Lines about the session; under a live table they would break it. */
static void remark(const struct tap *tap, const char *text, const char *detail)
{
    if (!(tap->show == SHOW_TABLE && tap->terminal)) {
        fprintf(stderr, "earshot tap: %s%s\n", text, detail);
    }
}

static void take(void *context, const char *topic, const uint8_t *bytes, size_t length)
{
    struct tap *tap = context;
    static struct tap_arrival arrival;
    struct text text = {0};

    if (!tap_store_take(&tap->store, topic, bytes, length, &arrival, &text)) {
        if (text.length > 0) {
            remark(tap, "", text.bytes);
        }
    } else if (tap->show == SHOW_TABLE) {
        tap->changed = true;
    } else if (tap->show != SHOW_NOTHING) {
        if (tap->show == SHOW_JSON) {
            tap_to_json(&arrival, &text);
        } else {
            tap_to_line(&arrival, &text);
        }
        puts(text.bytes);
        fflush(stdout);
    }
    text_free(&text);
}

static void on_message(void *context, const struct ear_mqtt_message *message)
{
    struct tap *tap = context;

    if (tap->record != NULL) {
        tap_record(tap->record, message->topic, message->bytes, message->length);
    }
    take(tap, message->topic, message->bytes, message->length);
}

static void on_connected(void *context)
{
    struct tap *tap = context;

    if (ear_mqtt_subscribe(tap->session, tap->topic) != 0) {
        die("cannot subscribe to %s", tap->topic);
    }
    tap->last_reason[0] = '\0';
    tap->connected = true;
    remark(tap, "subscribed to ", tap->topic);
}

static void on_lost(void *context, const char *reason)
{
    struct tap *tap = context;

    if (strcmp(tap->last_reason, reason) != 0) {
        remark(tap, "no session: ", reason);
        snprintf(tap->last_reason, sizeof tap->last_reason, "%s", reason);
    }
    tap->retry_at_ms = monotonic_ms() + RETRY_MS;
}

static int shorter(int a, int64_t b)
{
    return a < 0 || b < a ? (int)(b > 0 ? b : 0) : a;
}

/* Until something happens or is due. */
static void wait_for_more(struct tap *tap)
{
    struct pollfd fd = {.fd = ear_mqtt_fd(tap->session), .events = POLLIN};
    int timeout_ms = shorter(ear_mqtt_timeout_ms(tap->session), CHECK_MS);

    if (tap->retry_at_ms > 0) {
        timeout_ms = shorter(timeout_ms, tap->retry_at_ms - monotonic_ms());
    }
    poll(&fd, 1, timeout_ms);
    ear_mqtt_run(tap->session);
    if (tap->retry_at_ms > 0 && monotonic_ms() >= tap->retry_at_ms && ear_mqtt_connect(tap->session, NULL) == 0) {
        tap->retry_at_ms = 0;
    }
}

static bool is_equal(struct tap *tap)
{
    struct text differences = {0};

    if (tap->expect == NULL || monotonic_ms() - tap->checked_ms < CHECK_MS) {
        return false;
    }
    tap->checked_ms = monotonic_ms();
    const bool equal = tap_is_as_expected(&tap->store, tap->resolution, tap->expect, &differences);
    text_free(&differences);
    return equal;
}

static bool is_done(struct tap *tap, int64_t begun_ms)
{
    return stopped || is_equal(tap) || (tap->until_count > 0 && tap->store.summaries >= tap->until_count) ||
           (tap->timeout_ms > 0 && monotonic_ms() - begun_ms >= tap->timeout_ms);
}

void tap_play_record(struct tap *tap)
{
    tap_read_frames(tap->file, take, tap);
}

void tap_listen(struct tap *tap)
{
    const struct ear_mqtt_handler handler = {
        .connected = on_connected, .lost = on_lost, .message = on_message, .context = tap};
    char reason[EAR_MQTT_REASON_BYTES];
    const int64_t begun_ms = monotonic_ms();

    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    tap->session = ear_mqtt_open(&tap->mqtt, &handler, reason);
    if (tap->session == NULL) {
        die("%s", reason);
    }
    tap->retry_at_ms = begun_ms;
    while (!is_done(tap, begun_ms)) {
        wait_for_more(tap);
        const int64_t since_ms = monotonic_ms() - tap->drawn_ms;
        if (tap->show == SHOW_TABLE && tap->terminal && since_ms >= (tap->changed ? REDRAW_MS : 2 * REDRAW_MS)) {
            draw_table(tap);
        }
    }
    ear_mqtt_disconnect(tap->session);
    ear_mqtt_close(tap->session);
}

int tap_conclude(struct tap *tap)
{
    struct text differences = {0};
    int status = 0;

    if (tap->show == SHOW_TABLE) {
        tap->concluding = true;
        draw_table(tap);
    }
    if (tap->file == NULL && !tap->connected) {
        fprintf(stderr, "earshot tap: there never was a session%s%s\n", tap->last_reason[0] != '\0' ? ": " : "",
                tap->last_reason);
        status = EARSHOT_FAILED;
    } else if (tap->expect != NULL && !tap_is_as_expected(&tap->store, tap->resolution, tap->expect, &differences)) {
        fprintf(stderr, "earshot tap: not as expected:\n%s", differences.bytes);
        status = EARSHOT_FAILED;
    } else if (tap->until_count > 0 && tap->store.summaries < tap->until_count) {
        fprintf(stderr, "earshot tap: %llu of %llu summaries arrived\n", (unsigned long long)tap->store.summaries,
                (unsigned long long)tap->until_count);
        status = EARSHOT_FAILED;
    }
    text_free(&differences);
    return status;
}
