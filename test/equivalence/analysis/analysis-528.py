import pandas as pd

passengers = pd.read_csv("titanic_test.csv")
fares = passengers["Fare"].dropna()
q1, q3 = fares.quantile(0.25), fares.quantile(0.75)
iqr = q3 - q1
is_outlier = (passengers["Fare"] > q3 + 1.5 * iqr) | (passengers["Fare"] < q1 - 1.5 * iqr)
ids = sorted(passengers.loc[is_outlier, "PassengerId"])
print(f"@outlier_count[{len(ids)}]")
print(f"@outlier_ids[{', '.join(map(str, ids))}]")
