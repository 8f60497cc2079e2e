import pandas as pd
import matplotlib.pyplot as plt

df = pd.read_csv("beauty and the labor market.csv")
print(df[["exper", "looks", "wage"]].head(10))

df["experience_score"] = df["exper"] * df["looks"]
print(df["experience_score"].describe())

plt.figure(figsize=(5, 4))
plt.scatter(df["experience_score"], df["wage"], s=8)
plt.xlabel("experience score")
plt.ylabel("wage")
plt.savefig("experience.png")
plt.show()

correlation = df["experience_score"].corr(df["wage"])
print(f"@correlation[{correlation:.3f}]")
