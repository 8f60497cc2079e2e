import pandas as pd
import matplotlib.pyplot as plt

df = pd.read_csv("microsoft.csv")
print(df.head())

# The rows are in the order of the file
df["Daily Return"] = df["Close"].pct_change() * 100
print(df["Daily Return"].describe())

df["Daily Return"].plot(figsize=(8, 3))
plt.axhline(0, color="black", linewidth=0.5)
plt.show()

mean, std = df["Daily Return"].mean(), df["Daily Return"].std()
print(f"@daily_return_mean[{mean:.2f}], @daily_return_std[{std:.2f}]")
