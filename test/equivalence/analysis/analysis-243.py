import pandas as pd

players = pd.read_csv("baseball_data.csv")
batting = players["batting_average"]
print("Missing:", batting.isna().sum())
print(f"@mean_batting_average[{batting.mean():.3f}]")
