import pandas as pd

storms = pd.read_csv("cost_data_with_errors.csv", index_col=0)
storms.info()
missing = storms["max_sust_wind"].isnull().sum()
print(f"@missing_values_count[{missing}]")
