/* SPDX-License-Identifier: Apache-2.0 */
/* core/ear_agent.h - the agent whole: hear, judge, note, tell. One task; no function here blocks.
 *
 * How a platform drives it: ear_agent_init once; whenever it wakes, ear_agent_tick first and then ear_agent_hear for
 * each event that came in; sleep no longer than tick said. For the agent time stands still between two ticks. What the
 * transport reports goes to ear_uplink_on_...(&agent->uplink). At the end ear_agent_stop, and ticks until it is down.
 */
#ifndef EAR_AGENT_H
#define EAR_AGENT_H

#include "core/base/ear_base.h"
#include "core/base/ear_funnel.h"
#include "core/base/ear_hash.h"
#include "core/base/ear_settings.h"
#include "core/base/ear_tz.h"
#include "core/hear/ear_conversations.h"
#include "core/hear/ear_event.h"
#include "core/hear/ear_seen.h"
#include "core/judge/ear_host.h"
#include "core/judge/ear_text.h"
#include "core/model/ear_engine.h"
#include "core/note/ear_duty.h"
#include "core/note/ear_label.h"
#include "core/note/ear_membership.h"
#include "core/note/ear_note.h"
#include "core/note/ear_record.h"
#include "core/note/ear_sales.h"
#include "core/note/ear_slice.h"
#include "core/port/ear_clock.h"
#include "core/port/ear_delivery.h"
#include "core/port/ear_entropy.h"
#include "core/port/ear_log.h"
#include "core/port/ear_signature.h"
#include "core/port/ear_storage.h"
#include "core/port/ear_transport.h"
#include "core/store/ear_journal.h"
#include "core/store/ear_pack_store.h"
#include "core/tell/ear_delivery_request.h"
#include "core/tell/ear_outbox.h"
#include "core/tell/ear_query.h"
#include "core/tell/ear_status.h"
#include "core/tell/ear_summary.h"
#include "core/tell/ear_uplink.h"

/** What the platform gives. Everything pointed to lives as long as the agent. */
struct ear_agent_config {
    const struct ear_settings *settings; /* may change between two calls; what is marked RESTART is read by init only */
    struct ear_clock clock;
    struct ear_entropy entropy;
    struct ear_log log;
    struct ear_transport transport;
    struct ear_storage outbox; /* for summaries that must outlive their window; ops NULL: they are lost, and counted */
    struct ear_storage
        state; /* journal and checkpoints of the agent's memory; ops NULL: it starts from nothing each time */
    struct ear_storage packs;                 /* for packs that come to the running device; ops NULL: none can */
    struct ear_signature signature;           /* under whose keys they may come */
    struct ear_delivery_port image;           /* firmware images that come in pieces */
    struct ear_delivery_port plugin;          /* native plugins, likewise */
    const struct ear_pack_image *pack_images; /* packs that are part of the program */
    size_t pack_image_count;
    const struct ear_plugin *const *plugins;
    size_t plugin_count;
    /** Add plugins of the platform's own to the host, as EAR_RANK_NATIVE, in the same order each time: what they
     * remember of conversations lasts over a restart. NULL: there are none. */
    void (*add_plugins)(void *context, struct ear_host *host);
    void *add_context;
    /** Put in the numbers that only the platform knows, when a status is made. NULL: there are none. */
    void (*add_health)(void *context, struct ear_health *health);
    void *health_context;
    const char *version; /* of the firmware or program */
    /** The number of this start, 1 to 2^24 - 1, of a device that has neither state nor outbox: drawn at random, so that
     * what it counts is added at the server to what it told before. 0: it is the first. */
    uint32_t boot;
};

/** Counted since the start; each stops at its highest value. The rest of the health numbers is kept where it arises. */
struct ear_agent_counts {
    uint32_t accepted;
    uint32_t again;                  /* seen lately: acknowledged, not counted */
    uint32_t refused[EAR_ERR_COUNT]; /* by -err */
    uint32_t late;                   /* facts whose hour had left the ring */
    uint32_t early;                  /* from the future: counted as now */
    uint32_t evicted;                /* open conversations closed early for want of room */
    uint32_t labels_dropped;         /* topics, tags and procedures that a conversation had no room for */
    uint32_t texts_cut;              /* longer than EAR_TEXT_BYTES, or of more than EAR_TOKENS tokens */
    uint32_t produced;               /* summaries encoded, a new state each */
    uint32_t acked;
    uint32_t superseded;  /* by a newer state before they were acknowledged */
    uint32_t save_failed; /* checkpoints that could not be made */
};

