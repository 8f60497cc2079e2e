import pandas as pd
import matplotlib.pyplot as plt

degrees = pd.read_csv("percent-bachelors-degrees-women-usa.csv", index_col="Year")
print(degrees.columns.tolist())

degrees["Engineering"].plot(title="Engineering", ylabel="%")
plt.show()

print(f"@mean_value[{degrees['Engineering'].mean():.2f}]")
