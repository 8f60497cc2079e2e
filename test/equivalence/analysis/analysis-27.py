import pandas as pd
import matplotlib.pyplot as plt

df = pd.read_csv("insurance.csv")
charges = df["charges"]

q1, q3 = charges.quantile([0.25, 0.75])
iqr = q3 - q1
lower, upper = q1 - 1.5 * iqr, q3 + 1.5 * iqr
print(f"Q1 = {q1:.2f}, Q3 = {q3:.2f}, bounds = ({lower:.2f}, {upper:.2f})")

outliers = charges[(charges < lower) | (charges > upper)]
print(outliers.describe())

plt.boxplot(charges, vert=False)
plt.title("Charges")
plt.show()

print(f"@total_outliers[{len(outliers)}]")
print(f"@mean_charges_outliers[{outliers.mean():.2f}]")
print(f"@median_charges_outliers[{outliers.median():.2f}]")
