import pandas as pd

titanic = pd.read_csv("titanic.csv").dropna(subset=["Pclass", "Fare"])
print(titanic.pivot_table(values="Fare", index="Pclass", aggfunc=["mean", "median", "count"]))
print(f"@correlation_pclass_fare[{titanic['Pclass'].corr(titanic['Fare']):.2f}]")
