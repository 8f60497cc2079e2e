import pandas as pd

credit = pd.read_csv("Credit.csv")
mu, sigma = credit["Balance"].mean(), credit["Balance"].std(ddof=0)
z = (credit["Balance"] - mu) / sigma
print(credit[z.abs() > 3])
print(f"@outliers[{(z.abs() > 3).sum()}]")
