import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

titanic = pd.read_csv("titanic.csv")
columns = ["Age", "Fare", "SibSp", "Parch"]
matrix = titanic[columns].corr()
print(matrix)

fig, ax = plt.subplots(figsize=(4, 4))
image = ax.imshow(matrix, cmap="coolwarm", vmin=-1, vmax=1)
ax.set_xticks(range(4), columns)
ax.set_yticks(range(4), columns)
fig.colorbar(image)
plt.show()

# Each pair once, without the diagonal
pairs = matrix.where(np.triu(np.ones(matrix.shape), k=1).astype(bool)).stack()
first, second = pairs.idxmax()
print(f"@strongest_correlation_pair[['{first}', '{second}']]")
print(f"@strongest_correlation_coefficient[{pairs.max():.2f}]")
