/* SPDX-License-Identifier: Apache-2.0 */
/* An END says where its BEGIN is; everything else stands by itself. */
#include "core/store/ear_journal_move.h"

#include "core/base/ear_le.h"
#include "core/store/ear_journal_record.h"

int ear_journal_move_record(struct ear_record_log *to, uint8_t type, uint8_t *bytes, uint16_t length, uint64_t *begin)
{
    if (type == EAR_JOURNAL_END && length >= EAR_JOURNAL_END_BEGIN + 8u) {
        ear_le32_put(bytes + EAR_JOURNAL_END_BEGIN, (uint32_t)*begin);
        ear_le32_put(bytes + EAR_JOURNAL_END_BEGIN + 4, (uint32_t)(*begin >> 32));
    }
    const int err = ear_record_log_append(to, type, bytes, length);
    if (err == EAR_OK && type == EAR_JOURNAL_BEGIN) {
        *begin = ear_record_log_last(to, length);
    }
    return err;
}
