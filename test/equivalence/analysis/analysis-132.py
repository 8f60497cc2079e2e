import numpy as np
import pandas as pd

titanic = pd.read_csv("titanic.csv")
fare = titanic["Fare"]
z = (fare - fare.mean()) / fare.std()
print(z.describe())

outliers = titanic[np.abs(z) > 3]
print(outliers[["Name", "Pclass", "Fare"]].sort_values("Fare", ascending=False).head())
print(f"@outlier_count[{len(outliers)}]")
