import numpy as np
import pandas as pd

trips = pd.read_csv("2014_q4.csv")
per_day = trips["Trips over the past 24-hours (midnight to 11:59pm)"]
members = trips["Total Annual Memberships Sold"]
trips["Trips per Membership"] = (per_day / members).replace([np.inf, -np.inf], 0)
print(trips["Trips per Membership"].describe())

ratio = trips["Trips per Membership"]
print(f"@trips_per_membership_mean[{ratio.mean():.2f}]")
print(f"@trips_per_membership_median[{ratio.median():.2f}]")
print(f"@trips_per_day_mean[{per_day.mean():.2f}]")
print(f"@trips_per_day_median[{per_day.median():.2f}]")
