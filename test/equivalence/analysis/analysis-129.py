import math

import pandas as pd

titanic = pd.read_csv("titanic.csv")
fares = titanic["Fare"].tolist()
print(len(fares), "fares")

mean = sum(fares) / len(fares)
variance = sum((fare - mean) ** 2 for fare in fares) / len(fares)
std = math.sqrt(variance)

print(f"@mean_fare[{mean:.2f}]")
print(f"@std_dev_fare[{std:.2f}]")
