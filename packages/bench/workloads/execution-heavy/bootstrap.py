# How sure can we be of the mean and the median delivery time?
import numpy as np

rng = np.random.default_rng(7)
delivery_hours = rng.gamma(shape=2.0, scale=9.0, size=10_000)
print(f"{len(delivery_hours)} deliveries, mean {delivery_hours.mean():.2f} h")


def bootstrap(values, statistic, rounds):
    """The statistic of as many resampled copies of the values."""
    results = np.empty(rounds)
    for i in range(rounds):
        results[i] = statistic(rng.choice(values, size=len(values)))
    return results


# The mean is cheap, the median has to sort
means = bootstrap(delivery_hours, np.mean, 8_000)
low, high = np.percentile(means, [2.5, 97.5])
print(f"mean: 95 % of the resamples lie in [{low:.2f}, {high:.2f}]")

medians = bootstrap(delivery_hours, np.median, 8_000)
low, high = np.percentile(medians, [2.5, 97.5])
print(f"median: 95 % of the resamples lie in [{low:.2f}, {high:.2f}]")

# A tail quantile is the least certain of all
tails = bootstrap(delivery_hours, lambda v: np.quantile(v, 0.99), 5_000)
low, high = np.percentile(tails, [2.5, 97.5])
print(f"99th percentile: 95 % of the resamples lie in [{low:.2f}, {high:.2f}]")

width = {"mean": np.ptp(means), "median": np.ptp(medians), "tail": np.ptp(tails)}
print("widest:", max(width, key=width.get))
