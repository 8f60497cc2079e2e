import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

gapminder = pd.read_csv("gapminder_cleaned.csv")
gapminder["log_gdp"] = np.log10(gapminder["gdppercap"])
print(gapminder.sample(3, random_state=1))

fig, axes = plt.subplots(1, 2, figsize=(8, 3))
axes[0].hist(gapminder["gdppercap"], bins=40)
axes[1].hist(gapminder["log_gdp"], bins=40)
plt.show()

print(f"@has_nan_values_in_new_feature[{gapminder['log_gdp'].isna().any()}]")
print(f"@new_feature_mean[{gapminder['log_gdp'].mean():.2f}]")
print(f"@new_feature_std[{gapminder['log_gdp'].std():.2f}]")
