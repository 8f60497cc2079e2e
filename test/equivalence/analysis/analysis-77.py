import pandas as pd

df = pd.read_csv("microsoft.csv")
df["Date"] = pd.to_datetime(df["Date"], format="%d-%b-%y")
df["Month"] = df["Date"].dt.month
df["Year"] = df["Date"].dt.year

monthly = df.groupby(["Year", "Month"])["Close"].mean()
print(monthly)

# The most recent one wins a tie
best = monthly[monthly == monthly.max()].index.max()
year, month = best
print(f"@Highest_Monthly_Average_Close_Price[{month}, {year}, {monthly.max():.2f}]")
