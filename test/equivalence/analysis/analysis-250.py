import pandas as pd

players = pd.read_csv("baseball_data.csv")
players = players.dropna(subset=["batting_average", "on_base_percentage"])

name = "batting_average_minus_on_base_percentage"
players[name] = players["batting_average"] - players["on_base_percentage"]
print(players[name].describe())
print(f"@mean[{players[name].mean():.2f}] @std_dev[{players[name].std():.2f}]")
