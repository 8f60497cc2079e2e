import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

orbit = pd.read_csv("DES=+2006261.csv")
z = orbit["Z"].to_numpy()
q1, q3 = np.percentile(z, [25, 75])
margin = 1.5 * (q3 - q1)

plt.boxplot(z)
plt.title("Z")
plt.show()

count = np.sum((z < q1 - margin) | (z > q3 + margin))
print(f"@outlier_count[{count}]")
