import pandas as pd
import matplotlib.pyplot as plt

prices = pd.read_csv("bitconnect_price.csv", thousands=",")
prices["Volatility"] = (prices["High"] - prices["Low"]) / prices["Open"]
print(prices[["Volatility", "Volume"]].describe())

plt.scatter(prices["Volume"], prices["Volatility"], s=5)
plt.xscale("log")
plt.show()

r = prices["Volatility"].corr(prices["Volume"])
if r >= 0.5:
    kind = "positive"
elif r <= -0.5:
    kind = "negative"
else:
    kind = "none"
print(f"@correlation_coefficient[{r:.2f}], @relationship_type[{kind}]")
