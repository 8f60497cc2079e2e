import pandas as pd
import matplotlib.pyplot as plt

titanic = pd.read_csv("titanic.csv")

plt.figure(figsize=(6, 3))
titanic["Fare"].hist(bins=40)
plt.title("Fares")
plt.show()

skew = titanic["Fare"].skew()
print(f"@fare_skewness[{skew:.2f}]")
