import pandas as pd

titanic = pd.read_csv("titanic.csv")
titanic["Title"] = titanic["Name"].str.extract(r"(Mr|Mrs|Miss|Master)\.", expand=False)
print(titanic["Title"].value_counts(dropna=False))

fares = titanic.dropna(subset=["Title"]).groupby("Title")["Fare"].mean()
print(fares)

print(", ".join(f"@average_fare_{title}[{fares[title]:.2f}]" for title in ["Mr", "Mrs", "Miss", "Master"]))
