"""The models of reference_whole.py: for the event and for its behaviour an isolation forest of 100 trees of 1,024 rows and the
nearest of 1,024 rows of training, the more surprised of the two calibrated on rows that neither knows, and the lesser of both
opinions."""
import numpy as np

PROTOTYPES = 1024
BLOCK = 128    # rows whose distances to all prototypes stay in the cache
LEVELS, REACH = 21, 126


class Neighbour:
    """Least L1 distance, over columns coded in a byte. Prototypes by columns of bytes are faster than a KD-tree or cdist."""

    def __init__(self, x, rng):
        low, high = np.quantile(x, (0.005, 0.995), axis=0)
        within = np.clip(x, low, high)
        deviation = within.std(axis=0)
        self.used = np.flatnonzero(deviation > 0)
        self.scale = (LEVELS / deviation[self.used]).astype(np.float32)
        self.low = (within.mean(axis=0)[self.used] - REACH / self.scale).astype(np.float32)
        drawn = rng.choice(len(x), min(PROTOTYPES, len(x)), replace=False)
        self.prototypes = np.ascontiguousarray(self.codes(x[drawn]).T)

    def codes(self, x):
        return np.clip((x[:, self.used] - self.low) * self.scale, 0, 2 * REACH).astype(np.uint8)

    def score(self, x):
        codes = self.codes(x)
        least = np.empty(len(codes), dtype=np.float32)
        shape = (BLOCK, self.prototypes.shape[1])
        high, low, distance = np.empty(shape, np.uint8), np.empty(shape, np.uint8), np.empty(shape, np.uint16)
        for first in range(0, len(codes), BLOCK):
            rows = codes[first:first + BLOCK]
            n = len(rows)
            distance[:] = 0
            for c, prototypes in enumerate(self.prototypes):
                column = rows[:, c, None]
                np.maximum(column, prototypes, out=high[:n])
                np.minimum(column, prototypes, out=low[:n])
                np.subtract(high, low, out=high)
                np.add(distance, high, out=distance)
            least[first:first + n] = distance[:n].min(axis=1)
        return least


class Opinion:
    """p-values of rows: the share of the rows set aside that were at least as odd."""

    def __init__(self, matrix, categories, make_forest, seed):
        rng = np.random.default_rng(seed)
        shuffled = rng.permutation(len(matrix))
        fit, aside = np.split(shuffled, [min(len(matrix) // 2, 16384)])
        part = lambda rows: (matrix[rows], [c[rows] for c in categories])
        self.forest = make_forest(*part(fit), seed)
        self.neighbour = Neighbour(self.forest.inputs(*part(fit)), rng)
        self.members = [np.sort(scores) for scores in self.scores(*part(aside))]
        self.surprises = np.sort(self.surprise(*part(aside)))

    def scores(self, matrix, categories):
        x = self.forest.inputs(matrix, categories)
        return self.forest.score_inputs(x), self.neighbour.score(x)

    def surprise(self, matrix, categories):
        return np.minimum(*(p_of(known, scores) for known, scores in zip(self.members, self.scores(matrix, categories))))

    def p(self, matrix, categories):
        at = np.searchsorted(self.surprises, self.surprise(matrix, categories), side="right")
        return (at + 1) / (len(self.surprises) + 1)


def p_of(known, scores):
    return (len(known) - np.searchsorted(known, scores) + 1) / (len(known) + 1)


def combined(event, behaviour):
    """Of two independent ones the lesser is m or less with probability 1 - (1 - m)^2; NaN: no opinion on behaviour."""
    least = np.fmin(event, behaviour)
    return np.where(np.isnan(behaviour), event, least * (2 - least))
