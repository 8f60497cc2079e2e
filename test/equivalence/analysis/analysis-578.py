import pandas as pd

aapl = pd.read_csv("e5_aapl.csv", parse_dates=["Date"], index_col="Date")
print(aapl.index.min(), aapl.index.max())
print(aapl["Volume"].resample("YE").mean())
print(f"@mean_volume[{aapl['Volume'].mean():.2f}]")
