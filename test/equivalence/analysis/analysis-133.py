import pandas as pd

titanic = pd.read_csv("titanic.csv")
print(titanic[["Age", "Cabin"]].isna().sum())

# Deletion for the cabin first, then imputation for the age
cabins = titanic.dropna(subset=["Cabin"]).copy()
median_age = cabins["Age"].median()
cabins["Age"] = cabins["Age"].fillna(median_age)

assert cabins["Age"].isna().sum() == 0
print(f"@row_count[{len(cabins)}]")
print(f"@median_age[{median_age:.1f}]")
