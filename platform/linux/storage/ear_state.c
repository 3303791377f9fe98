/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/storage/ear_state.c - opening the partitions, and giving them another size. */
#include "platform/linux/storage/ear_state.h"

#include "core/ear_agent.h"
#include "core/store/ear_journal_move.h"
#include "core/store/ear_record_log.h"
#include "platform/linux/storage/ear_state_convert.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR_BYTES (EAR_SUMMARY_BYTES <= 4000 ? 4096u : 16384u)
static_assert(EAR_SUMMARY_BYTES + EAR_RECORD_LOG_SECTOR_OVERHEAD + EAR_RECORD_LOG_RECORD_OVERHEAD + 16 <= SECTOR_BYTES,
              "a sector holds the greatest summary");
#define PACK_SLOTS (2u * EAR_PACKS + 1u) /* core/store/ear_pack_store.h */

static void say(const struct ear_log *log, enum ear_log_level level, const char *message, const char *detail)
{
    log->line(log->context, level, message, detail, 0);
}

void ear_state_init(struct ear_state *state)
{
    *state = (struct ear_state){.outbox = {.fd = -1}, .state = {.fd = -1}, .packs = {.fd = -1}};
}

static enum ear_err open_partition(struct ear_storage_file *file, const char *path, uint32_t sector_count,
                                   const struct ear_log *log)
{
    const enum ear_err err = (enum ear_err)ear_storage_file_open(file, path, SECTOR_BYTES, sector_count, log);
    if (err == EAR_OK && file->set_aside) {
        say(log, EAR_LOG_WARNING, "a damaged file was set aside as .bad", path);
    } else if (err != EAR_OK) {
        const char *why = err == EAR_ERR_BUSY ? "another earshotd works here" : strerror(errno);
        char text[EAR_STATE_PATH_BYTES + 128];
        snprintf(text, sizeof text, "%s: %s", path, why);
        say(log, EAR_LOG_ERROR, "the storage cannot be opened", text);
    }
    return err;
}

/* A build with longer summaries has longer sectors. Its log would look empty, and be written over. The first header of
 * a sector that is found says how long they are (ear_record_format.h). */
static bool is_of_our_sectors(const struct ear_storage *port)
{
    for (uint32_t at = 0; at < port->sector_bytes * port->sector_count; at += EAR_STORAGE_SECTOR_MIN) {
        uint8_t bytes[32];
        if (port->ops->read(port->context, at, bytes, sizeof bytes) == EAR_OK && memcmp(bytes + 4, "EARL", 4) == 0) {
            return bytes[24] < 32 && 1u << bytes[24] == port->sector_bytes;
        }
    }
    return true;
}

static enum ear_err set_aside(struct ear_storage_file *file, const char *path, uint32_t sector_count,
                              const struct ear_log *log)
{
    char aside[EAR_STATE_PATH_BYTES + 8];
    snprintf(aside, sizeof aside, "%s.bad", path);
    ear_storage_file_close(file);
    say(log, EAR_LOG_WARNING, "a file of a build with other sectors cannot be carried over and was set aside", aside);
    return rename(path, aside) == 0 ? open_partition(file, path, sector_count, log) : EAR_ERR_IO;
}

/* A log in a file, of this size if it can be given it. */
static enum ear_err open_log(struct ear_storage_file *file, const char *path, uint32_t sector_count,
                             ear_state_append *append, uint8_t sync, const struct ear_log *log)
{
    const bool may_shrink = append == ear_state_append_message; /* a smaller journal might not hold its checkpoints */
    enum ear_err err = open_partition(file, path, sector_count, log);
    if (err == EAR_OK && !file->created && !is_of_our_sectors(&file->port)) {
        err = set_aside(file, path, sector_count, log);
    }
    if (err == EAR_OK && file->port.sector_count != sector_count &&
        (may_shrink || file->port.sector_count < sector_count)) {
        err = ear_state_convert(file, path, SECTOR_BYTES, sector_count, append, log);
    }
    file->sync = sync;
    return err;
}

