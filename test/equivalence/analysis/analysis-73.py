import pandas as pd

df = pd.read_csv("microsoft.csv")
matrix = df[["Open", "High", "Low", "Close"]].corr()
print(matrix.round(4))

correlation = round(matrix.loc["High", "Low"], 2)
print(f"@correlation_coefficient[{correlation}]")
