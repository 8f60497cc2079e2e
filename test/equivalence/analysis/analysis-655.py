import pandas as pd

orbit = pd.read_csv("DES=+2006261.csv")
matrix = orbit[["X", "Y", "Z"]].corr(method="pearson")
print(matrix.round(3))
print(f"@correlation_XY[{matrix.loc['X', 'Y']:.2f}] @correlation_XZ[{matrix.loc['X', 'Z']:.2f}]")
