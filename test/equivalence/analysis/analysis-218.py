import numpy as np
import pandas as pd

sites = pd.read_csv("ferret-Pitt-2-preinf-lib2-100_sitediffsel.csv")
matrix = np.corrcoef(sites["positive_diffsel"], sites["negative_diffsel"])
print(matrix)
print(f"@correlation_coefficient[{matrix[0, 1]:.2f}]")
