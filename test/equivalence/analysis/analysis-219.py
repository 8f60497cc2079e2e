import pandas as pd

sites = pd.read_csv("ferret-Pitt-2-preinf-lib2-100_sitediffsel.csv")


def iqr_bounds(values):
    q1 = values.quantile(0.25)
    q3 = values.quantile(0.75)
    spread = q3 - q1
    return q1 - 1.5 * spread, q3 + 1.5 * spread


low, high = iqr_bounds(sites["abs_diffsel"])
print("Bounds:", low, high)

outliers = sites[(sites["abs_diffsel"] < low) | (sites["abs_diffsel"] > high)]
print(len(outliers), "outliers in all")
print(outliers[["site", "abs_diffsel"]])
names = ",".join(outliers["site"])
values = ",".join(str(round(value, 2)) for value in outliers["abs_diffsel"])
print(f"@site_identifiers[{names}] @outlier_values[{values}]")
