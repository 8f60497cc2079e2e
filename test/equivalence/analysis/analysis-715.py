import pandas as pd

logan = pd.read_csv("Current_Logan.csv")
print(logan.head())
share = logan["Unnamed: 8"].isna().mean() * 100
print(f"@missing_percentage[{share:.2f}]")