#define EAR_USER_WORDS (EAR_USER_BITS / 32)

/** Bytes that the storage of config.state needs, with entry_bytes of what is heard between two checkpoints. */
uint32_t ear_agent_state_room(uint32_t entry_bytes, uint32_t sector_bytes);

/** All that must outlive a restart. No pointers. What stands by itself comes first, a section each: a build that lays
 * out the rest in another way can go on with it. */
struct ear_memory {
    struct ear_hash_key key;        /* of ids */
    int64_t time_ms;                /* when this was saved: where a start without a clock goes on */
    uint32_t boot;                  /* that saved this */
    struct ear_seen seen;           /* ids of events */
    struct ear_seen interactions;   /* who had one in which window */
    uint32_t users[EAR_USER_WORDS]; /* who was ever seen: ear_membership.h */
    uint32_t plugins_fingerprint;   /* from here on one section: whose state the conversations hold */
    uint32_t life;                  /* of the counters, in the key of all windows; 0: it is yet to be named */
    uint64_t outbox_end;            /* messages of the outbox before this position were put before this was saved */
    uint16_t funnel_labels[EAR_FUNNELS]; /* the views' names */
    struct ear_note note;
    struct ear_slices slices;
    struct ear_labels labels;
    struct ear_conversations conversations;
    struct ear_sales sales;
    struct ear_duty duty;
    struct ear_records records;
};

/** The sections, as health numbers and the log name them. */
enum ear_memory_section {
    EAR_MEMORY_IDENTITY,
    EAR_MEMORY_SEEN,
    EAR_MEMORY_INTERACTIONS,
    EAR_MEMORY_USERS,
    EAR_MEMORY_COUNTERS,
    EAR_MEMORY_SECTIONS
};

#define EAR_QUERIES 2 /* requests that wait for their turn; more are refused as busy */

/** A request that came over MQTT. */
struct ear_query_waiting {
    uint16_t length; /* above EAR_QUERY_BYTES: too long, bytes mean nothing */
    uint8_t bytes[EAR_QUERY_BYTES];
};

/** Questions about single conversations: those that wait, and what became of the others. */
struct ear_queries {
    uint32_t answered;
    uint32_t withheld; /* answers of these that left something out, by policy or because too few matched */
    uint32_t refused;  /* requests with a fault, or one too many at once */
    uint8_t count;
    bool purged; /* texts were forgotten that storage may still hold */
    struct ear_query_waiting waiting[EAR_QUERIES];
};

/** A pack quarantined this often, or in its first calls, is given up for the last good one; a rest between two. */
#define EAR_PACK_QUARANTINES 3
#define EAR_PACK_YOUNG_CALLS 1000
#define EAR_PACK_REST_MS 60000

/** A pack at work. */
struct ear_agent_pack {
    const uint8_t *payload; /* NULL: this entry is free */
    uint64_t released_ms;   /* monotonic: when its quarantine ends; 0: it is in none */
    uint8_t place;          /* in the store; EAR_PACKS: it is part of the image */
    uint8_t plugin;         /* in the host */
    bool given_up;          /* stays in quarantine: there is nothing to return to */
};

/** Packs: those at work, and those kept. */
struct ear_agent_packs {
    struct ear_pack_store store;
    struct ear_model_turn turn;
    struct ear_model models[EAR_PACKS]; /* of items, side by side */
    struct ear_agent_pack items[EAR_PACKS];
    uint8_t
        reasons[EAR_PACKS]; /* of the store's places: enum ear_pack_refusal, why the one in use there is not at work */
    char refused_name[24];  /* of the latest that was refused */
    struct ear_pack_fault refused_fault;
    uint32_t taken, refused, rolled_back;
};

/** What is coming in pieces, or came last. */
struct ear_deliveries {
    uint64_t day_ms; /* monotonic: since when begins are counted */
    uint32_t bytes;  /* of the whole; 0: none since the start */
    uint32_t taken;  /* whole ones that were put to use */
    uint32_t refused;
    uint8_t tag[8];
    uint8_t kind;  /* enum ear_delivery_kind */
    uint8_t state; /* enum ear_delivery_state */
    uint8_t begins;
};

