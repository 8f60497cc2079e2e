import pandas as pd
import matplotlib.pyplot as plt

df = pd.read_csv("test_ave.csv")
print(df[["SibSp", "Parch", "Fare"]].describe())

# Family size without the passenger
df["FamilySize"] = df["SibSp"] + df["Parch"]
print(df["FamilySize"].value_counts().sort_index())

plt.figure(figsize=(6, 4))
plt.scatter(df["FamilySize"], df["Fare"], alpha=0.4)
plt.xlabel("Family size")
plt.ylabel("Fare")
plt.title("Fare by family size")
plt.show()

r = df["FamilySize"].corr(df["Fare"])
print(f"@correlation_coefficient[{r:.2f}]")
