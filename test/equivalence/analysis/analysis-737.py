import pandas as pd

credit = pd.read_csv("Credit.csv", index_col=0)
print(credit.describe().T)
print(f"@mean_income[{credit['Income'].mean():.2f}], @std_dev_income[{credit['Income'].std():.2f}]")
