import pandas as pd

sites = pd.read_csv("ferret-Pitt-2-preinf-lib2-100_sitediffsel.csv")
print("Duplicates:", sites.duplicated().sum())
sites = sites.drop_duplicates()

missing = sites.isna().sum()
print(missing)
if missing.sum() > 0:
    numeric = sites.select_dtypes("number").columns
    sites[numeric] = sites[numeric].fillna(sites[numeric].mean())
    strategy = "Missing values were replaced by the mean."
else:
    strategy = "No missing values were found."

sites["diff_range"] = sites["max_diffsel"] - sites["min_diffsel"]
sites.to_csv("cleaned.csv", index=False)
print(sites.head())
print(f"@cleaned_dataset[cleaned.csv]")
print(f"@missing_values_handling[{strategy}]")
