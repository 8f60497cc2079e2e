import pandas as pd

logan = pd.read_csv("Current_Logan.csv")
wins = pd.to_numeric(logan["JAMES LOGAN"], errors="coerce").dropna()
print(wins.describe())
print(f"@mean_wins[{wins.mean():.2f}]")
print(f"@stddev_wins[{wins.std():.2f}]")
