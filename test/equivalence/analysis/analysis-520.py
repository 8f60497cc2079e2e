import pandas as pd

titanic = pd.read_csv("titanic.csv")
titanic["FamilySize"] = titanic["SibSp"] + titanic["Parch"]
print(titanic.groupby("FamilySize")["Survived"].mean())
correlation = titanic[["FamilySize", "Survived"]].corr().iloc[0, 1]
print(f"@correlation_coefficient[{correlation:.2f}]")
