import pandas as pd

df = pd.read_csv("insurance.csv")
df = df.dropna(subset=["charges", "children"])
print(len(df), "rows")

print(df.groupby("children")["charges"].agg(["count", "mean"]))

correlation = df["charges"].corr(df["children"], method="pearson")
print(f"@correlation_coefficient[{correlation:.2f}]")
