import csv
import random
from statistics import mean, quantiles

random.seed(3)
visits = [(day, 200 + 40 * (day % 7 in (5, 6)) + random.gauss(0, 25)) for day in range(365)]
print(f"{sum(count for _, count in visits):,.0f} visits in {len(visits)} days")

monthly = [(month, mean(count for day, count in visits if day // 31 == month)) for month in range(12)]
with open("monthly.csv", "w", newline="") as file:
    csv.writer(file).writerows(monthly)
print("months written:", len(monthly))


def bootstrap(values, rounds):
    """The mean of samples drawn again and again, with 95 % of them in between."""
    means = [mean(random.choices(values, k=len(values))) for _ in range(rounds)]
    cuts = quantiles(means, n=40)
    return cuts[0], cuts[-1]


counts = [count for _, count in visits]
low, high = bootstrap(counts, 3000)
print(f"mean visits a day, with 95 % confidence: {low:.1f} to {high:.1f}")

# Is the weekend different, or could chance do that?
weekend = [count for day, count in visits if day % 7 in (5, 6)]
weekdays = [count for day, count in visits if day % 7 not in (5, 6)]
difference = mean(weekend) - mean(weekdays)
by_chance = []
for _ in range(2000):
    random.shuffle(counts)
    by_chance.append(mean(counts[: len(weekend)]) - mean(counts[len(weekend) :]))
larger = sum(abs(each) >= abs(difference) for each in by_chance)
print(f"the weekend has {difference:.1f} visits more a day; by chance in {larger} of {len(by_chance)} shuffles")
