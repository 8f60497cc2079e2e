import numpy as np
import pandas as pd

weather = pd.read_csv("ravenna_250715.csv")
wind = weather["wind_speed"]
z = np.abs((wind - wind.mean()) / wind.std())
outliers = wind[z > 3]
print("Outliers:", outliers.tolist())

rest = wind.drop(outliers.index)
print(f"@number_of_outliers[{len(outliers)}]")
print(f"@mean_wind_speed[{rest.mean():.2f}]")
print(f"@std_deviation_wind_speed[{rest.std():.2f}]")
