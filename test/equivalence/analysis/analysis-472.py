import pandas as pd

spending = pd.read_csv("oecd_education_spending.csv")
print(spending.describe())
print(f"@mean_value[{spending['Value'].dropna().mean():.2f}]")
