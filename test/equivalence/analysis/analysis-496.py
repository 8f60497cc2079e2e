import pandas as pd
import matplotlib.pyplot as plt

degrees = pd.read_csv("percent-bachelors-degrees-women-usa.csv")
stem = ["Computer Science", "Engineering", "Math and Statistics", "Physical Sciences"]
degrees["STEM"] = degrees[stem].sum(axis=1)

recent = degrees[degrees["Year"] >= 2000]
print(recent[["Year", "STEM"]].to_string(index=False))

fig, ax = plt.subplots(figsize=(6, 3))
for field in stem:
    ax.plot(degrees["Year"], degrees[field], label=field)
ax.legend(fontsize="small")
plt.show()

print(f"@mean_STEM[{recent['STEM'].mean():.2f}] @range_STEM[{recent['STEM'].max() - recent['STEM'].min():.2f}]")
