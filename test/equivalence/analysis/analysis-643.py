import pandas as pd

stock = pd.read_csv("random_stock_data.csv")
volume = stock["Volume"]
print(stock.head())
print(f"@mean_volume[{volume.mean():.2f}]")
print(f"@std_volume[{volume.std():.2f}]")
print(f"@min_volume[{volume.min():.2f}]")
print(f"@max_volume[{volume.max():.2f}]")
