import pandas as pd

insurance = pd.read_csv("insurance.csv")
print(insurance.head())
print(insurance.isnull().sum())

ages = insurance["age"].dropna()
mean_age = sum(ages) / len(ages)
print(f"@mean_age[{mean_age:.2f}]")
