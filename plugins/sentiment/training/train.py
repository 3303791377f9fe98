#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plugins/sentiment/training/train.py - learns the table of words and writes sentiment_words.h.

    plugins/sentiment/training/train.py [--data DIR] [--words N] [--out FILE]

DIR holds sentiment/<set>.train.tsv and .dev.tsv (label TAB text); it is looked for in $EARSHOT_SHARED_DATA and in
../shared/data. Standard library and a C compiler only; the same data give the same bytes. About a minute.

How. Texts become terms by training/terms.c, under the rules that the plugin uses. A log-linear model with two weights a
word (polarity, strength) is fitted by stochastic gradient descent (AdaGrad) to the training sets together; each set has
its own two biases, because how often a text is neutral is a matter of the set and not of its words. The words that
matter most are kept and fitted again, then rounded to whole numbers. The plugin's two biases are those that are best on
average over the sets.
"""
import argparse
import math
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(ROOT, "plugins"))
import ear_words  # noqa: E402

# Sets whose licences allow a trained table to be shipped; how often each is gone through, so that the large ones do
# not speak for all.
SETS = {"vader_amazon": 4, "vader_movie": 2, "vader_nyt": 3, "vader_tweets": 4, "uci_reviews": 4, "goemotions": 1,
        "xed_en": 1}
# What people ask machines to do says nothing about their mood: requests, all taken for neutral, but for the intents that
# begin so. They share their biases with the chat set, or the biases would explain them and no word would learn.
REQUESTS = {"hwu64": ("general",), "snips7": (), "clinc_domain": ("small_talk", "meta", "oos")}
REQUESTS_LIKE = "goemotions"
LABELS = {"neutral": 0, "positive": 1, "negative": 2}
ROLES = {
    1: """not no never none nobody nothing neither nor nowhere without hardly barely scarcely cannot can't cant don't dont
        doesn't doesnt didn't didnt isn't isnt aren't arent wasn't wasnt weren't werent won't wont wouldn't wouldnt
        shouldn't shouldnt couldn't couldnt hasn't hasnt haven't havent hadn't hadnt ain't aint lacks lack""",
    2: """very really so extremely absolutely completely totally incredibly super truly highly too damn fucking
        ridiculously insanely utterly especially quite""",
    3: "slightly somewhat kinda sorta partly fairly marginally mildly almost occasionally less",
    4: "but however though although",
}
POLARITY_MOST, STRENGTH_MOST = 63, 31
PASSES, RATE, SHRINK = 6, 0.06, 0.005
LEAST_SEEN = 3


def find_data(given):
    for path in (given, os.environ.get("EARSHOT_SHARED_DATA"), os.path.join(ROOT, "..", "shared", "data")):
        if path and os.path.isdir(os.path.join(path, "sentiment")):
            return os.path.join(path, "sentiment")
    sys.exit("train.py: no data in $EARSHOT_SHARED_DATA nor in ../shared/data")


def roles():
    return {ear_words.hash_word(word): role for role, words in ROLES.items() for word in words.split()}


def entry(role, polarity, strength):
    return role << 13 | (polarity & 0x7F) << 6 | strength & 0x3F


def write(path, values, positive, negative, sure, about):
    table = ear_words.slots_fitting(values)
    constants = [f"#define SENTIMENT_POSITIVE ({positive}) /* biases */", f"#define SENTIMENT_NEGATIVE ({negative})",
                 f"#define SENTIMENT_SURE {sure}", ""]
    ear_words.write_header(path, "sentiment_words", table, "plugins/sentiment/training/train.py", about, constants)
    return table


class Terms:
    """terms.c, compiled against a table that holds the roles only."""

    def __init__(self, directory):
        folder = os.path.join(directory, "plugins", "sentiment")
        os.makedirs(folder)
        write(os.path.join(folder, "sentiment_words.h"),
              {key: entry(role, 1, 1) for key, role in roles().items()}, 0, 0, 1, "Roles.")
        with open(os.path.join(directory, "ear_config.h"), "w", encoding="utf-8") as config:
            config.write("#define EAR_TOKENS 128\n#define EAR_TEXT_BYTES 1024\n")
        self.program = os.path.join(directory, "terms")
        sources = [os.path.join(HERE, "terms.c")] + [os.path.join(ROOT, "core", "judge", f"ear_{name}.c")
                                                     for name in ("text", "text_any", "fold")]
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-O2", "-I", directory, "-I", ROOT, "-o", self.program]
                       + sources, check=True)

    def of(self, texts):
        out = subprocess.run([self.program], input="\n".join(texts) + "\n", capture_output=True, check=True,
                             encoding="utf-8").stdout.split("\n")
        return [[tuple(int(part) for part in term.split(":")) for term in line.split()] for line in out[:len(texts)]]


def read(data, name, split, terms):
    with open(os.path.join(data, f"{name}.{split}.tsv"), encoding="utf-8") as rows:
        pairs = [row.rstrip("\n").split("\t", 1) for row in rows]
    rows = []
    for (label, _), found in zip(pairs, terms.of([text for _, text in pairs])):
        rows.append((LABELS[label], [(key, p / 32, s / 32) for key, p, s in found]))
    return rows


def read_requests(data, split, terms):
    texts = []
    for name, but in REQUESTS.items():
        with open(os.path.join(data, "..", "intents", f"{name}.{split}.tsv"), encoding="utf-8") as rows:
            pairs = [row.rstrip("\n").split("\t", 1) for row in rows]
        texts += [text for label, text in pairs if not (but and label.startswith(but))]
    return [(0, [(key, p / 32, s / 32) for key, p, s in found]) for found in terms.of(texts)]


def shuffled(items, seed):
    """Fisher-Yates with a linear congruential generator, so that no library's choice matters."""
    state = seed
    for i in range(len(items) - 1, 0, -1):
        state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        j = (state >> 33) % (i + 1)
        items[i], items[j] = items[j], items[i]
    return items


