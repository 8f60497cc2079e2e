import pandas as pd

orbit = pd.read_csv("DES=+2006261.csv", skipinitialspace=True)
orbit.columns = orbit.columns.str.strip()
print(orbit[["X", "Y", "Z"]].describe())

r = round(orbit["X"].corr(orbit["Y"]), 3)
r = 0 if abs(r) < 0.05 else r
print(f"@correlation_coefficient[{r}]")
