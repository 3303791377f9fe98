/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/ear_state.c - opening the partitions. */
#include "platform/linux/ear_state.h"

#include "core/store/ear_record_log.h"
#include "core/store/ear_snapshot.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR_BYTES (EAR_SUMMARY_BYTES <= 4000 ? 4096u : 16384u)
static_assert(EAR_SUMMARY_BYTES + EAR_RECORD_LOG_SECTOR_OVERHEAD + EAR_RECORD_LOG_RECORD_OVERHEAD + 16 <= SECTOR_BYTES,
              "a sector holds the greatest summary");
#define PATH_BYTES 192
#define PACK_SLOTS (2u * EAR_PACKS + 1u) /* core/store/ear_pack_store.h */

static void say(const struct ear_log *log, enum ear_log_level level, const char *message, const char *detail)
{
    log->line(log->context, level, message, detail, 0);
}

void ear_state_init(struct ear_state *state)
{
    state->outbox.fd = -1;
    state->snapshot.fd = -1;
    state->packs.fd = -1;
}

static enum ear_err open_partition(struct ear_storage_file *file, const char *path, uint32_t sector_count,
                                   const struct ear_log *log)
{
    int err = ear_storage_file_open(file, path, SECTOR_BYTES, sector_count);
    if (err != EAR_OK) {
        file->fd = -1;
        say(log, EAR_LOG_ERROR, path, err == EAR_ERR_BUSY ? "another earshotd works here" : strerror(errno));
    } else if (file->set_aside) {
        say(log, EAR_LOG_WARNING, "a damaged file was set aside as .bad", path);
    }
    return (enum ear_err)err;
}

static uint32_t snapshot_sectors(uint32_t memory_bytes)
{
    struct ear_storage partition = {.sector_bytes = SECTOR_BYTES, .sector_count = 2};
    while (ear_snapshot_capacity(&partition) < memory_bytes) {
        partition.sector_count += 2;
    }
    return partition.sector_count;
}

/** A snapshot of a build with less memory lies in a file that is too small; what it holds could not be read anyway. */
static enum ear_err open_snapshot(struct ear_state *state, const char *path, uint32_t memory_bytes,
                                  const struct ear_log *log)
{
    enum ear_err err = open_partition(&state->snapshot, path, snapshot_sectors(memory_bytes), log);
    if (err != EAR_OK || ear_snapshot_capacity(&state->snapshot.port) >= memory_bytes) {
        return err;
    }
    ear_storage_file_close(&state->snapshot);
    state->snapshot.fd = -1;
    say(log, EAR_LOG_WARNING, "the snapshot is of a smaller build; it is made anew", path);
    if (unlink(path) != 0) {
        say(log, EAR_LOG_ERROR, path, strerror(errno));
        return EAR_ERR_IO;
    }
    return open_partition(&state->snapshot, path, snapshot_sectors(memory_bytes), log);
}

/** A file of packs whose slots a build with other places laid out holds nothing that this one can find. It is kept
 * beside, since the counters in it are gone with it. */
static enum ear_err set_packs_aside(struct ear_state *state, const char *path, const struct ear_log *log)
{
    char aside[PATH_BYTES + 4];
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

/** A device that no pack can come to has no room for them, unless some came before. */
static enum ear_err open_packs(struct ear_state *state, const char *path, uint32_t slot_kib, const struct ear_log *log)
{
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
        return EAR_ERR_IO;
    }
    return err;
}

enum ear_err ear_state_open(struct ear_state *state, const char *directory, const struct ear_state_sizes *sizes,
                            const struct ear_log *log)
{
    char path[PATH_BYTES];
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        say(log, EAR_LOG_ERROR, directory, strerror(errno));
        return EAR_ERR_IO;
    }
    snprintf(path, sizeof path, "%s/outbox", directory);
    enum ear_err err = open_partition(&state->outbox, path, sizes->outbox_kib * 1024u / SECTOR_BYTES, log);
    if (err != EAR_OK) {
        return err;
    }
    snprintf(path, sizeof path, "%s/snapshot", directory);
    err = open_snapshot(state, path, sizes->memory_bytes, log);
    if (err != EAR_OK) {
        return err;
    }
    snprintf(path, sizeof path, "%s/packs", directory);
    return open_packs(state, path, sizes->pack_slot_kib, log);
}

void ear_state_close(struct ear_state *state)
{
    if (state->outbox.fd >= 0) {
        ear_storage_file_close(&state->outbox);
    }
    if (state->snapshot.fd >= 0) {
        ear_storage_file_close(&state->snapshot);
    }
    if (state->packs.fd >= 0) {
        ear_storage_file_close(&state->packs);
    }
}