/** What can be told about a pack. Texts are good until the next call of any function here. */
struct ear_agent_pack_info {
    const char *name;
    const char *version;    /* "" where it cannot be read */
    uint32_t counter;       /* security counter */
    uint32_t last_good;     /* counter of the one that a rollback returns to, with has_last_good */
    uint32_t calls, faults; /* since it is at work */
    uint16_t engine;        /* enum ear_engine_id; 0 where it is not at work, and so the next */
    uint8_t question;
    uint8_t refusal; /* enum ear_pack_refusal: why one that is kept is not at work */
    bool at_work;
    bool installed; /* came to the device; else it is part of the image */
    bool has_last_good;
    bool quarantined;
};

/** Room for the longest message: a summary or a status. */
#define EAR_AGENT_BYTES (EAR_SUMMARY_BYTES > EAR_STATUS_BYTES ? EAR_SUMMARY_BYTES : EAR_STATUS_BYTES)

/** Public only so that the platform can allocate it; read the counters, use the functions. */
struct ear_agent {
    const struct ear_agent_config *config;
    struct ear_tz tz;
    char zone[EAR_ENABLED(STORAGE) ? sizeof(((struct ear_settings *)0)->device_timezone) : 1]; /* its rule */
    int64_t now_ms; /* wall time, or below EAR_TIME_KNOWN_MS */
    uint64_t monotonic_ms;
    uint64_t started_ms; /* monotonic */
    int64_t base_ms;     /* now_ms - (monotonic_ms - started_ms), also when there is no clock any more */
    int64_t learnt_ms;   /* what the time is ahead of now_ms, as the journal is being told; 0: nothing is */
    uint32_t boot;
    uint32_t seq;        /* of the newest summary of this boot */
    uint8_t clock_state; /* enum ear_clock_state */
    bool stopping;
    bool stopped;
    bool behind;           /* the memory changed and the journal does not know: nothing is heard before a checkpoint */
    bool failing;          /* the last checkpoint could not be made */
    bool newborn;          /* the counters began anew at this start */
    uint8_t publishing;    /* resolutions of the sweep under way, EAR_RESOLUTION_BIT */
    uint16_t sweep_at;     /* next cell of it */
    uint16_t topic_length; /* of the part that all topics share */
    uint32_t swept_connects;                /* sessions that began with a sweep of everything */
    uint32_t stored_synced;                 /* outbox messages known to be durable */
    uint32_t stored_kept;                   /* those that follow from entries which are */
    uint32_t told_acked;                    /* counts.acked when it was last looked whether all is told */
    uint64_t published_ms[EAR_RESOLUTIONS]; /* monotonic: when last, as the next two */
    uint64_t status_ms;
    uint64_t saved_ms; /* a checkpoint was last made, or tried */
    struct ear_agent_counts counts;
    struct ear_memory memory;
    struct ear_funnel funnels[EAR_FUNNELS];
    struct ear_host host;
    struct ear_agent_packs packs;
    struct ear_journal journal;
    struct ear_outbox outbox;
    struct ear_uplink uplink;
    struct ear_deliveries deliveries;
    uint32_t not_carried[EAR_MEMORY_SECTIONS]; /* bytes of sections that this start found and could not use */
    struct ear_queries queries;
    struct ear_tokens tokens;           /* of the message being judged */
    char topic[EAR_TOPIC_BYTES];        /* of the message being sent */
    union {                             /* nothing is sent while a turn is judged */
        uint8_t bytes[EAR_AGENT_BYTES]; /* of that message */
        struct ear_features features;   /* of the turn, for models */
    };
};

/** What became of an event. */
struct ear_heard {
    struct ear_fault fault; /* err EAR_OK, or why it was refused */
    bool again;             /* accepted earlier; nothing counted */
};

/** Read the memory back from storage, open the outbox, check and load the plugins, replay what was heard since the
 * memory was last written as a whole. What cannot be carried over is logged and the agent starts without it.
 * EAR_ERR_CONFIG (a setting or port is missing, or the partition of config.state is too small), EAR_ERR_IO (entropy, or
 * storage that cannot be read now: nothing on it has changed, try again). */
EAR_MUST_USE enum ear_err ear_agent_init(struct ear_agent *agent, const struct ear_agent_config *config);

/** Look at the clocks, close idle conversations, publish what is due. Milliseconds until it wants to be called again.
 */
uint32_t ear_agent_tick(struct ear_agent *agent);

/** Take one decoded event: check, judge, count. False if it was refused: *heard says why, and nothing changed;
 * EAR_ERR_BUSY: there is no room for it before the next tick; EAR_ERR_IO: storage refuses what makes it last. Tell
 * whoever sent it that it was taken, or taken before, only after ear_agent_commit. */
