import pandas as pd
import matplotlib.pyplot as plt

df = pd.read_csv("GODREJIND.csv", parse_dates=["Date"], dayfirst=True)
df.columns = df.columns.str.strip()
print(df[["Date", "High Price", "Low Price"]].head())

df["Price Range"] = df["High Price"] - df["Low Price"]
print(df["Price Range"].describe())

df.plot(x="Date", y="Price Range", figsize=(8, 3), title="Daily range")
plt.show()

print(f"@price_range_mean[{df['Price Range'].mean():.2f}]")
print(f"@price_range_median[{df['Price Range'].median():.2f}]")
print(f"@price_range_std_dev[{df['Price Range'].std():.2f}]")
