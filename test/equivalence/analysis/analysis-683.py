import pandas as pd

weather = pd.read_csv("ravenna_250715.csv", index_col=0)
print(weather[["day", "temp", "description"]])
print(f"@mean_temperature[{weather['temp'].mean():.2f}]")
