import pandas as pd
import matplotlib.pyplot as plt

credit = pd.read_csv("Credit.csv")
credit.plot.scatter(x="Limit", y="Balance", s=6, figsize=(4, 3))
plt.show()
r = credit["Limit"].corr(credit["Balance"])
print(f"@correlation_coefficient[{r:.2f}]")
