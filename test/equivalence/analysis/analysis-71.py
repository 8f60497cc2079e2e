import pandas as pd

df = pd.read_csv("microsoft.csv", index_col=0)
print(df.tail(3))

volume = df["Volume"]
print(f"{volume.min():,} to {volume.max():,}")
print(f"@mean_volume[{volume.mean():.2f}]")
print(f"@std_dev_volume[{volume.std():.2f}]")
