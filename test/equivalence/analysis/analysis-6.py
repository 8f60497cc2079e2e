import pandas as pd

df = pd.read_csv("test_ave.csv")
print(df["Age"].describe())


def age_group(age):
    """Name the group of an age in years."""
    if age <= 12:
        return "Child"
    elif age <= 19:
        return "Teenager"
    elif age < 60:
        return "Adult"
    else:
        return "Elderly"


df["AgeGroup"] = df["Age"].apply(age_group)
print(df["AgeGroup"].value_counts())

mean_fares = df.groupby("AgeGroup")["Fare"].mean().round(2)
print(mean_fares)

for group in ["Child", "Teenager", "Adult", "Elderly"]:
    print(f"@mean_fare_{group.lower()}[{mean_fares[group]:.2f}]")
