import pandas as pd

titanic = pd.read_csv("titanic.csv")
average = titanic["Fare"].mean()
print(f"Average fare: {average:.2f}")

selected = titanic[
    (titanic["Sex"] == "male")
    & (titanic["Survived"] == 1)
    & (titanic["Fare"] > average)
]
ages = selected["Age"].dropna()
print(f"{len(selected)} passengers, {len(ages)} with an age")
print(f"@median_age[{ages.median()}]")
