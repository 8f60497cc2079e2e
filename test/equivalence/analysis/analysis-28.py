import pandas as pd

df = pd.read_csv("insurance.csv")
print(df.isna().sum())

# Remove rows with missing values
df = df.dropna(subset=["age", "sex", "region"])

# Binary and numeric columns
df["sex"] = df["sex"].map({"female": 0, "male": 1})
df["smoker"] = df["smoker"].map({"no": 0, "yes": 1})
df["region"] = df["region"].astype("category").cat.codes

# Min-max normalisation
for column in ["age", "bmi", "children", "charges"]:
    low, high = df[column].min(), df[column].max()
    df[column] = (df[column] - low) / (high - low)
print(df.head())

means = df.mean()
for column in ["age", "sex", "bmi", "children", "smoker", "region", "charges"]:
    print(f"@mean_{column}[{means[column]:.4f}]")
