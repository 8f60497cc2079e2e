import pandas as pd

df = pd.read_csv("beauty and the labor market.csv")
print(df.shape)
print(df["wage"].describe())

print(f"@mean_wage[{df['wage'].mean():.2f}] @std_wage[{df['wage'].std():.2f}]")
