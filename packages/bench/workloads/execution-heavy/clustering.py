# Find groups of customers by k-means, and choose how many there are
import numpy as np
import pandas as pd

rng = np.random.default_rng(3)
centres = rng.uniform(-8, 8, size=(5, 6))
points = np.concatenate([centre + rng.standard_normal((6_000, 6)) for centre in centres])
rng.shuffle(points)
print(pd.DataFrame(points).describe().loc[["mean", "std"]].round(2))


def k_means(points, k, iterations=25):
    """Lloyd's algorithm; returns the centres, the groups and the sum of squared distances."""
    chosen = points[rng.choice(len(points), size=k, replace=False)]
    for _ in range(iterations):
        distances = ((points[:, None, :] - chosen[None]) ** 2).sum(axis=2)
        groups = distances.argmin(axis=1)
        chosen = np.array(
            [points[groups == i].mean(axis=0) if (groups == i).any() else chosen[i] for i in range(k)]
        )
    return chosen, groups, distances.min(axis=1).sum()


# Two starts for each k, because a bad start finds a bad grouping
inertia = {}
for k in range(2, 8):
    inertia[k] = min(k_means(points, k)[2] for _ in range(2))
print(pd.Series(inertia, name="inertia").round(0))

# The elbow: where one more group helps the least after helping a lot
drops = -pd.Series(inertia).diff()
print("drops:", drops.round(0).to_dict())
best = int((drops.shift(0) / drops.shift(-1)).idxmax())
print("groups:", best)

final_centres, groups, _ = k_means(points, best, iterations=40)
sizes = np.bincount(groups, minlength=best)
print("sizes:", sorted(sizes.tolist()))
