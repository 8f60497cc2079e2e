import numpy as np
import pandas as pd

df = pd.read_csv("GODREJIND.csv")
print(df.columns.tolist())
print(df.dtypes)

close = df["Close Price"]
print("Lowest and highest:", close.min(), close.max())

mean_close = np.mean(close)
assert close.min() <= mean_close <= close.max()
print(f"@mean_close_price[{mean_close:.2f}]")
