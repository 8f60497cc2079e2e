import pandas as pd

passengers = pd.read_csv("titanic_test.csv")
ages = passengers.dropna(subset=["Age"]).groupby(["Sex", "Pclass"])["Age"].mean()
print(ages.unstack())

for (sex, pclass), age in ages.items():
    print(f"@average_age_{sex}_class{pclass}[{age:.2f}]")
