import pandas as pd

trips = pd.read_csv("2014_q4.csv")
column = "Trips over the past 24-hours (midnight to 11:59pm)"
print(trips[column].head())
print(f"@mean[{trips[column].mean():.2f}] @median[{trips[column].median():.2f}]")
