import pandas as pd
from scipy import stats

df = pd.read_csv("GODREJIND.csv")
quantity = df["Total Traded Quantity"]
print(quantity.describe())

statistic, p_value = stats.shapiro(quantity)
print(f"W = {statistic:.4f}, p = {p_value:.3g}")
print(f"@is_normal[{'yes' if p_value > 0.05 else 'no'}]")