def fit(examples, words, set_count, passes=PASSES):
    """{word: [polarity, strength]} and the biases of each set."""
    weight = {key: [0.0, 0.0] for key in words}
    power = {key: [1e-6, 1e-6] for key in words}
    bias = [[0.0, 0.0] for _ in range(set_count)]
    order = list(range(len(examples)))
    for turn in range(passes):
        rate = RATE * (1 - turn / passes) + 0.01
        for index in shuffled(order, turn + 1):
            which, label, terms = examples[index]
            known = [(weight[key], power[key], p, s) for key, p, s in terms if key in weight]
            polarity = sum(w[0] * p for w, _, p, _ in known)
            strength = sum(w[1] * s for w, _, _, s in known)
            b = bias[which]
            positive = math.exp(max(-30.0, min(30.0, b[0] + strength + polarity)))
            negative = math.exp(max(-30.0, min(30.0, b[1] + strength - polarity)))
            total = 1 + positive + negative
            d_positive = positive / total - (label == 1)
            d_negative = negative / total - (label == 2)
            b[0] -= 0.02 * d_positive
            b[1] -= 0.02 * d_negative
            g_polarity, g_strength = d_positive - d_negative, d_positive + d_negative
            for w, q, p, s in known:
                g = g_polarity * p + SHRINK * w[0]
                q[0] += g * g
                w[0] -= rate * g / math.sqrt(q[0] + 1)
                g = g_strength * s + SHRINK * w[1]
                q[1] += g * g
                w[1] -= rate * g / math.sqrt(q[1] + 1)
    return weight, bias


def figures(said, true):
    scores = []
    for label in sorted(set(true)):
        tp = sum(1 for s, t in zip(said, true) if s == label == t)
        wrong = sum(1 for s, t in zip(said, true) if (s == label) != (t == label))
        scores.append(2 * tp / (2 * tp + wrong) if tp else 0.0)
    return sum(s == t for s, t in zip(said, true)) / len(true), sum(scores) / len(scores)


