import pandas as pd

# Load the passengers
df = pd.read_csv("test_ave.csv")
print("Shape:", df.shape)
print(df.head())

# Look at the fares
print(df["Fare"].describe())
print("Missing fares:", df["Fare"].isna().sum())

mean_fare = round(df["Fare"].mean(), 2)
print(f"@mean_fare[{mean_fare}]")
