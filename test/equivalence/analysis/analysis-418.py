import pandas as pd

prices = pd.read_csv("bitconnect_price.csv")
prices["Volume"] = pd.to_numeric(prices["Volume"].astype(str).str.replace(",", ""), errors="coerce")
print(prices["Volume"].describe())

z = (prices["Volume"] - prices["Volume"].mean()) / prices["Volume"].std()
count = int((z.abs() > 3).sum())
print(prices.loc[z.abs() > 3, ["Date", "Volume"]])
print(f"@outliers_count[{count}]")