bool ear_agent_hear(struct ear_agent *agent, const struct ear_event *event, struct ear_heard *heard);

/** Make all that was heard durable, events that came again included: many at once cost little more than one. EAR_OK:
 * those who sent them may be told so (also where there is no storage). EAR_ERR_IO: not yet; nothing is lost, try again.
 */
EAR_MUST_USE enum ear_err ear_agent_commit(struct ear_agent *agent);

/** Whether ear_agent_commit has something to do. */
bool ear_agent_is_uncommitted(const struct ear_agent *agent);

/** Count an event that a decoder refused. */
void ear_agent_refused(struct ear_agent *agent, const struct ear_fault *fault);

/** Publish all that changed, at once instead of when it is due. */
void ear_agent_flush(struct ear_agent *agent);

/** Make a checkpoint of the memory. EAR_OK, also where there is no storage for it; EAR_ERR_IO. */
enum ear_err ear_agent_save(struct ear_agent *agent);

/** Begin to stop: tell what can be told within deadline_ms, then disconnect. Tick on until ear_agent_stopped; what was
 * not acknowledged is then in the outbox and the memory in storage. */
void ear_agent_stop(struct ear_agent *agent, uint32_t deadline_ms);
bool ear_agent_stopped(const struct ear_agent *agent);

/** Where requests come in: subscribe to it at QoS 1 in each session. Good until the next call of any function here. */
const char *ear_agent_cmd_topic(struct ear_agent *agent);

/** A request came in on that topic, and was not a retained one. A question is answered on the topic `reply` by a tick,
 * a piece of a delivery at once. */
void ear_agent_on_cmd(struct ear_agent *agent, const uint8_t *bytes, size_t length);

/** The longest request. */
#define EAR_CMD_BYTES (EAR_DELIVERY_BYTES > EAR_QUERY_BYTES ? EAR_DELIVERY_BYTES : EAR_QUERY_BYTES)

/** Answer a request that came another way, from somebody at the device, at once: bytes written. capacity is at least
 * EAR_QUERY_PAGE_BYTES; what fits into it is the page. */
int32_t ear_agent_ask(struct ear_agent *agent, const uint8_t *request, size_t length, uint8_t *out, size_t capacity);

/** The same for one that was found faulty before it got here: the answer that says so, counted. */
int32_t ear_agent_refuse_request(struct ear_agent *agent, const struct ear_fault *fault, uint8_t *out, size_t capacity);

/** A pack is coming, in pieces of any size, from wherever: begin, then write in order, then finish. It is checked
 * whole, kept, and put to work in the place of the one of its name, without a restart; conversations go on. A cut of
 * power at any moment leaves the one before. False: *fault says why, and nothing changed; it is counted. `begin` gives
 * up what was coming. `write` of what was written already is fine: after a break, ask `coming` and go on from there, or
 * from any point before. `finish` of the very pack that is at work is fine and changes nothing. */
bool ear_agent_pack_begin(struct ear_agent *agent, const char *name, uint32_t bytes, struct ear_pack_fault *fault);
bool ear_agent_pack_write(struct ear_agent *agent, uint32_t offset, const void *bytes, uint32_t length,
                          struct ear_pack_fault *fault);
bool ear_agent_pack_finish(struct ear_agent *agent, struct ear_pack_fault *fault);

/** How far the pack that is coming has come: its name, or NULL if none is. */
const char *ear_agent_pack_coming(const struct ear_agent *agent, uint32_t *written, uint32_t *expected);

/** Return to the last good one, to that of the image, or to none. EAR_ERR_UNKNOWN: no pack of this name was installed;
 * EAR_ERR_EMPTY: none that was is in use; EAR_ERR_IO. The one given up can come back only with a higher counter. */
EAR_MUST_USE enum ear_err ear_agent_pack_roll_back(struct ear_agent *agent, const char *name);

/** Give up all that was installed under this name: the one of the image, if there is one, is at work again. Errors as
 * roll_back. */
EAR_MUST_USE enum ear_err ear_agent_pack_remove(struct ear_agent *agent, const char *name);

/** The packs that the device has, index from 0: false behind the last. */
bool ear_agent_pack_at(const struct ear_agent *agent, unsigned index, struct ear_agent_pack_info *info);

/** How the device is now; for `status` on any way out. */
void ear_agent_status(const struct ear_agent *agent, struct ear_status *status);

#endif
