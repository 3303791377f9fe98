/* SPDX-License-Identifier: Apache-2.0 */
/* core/note/ear_distinct.c - a register of 2^p holds, of all prefixes whose upper p bits are its index, the greatest
 * number of zeros that lead the remaining bits, plus one; 0 if there was none. With 2^(p-d) registers the index loses
 * its d lowest bits to the rest: so registers fold without loss, and merging is the maximum of each. */
#include "core/note/ear_distinct.h"

#include <assert.h>
#include <string.h>

#include "core/note/ear_distinct_words.h"

static_assert(EAR_DISTINCT_WORDS(EAR_DISTINCT_P_MAX) <= EAR_DISTINCT_WORDS_MAX,
              "the largest sketch holds its registers");

/* The greatest p whose registers fit. */
static inline unsigned best_p(unsigned word_count)
{
    unsigned p = EAR_DISTINCT_P_MAX;
    while (EAR_DISTINCT_WORDS(p) > word_count) {
        p--;
    }
    return p;
}

static inline unsigned leading_zeros(uint32_t bits)
{
    return (unsigned)__builtin_clz(bits);
}

/* The value that a prefix asks of its register: the bit set behind the last ends the run of zeros. */
static inline unsigned rank_of(uint32_t prefix, unsigned p)
{
    return leading_zeros(prefix << p | UINT32_C(1) << (p - 1)) + 1;
}

/* --- while exact: a hash table whose probes are in order (P. Celis 1986, "Robin Hood hashing"). A prefix's home is its
 * share of the slots, so all lie in ascending order, but for some of the last that wrap around to the first slots; and
 * where each lies depends on which are there, not on which came first. All slots may be in use. --- */

static inline unsigned home_of(uint32_t prefix, unsigned slots)
{
    return (unsigned)((uint64_t)prefix * slots >> 32);
}

/* Whether what lies in a slot comes from the end of the table. */
static inline bool is_wrapped(const uint32_t *ids, unsigned slots, unsigned at)
{
    return ids[at] != 0 && home_of(ids[at], slots) > at;
}

/* Where a prefix lies, or would. */
static unsigned place_of(const uint32_t *ids, unsigned slots, uint32_t prefix)
{
    unsigned at = home_of(prefix, slots);
    while (is_wrapped(ids, slots, at)) {
        at++;
    }
    while (at < slots && ids[at] - 1 < prefix - 1) { /* 0 - 1 is not below anything */
        at++;
    }
    if (at == slots) {
        at = 0;
        while (is_wrapped(ids, slots, at) && ids[at] < prefix) {
            at++;
        }
    }
    return at;
}

/* Put a prefix where `at` is, and everything from there to the next free slot one further. */
static void insert(uint32_t *ids, unsigned slots, unsigned at, uint32_t prefix)
{
    while (prefix != 0) {
        const uint32_t next = ids[at];
        ids[at] = prefix;
        prefix = next;
        at = at + 1 == slots ? 0 : at + 1;
    }
}

/* From prefixes to registers, in the same words: meanwhile each is its register's index and value. */
static void become_registers(uint32_t *words, unsigned word_count, unsigned p)
{
    uint16_t marks[EAR_DISTINCT_EXACT_MAX];
    unsigned count = 0;

    for (unsigned i = 1; i < word_count; i++) {
        if (words[i] != 0) {
            marks[count++] = (uint16_t)(words[i] >> (32 - p) << 5 | rank_of(words[i], p));
        }
    }
    memset(words, 0, word_count * sizeof(*words));
    words[0] = (uint32_t)p << 16;
    for (unsigned i = 0; i < count; i++) {
        (void)ear_distinct_raise(words, marks[i] >> 5, marks[i] & 31u);
    }
}

static bool add_exact(uint32_t *words, unsigned word_count, uint32_t prefix)
{
    uint32_t *ids = &words[1];
    const unsigned slots = word_count - 1;
    const unsigned at = place_of(ids, slots, prefix);

    if (ids[at] == prefix) {
        return false;
    }
    if (ear_distinct_ids(words) == slots) {
        const unsigned p = best_p(word_count);
        become_registers(words, word_count, p);
        (void)ear_distinct_raise(words, prefix >> (32 - p), rank_of(prefix, p));
        return true;
    }
    insert(ids, slots, at, prefix);
    words[0]++;
    return true;
}

uint32_t ear_distinct_next_prefix(const uint32_t *words, unsigned word_count, unsigned *slot)
{
    const unsigned slots = word_count - 1;
    while (*slot < 2 * slots) {
        const unsigned at = *slot % slots;
        const bool wrapped = is_wrapped(&words[1], slots, at);
        const bool second_round = (*slot)++ >= slots;
        if (words[1 + at] != 0 && wrapped == second_round) {
            return words[1 + at];
        }
    }
    return 0;
}

/* --- both --- */

bool ear_distinct_add_prefix(uint32_t *words, unsigned word_count, uint32_t prefix)
{
    const unsigned p = ear_distinct_p(words);
    if (p == 0) {
        return add_exact(words, word_count, prefix);
    }
    return ear_distinct_raise(words, prefix >> (32 - p), rank_of(prefix, p));
}

bool ear_distinct_add(uint32_t *words, unsigned word_count, uint64_t hash)
{
    assert(word_count >= EAR_DISTINCT_WORDS(EAR_DISTINCT_P_MIN) && word_count <= EAR_DISTINCT_WORDS_MAX);
    const uint32_t prefix = (uint32_t)(hash >> 32);
    return ear_distinct_add_prefix(words, word_count, prefix != 0 ? prefix : 1); /* a slot of 0 is free */
}

