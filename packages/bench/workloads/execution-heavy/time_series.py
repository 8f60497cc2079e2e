# Three years of minute readings of a wind farm: resample, roll, and look for the yearly cycle
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

rng = np.random.default_rng(5)
index = pd.date_range("2014-01-01", periods=3 * 365 * 24 * 60, freq="min")
day_of_year = index.dayofyear.to_numpy()
season = 6 + 2 * np.cos(2 * np.pi * day_of_year / 365)
noise = rng.standard_normal(len(index)).cumsum() * 0.002
wind = pd.Series(np.abs(season + noise + rng.standard_normal(len(index))), index=index, name="wind")
print(wind.describe().round(2))

# A turbine starts at 3 m/s, is full at 12 and stops at 25
power = np.select(
    [wind < 3, wind < 12, wind < 25],
    [0.0, ((wind - 3) / 9) ** 3 * 2000, 2000.0],
    default=0.0,
)
power = pd.Series(power, index=index, name="power")

hourly = power.resample("h").mean()
daily = hourly.resample("D").sum()
print(daily.head())

# The slow ones: a rolling median of a day, and a rolling quantile of half a day
smooth = wind.rolling(1440).median().dropna()
print("calmest day ends", smooth.idxmin().date(), f"at {smooth.min():.2f} m/s")
gusts = wind.rolling(720).quantile(0.95).dropna()
print("strongest gusts", gusts.idxmax().date(), f"at {gusts.max():.2f} m/s")

monthly = daily.groupby(daily.index.month).mean()
print((monthly / 1000).round(1).to_dict())

fig, ax = plt.subplots(figsize=(7, 3))
daily.plot(ax=ax, linewidth=0.6)
ax.set_ylabel("kWh a day")
plt.tight_layout()
plt.show()
