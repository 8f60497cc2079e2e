import pandas as pd
import matplotlib.pyplot as plt

insurance = pd.read_csv("insurance.csv")
bmi = insurance["bmi"]
print(bmi.describe())

fig, ax = plt.subplots(figsize=(6, 4))
ax.hist(bmi, bins=30, edgecolor="white")
ax.axvline(bmi.mean(), color="red", linestyle="--", label="mean")
ax.set_xlabel("BMI")
ax.legend()
plt.show()

skewness = bmi.skew()
print("Skewness:", round(skewness, 4))
status = "normal" if abs(skewness) < 0.5 else "not_normal"
print(f"@bmi_distribution[{status}]")