/* Without it the device tells what it holds in memory, which is worth more than nothing. */
static enum ear_err open_outbox(struct ear_state *state, uint32_t sector_count, uint8_t sync, const struct ear_log *log)
{
    const enum ear_err err =
        open_log(&state->outbox, state->outbox_path, sector_count, ear_state_append_message, sync, log);
    if (err == EAR_OK || err == EAR_ERR_BUSY) {
        return err;
    }
    ear_storage_file_refuse(&state->outbox, SECTOR_BYTES, sector_count);
    state->outbox_refused = true;
    return EAR_OK;
}

/* A file of packs whose slots a build with other places laid out holds nothing that this one can find. It is kept
 * beside, since the counters in it are gone with it. */
static enum ear_err set_packs_aside(struct ear_state *state, const char *path, const struct ear_log *log)
{
    char aside[EAR_STATE_PATH_BYTES + 8];
    snprintf(aside, sizeof aside, "%s.bad", path);
    ear_storage_file_close(&state->packs);
    state->packs.fd = -1;
    if (rename(path, aside) != 0) {
        say(log, EAR_LOG_ERROR, path, strerror(errno));
        return EAR_ERR_IO;
    }
    say(log, EAR_LOG_WARNING, "packs of another build's layout were set aside as .bad; install them again", path);
    return EAR_OK;
}

/* A device that no pack can come to has no room for them, unless some came before. */
static enum ear_err open_packs(struct ear_state *state, uint32_t slot_kib, const struct ear_log *log)
{
    const char *path = state->packs_path;
    const uint32_t slot_sectors = (slot_kib * 1024u + SECTOR_BYTES - 1) / SECTOR_BYTES;
    const uint32_t sectors = PACK_SLOTS * (slot_sectors > 0 ? slot_sectors : 1u);
    if (slot_kib == 0 && access(path, F_OK) != 0) {
        return EAR_OK;
    }
    enum ear_err err = open_partition(&state->packs, path, sectors, log);
    if (err == EAR_OK && state->packs.port.sector_count % PACK_SLOTS != 0) {
        err = set_packs_aside(state, path, log);
        if (err != EAR_OK || slot_kib == 0) {
            return err;
        }
        err = open_partition(&state->packs, path, sectors, log);
    }
    if (err == EAR_OK && ear_storage_file_map(&state->packs) != EAR_OK) {
        say(log, EAR_LOG_ERROR, path, strerror(errno));
        ear_storage_file_close(&state->packs);
    }
    if (err != EAR_OK) {
        state->packs = (struct ear_storage_file){.fd = -1};
    }
    return err == EAR_ERR_BUSY ? err : EAR_OK;
}

static void open_directory(const char *directory, const struct ear_log *log)
{
    struct stat about;
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        say(log, EAR_LOG_ERROR, directory, strerror(errno));
    } else if (stat(directory, &about) == 0 && (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        say(log, EAR_LOG_WARNING, "others can write to the state directory", directory);
    }
}

enum ear_err ear_state_open(struct ear_state *state, const char *directory, const struct ear_state_sizes *sizes,
                            const struct ear_log *log)
{
    const uint32_t state_bytes = ear_agent_state_room(sizes->journal_kib * 1024u, SECTOR_BYTES);
    open_directory(directory, log);
    snprintf(state->outbox_path, sizeof state->outbox_path, "%s/outbox", directory);
    snprintf(state->state_path, sizeof state->state_path, "%s/state", directory);
    snprintf(state->packs_path, sizeof state->packs_path, "%s/packs", directory);
    enum ear_err err = open_log(&state->state, state->state_path, state_bytes / SECTOR_BYTES, ear_journal_move_record,
                                sizes->sync, log);
    if (err == EAR_OK) {
        err = open_outbox(state, sizes->outbox_kib * 1024u / SECTOR_BYTES, sizes->sync, log);
    }
    return err == EAR_OK ? open_packs(state, sizes->pack_slot_kib, log) : err;
}

bool ear_state_could_open_outbox(const struct ear_state *state)
{
    const struct ear_storage *port = &state->outbox.port;
    struct ear_storage_file trial;
    const int err = ear_storage_file_open(&trial, state->outbox_path, port->sector_bytes, port->sector_count, NULL);
    if (err == EAR_OK) {
        ear_storage_file_close(&trial);
    }
    return err == EAR_OK;
}

void ear_state_close(struct ear_state *state)
{
    ear_storage_file_close(&state->outbox);
    ear_storage_file_close(&state->state);
    ear_storage_file_close(&state->packs);
}
