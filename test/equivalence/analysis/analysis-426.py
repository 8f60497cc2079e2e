import pandas as pd

storms = pd.read_csv("cost_data_with_errors.csv")
print(storms["max_storm_cat"].value_counts())

strongest = storms.loc[storms["max_storm_cat"].idxmax()]
print(strongest)
print(f"@max_wind_speed[{strongest['max_sust_wind']:.2f}]")
