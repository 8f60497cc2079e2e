import pandas as pd

prices = pd.read_csv("bitconnect_price.csv", thousands=",")
print(prices.dtypes)

volume = pd.to_numeric(prices["Volume"])
print(f"@mean_volume[{volume.mean():.2f}]")
print(f"@median_volume[{volume.median():.2f}]")
