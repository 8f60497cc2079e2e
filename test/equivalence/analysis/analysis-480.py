import pandas as pd

spending = pd.read_csv("oecd_education_spending.csv")
spending["Centered"] = spending["Value"] - spending["Value"].mean()
print(spending.groupby("LOCATION")["Centered"].mean().sort_values().head())
print(f"@standard_deviation[{spending['Centered'].std():.2f}]")