/* What a register of 2^(p+d) asks of the one it folds into: its index's d lowest bits come before its own zeros. */
static inline unsigned folded(unsigned index, unsigned value, unsigned d)
{
    const uint32_t low = index & ((1u << d) - 1u);
    return low == 0 ? value + d : leading_zeros(low) - (32u - d) + 1u;
}

void ear_distinct_raise_folded(uint32_t *words, unsigned p, unsigned index, unsigned value)
{
    const unsigned d = p - ear_distinct_p(words);
    if (value > 0) {
        (void)ear_distinct_raise(words, index >> d, folded(index, value, d));
    }
}

void ear_distinct_coarsen(uint32_t *words, unsigned word_count, unsigned p)
{
    const unsigned fine = ear_distinct_p(words);
    if (fine == 0) {
        const unsigned best = best_p(word_count);
        become_registers(words, word_count, p < best ? p : best);
    } else if (fine > p) {
        /* In place: what a coarse register overwrites was read before. */
        words[0] = (uint32_t)p << 16;
        for (unsigned index = 0; index < 1u << fine; index++) {
            const unsigned value = ear_distinct_register(words, index);
            words[1 + index / 6] &= ~(UINT32_C(31) << index % 6 * 5);
            ear_distinct_raise_folded(words, fine, index, value);
        }
    }
}

void ear_distinct_merge(uint32_t *words, unsigned word_count, const uint32_t *other, unsigned other_count)
{
    const unsigned p = ear_distinct_p(other);

    assert(word_count >= EAR_DISTINCT_WORDS(EAR_DISTINCT_P_MIN) && word_count <= EAR_DISTINCT_WORDS_MAX);
    assert(other_count <= EAR_DISTINCT_WORDS_MAX && (p == 0 || EAR_DISTINCT_WORDS(p) <= other_count));
    if (p == 0) {
        for (unsigned i = 1; ear_distinct_ids(other) > 0 && i < other_count; i++) {
            if (other[i] != 0) {
                (void)ear_distinct_add_prefix(words, word_count, other[i]);
            }
        }
        return;
    }
    ear_distinct_coarsen(words, word_count, p);
    for (unsigned index = 0; index < 1u << p; index++) {
        ear_distinct_raise_folded(words, p, index, ear_distinct_register(other, index));
    }
}

bool ear_distinct_is_empty(const uint32_t *words)
{
    return words[0] == 0;
}

bool ear_distinct_is_exact(const uint32_t *words)
{
    return ear_distinct_p(words) == 0;
}

/* --- estimate --- */

/* m * sigma(empty / m) with 40 bits of fraction, of O. Ertl 2017, "New cardinality estimation algorithms for
 * HyperLogLog sketches", (10): sigma(x) = x + sum over k >= 1 of x^(2^k) * 2^(k-1). For empty < m <= 1024 it stays
 * below 2^60. */
static uint64_t empty_term(uint32_t empty, unsigned p)
{
    uint64_t x = (uint64_t)empty << (32 - p); /* 32 bits of fraction, as sigma; x < 1 */
    uint64_t sigma = x;
    for (uint64_t weight = 1; x != 0; weight *= 2) {
        x = x * x >> 32;
        sigma += x * weight;
    }
    return sigma << p << 8;
}

/* alpha * m^2 with 40 bits of fraction: alpha = 0.7213475 / (1 + 1.079 / m) (Flajolet et al. 2007, figure 3), which
 * mends the bias of few registers. */
static inline uint64_t numerator(unsigned p)
{
    const uint64_t m = UINT64_C(1) << p;
    const uint64_t alpha = UINT64_C(793129986396) * 1000 / (1000 * m + 1079); /* over m, 40 bits of fraction */
    return alpha * m * m * m;
}

/* Ertl's improved estimator, which needs no other for small numbers: alpha * m^2 over the sum of 2^-register, with what
 * registers that are empty, or full, are expected to hide. A full one hides a third (tau of his (13), for few of them).
 */
static uint64_t raw_estimate(const uint32_t *words, unsigned p)
{
    uint32_t registers[32] = {0}; /* of each value */
    const unsigned full = EAR_DISTINCT_REGISTER_MAX(p);

    for (unsigned index = 0; index < 1u << p; index++) {
        registers[ear_distinct_register(words, index)]++;
    }
    uint64_t sum = empty_term(registers[0], p);
    for (unsigned value = 1; value < full; value++) {
        sum += (uint64_t)registers[value] << (40 - value);
    }
    sum += ((uint64_t)registers[full] << (40 - (full - 1))) / 3;
    assert(sum > 0);
    return (numerator(p) + sum / 2) / sum;
}

uint32_t ear_distinct_estimate(const uint32_t *words)
{
    const unsigned p = ear_distinct_p(words);
    if (p == 0) {
        return ear_distinct_ids(words);
    }
    uint64_t n = raw_estimate(words, p);
    n = n < UINT32_MAX / 4 ? n : UINT32_MAX / 4;
    return (uint32_t)(n + (n * n >> 33)); /* ids that share their 32 bits: -2^32 ln(1 - n / 2^32), to the second term */
}

unsigned ear_distinct_error_permille(const uint32_t *words)
{
    static const uint8_t permille[] = {130, 92, 65, 46, 33};
    const unsigned p = ear_distinct_p(words);
    return p == 0 ? 0 : permille[p - EAR_DISTINCT_P_MIN];
}