def sums(rows, weight):
    zero = (0, 0)
    return [(sum(weight.get(k, zero)[0] * p for k, p, _ in terms), sum(weight.get(k, zero)[1] * s for k, _, s in terms),
             label) for label, terms in rows]


def decide(polarity, strength, b_positive, b_negative):
    positive, negative = b_positive + strength + polarity, b_negative + strength - polarity
    return 0 if max(positive, negative) <= 0 else 1 if positive > negative else 2


def best_biases(summed, grid):
    """The two biases with the best mean, over the sets, of accuracy and macro-F1."""
    best = None
    for b_positive in grid:
        for b_negative in grid:
            total = 0.0
            for rows in summed:
                total += sum(figures([decide(p, s, b_positive, b_negative) for p, s, _ in rows],
                                     [label for _, _, label in rows]))
            if best is None or total > best[0]:
                best = (total, b_positive, b_negative)
    return best[1], best[2]


def main():
    parser = argparse.ArgumentParser(description="Learn the sentiment plugin's table.")
    parser.add_argument("--data")
    parser.add_argument("--words", type=int, default=3900)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(HERE), "sentiment_words.h"))
    arguments = parser.parse_args()
    data = find_data(arguments.data)
    with tempfile.TemporaryDirectory() as directory:
        terms = Terms(directory)
        train = [read(data, name, "train", terms) for name in SETS]
        dev = {name: read(data, name, "dev", terms) for name in SETS}
        requests = read_requests(data, "train", terms)
        dev["requests"] = read_requests(data, "dev", terms)
    examples, seen = [], {}
    for which, (rows, times) in enumerate(zip(train, SETS.values())):
        examples += [(which, label, found) for label, found in rows] * times
        for _, found in rows:
            for key, _, _ in found:
                seen[key] = seen.get(key, 0) + 1
    examples += [(list(SETS).index(REQUESTS_LIKE), label, found) for label, found in requests]
    for _, found in requests:
        for key, _, _ in found:
            seen[key] = seen.get(key, 0) + 1
    role = roles()
    words = sorted(key for key in seen if seen[key] >= LEAST_SEEN)
    weight, _ = fit(examples, words, len(SETS))
    worth = {key: (abs(weight[key][0]) + 0.5 * abs(weight[key][1])) * math.sqrt(seen[key]) for key in words}
    kept = sorted(sorted(words, key=lambda key: (-worth[key], key))[:arguments.words] + [k for k in role if k in seen])
    kept = sorted(set(kept))
    weight, _ = fit(examples, kept, len(SETS))

    scale = STRENGTH_MOST / 1.6
    whole = {key: (max(-POLARITY_MOST, min(POLARITY_MOST, round(w[0] * scale))),
                   max(-STRENGTH_MOST, min(STRENGTH_MOST, round(w[1] * scale)))) for key, w in weight.items()}
    summed = [sums(rows, whole) for rows in train + [requests]]
    b_positive, b_negative = best_biases([rows[:1500] for rows in summed], [scale * b / 4 for b in range(-12, 9)])
    b_positive, b_negative = round(b_positive * 16), round(b_negative * 16)

    values = {key: entry(role.get(key, 0), *whole[key]) for key in whole}
    values.update({key: entry(r, 0, 0) for key, r in role.items() if key not in values})
    values = {key: value for key, value in values.items() if value}
    table = write(arguments.out, values, b_positive, b_negative, round(scale * 16 * 4),
                  f"{len(values)} words and their learned weights.")
    print(f"{len(values)} words, {4 * len(table)} bytes, biases {b_positive} {b_negative}; on the dev sets:")
    for name, rows in dev.items():
        said = [decide(p, s, b_positive / 16, b_negative / 16) for p, s, _ in sums(rows, whole)]
        accuracy, f1 = figures(said, [label for label, _ in rows])
        print(f"{name:14} accuracy {100 * accuracy:5.1f}  macro-F1 {100 * f1:5.1f}")


if __name__ == "__main__":
    main()
