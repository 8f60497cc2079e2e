import pandas as pd

sites = pd.read_csv("ferret-Pitt-2-preinf-lib2-100_sitediffsel.csv")
print(sites.head())

highest = sites["positive_diffsel"].max()
best = sites.loc[sites["positive_diffsel"] == highest, "site"]
print(f"Highest positive_diffsel: {highest:.4f}")
print(f"@site_identifier[{','.join(best.astype(str))}]")
